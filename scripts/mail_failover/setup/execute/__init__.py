"""Carrying steps out and reading back, and what follows when that ends early; which steps, a plan says."""
