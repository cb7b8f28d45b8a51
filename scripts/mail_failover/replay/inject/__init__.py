"""Handing one message to the primary, by SMTP, LMTP or a command, with the envelope it had."""
