"""How commands speak and end: text for a terminal, signs of life, exit codes; nothing about mail."""
