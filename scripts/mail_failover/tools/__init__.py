"""Programs of others that commands start, and how they come here."""
