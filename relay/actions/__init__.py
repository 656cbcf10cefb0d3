"""One file per thing a person can do; called alike from page, API, command line and action address."""
