"""Checks of what everybody can ask the DNS; their ids begin with dns. Nothing here needs a token."""
