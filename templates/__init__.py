"""What people read: mails, pages, and their words in every language. Data only."""
