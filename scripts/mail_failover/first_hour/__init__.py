"""From nothing to a proven domain: each step asks, or is one of the other commands."""
