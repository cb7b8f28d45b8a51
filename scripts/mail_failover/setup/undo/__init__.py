"""Taking an apply back: another plan over the same executor."""
