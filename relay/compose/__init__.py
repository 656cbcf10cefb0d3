"""Mails as values: what is recorded goes in, a Letter comes out. No clock, no store, no socket."""
