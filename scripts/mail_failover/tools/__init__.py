"""Programs of others that commands run: where they are found."""
