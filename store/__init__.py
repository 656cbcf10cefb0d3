"""What Parley keeps: one schema, one writer. Called by flow, actions and doors; knows no SMTP and no HTTP."""
