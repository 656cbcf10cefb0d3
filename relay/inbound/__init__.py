"""The SMTP door: takes mail from other servers, checks it, and hands it to the flow (docs/smtp-replies.md)."""
