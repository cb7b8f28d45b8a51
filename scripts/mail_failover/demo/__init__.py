"""The command demo: three actors, three acts, checked from the mailboxes they leave."""
