"""The Worker's settings on this machine, from the files that wrangler reads."""
