"""What was there before an apply, what it did, what is ours, and who may change the domain now."""
