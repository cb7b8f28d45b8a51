"""Checks of what everybody can ask the DNS; their ids begin with dns."""
