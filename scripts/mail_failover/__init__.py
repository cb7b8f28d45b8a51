"""The operator's tool: catches the mail that your own server misses, on your machine for now."""
