"""What was there before an apply, what it did, and so what is ours."""
