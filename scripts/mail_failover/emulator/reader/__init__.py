"""A Maildir as a person reads it, whatever the mail is made of."""
