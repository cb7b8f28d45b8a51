"""What was there, what was done, what is ours, who may change the domain now; not what to do about it."""
