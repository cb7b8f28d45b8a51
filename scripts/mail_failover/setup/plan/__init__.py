"""What to do for a domain, and why: computed from a snapshot, asking nothing and doing nothing."""
