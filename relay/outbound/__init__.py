"""The door mail leaves by: SMTP to a smarthost or to the mail hosts of a domain."""
