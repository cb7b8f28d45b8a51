"""The command `spool`: what the spool has, as text and as files, and what is to become of it."""
