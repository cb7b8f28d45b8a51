"""How commands speak: text made fit for a terminal, signs of life, exit codes; nothing about mail."""
