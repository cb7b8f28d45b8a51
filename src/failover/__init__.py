"""What happens to a caught message. Pure: no I/O, no JavaScript, no environment."""
