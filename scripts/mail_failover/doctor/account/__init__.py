"""Checks of the Cloudflare account; their ids begin with account. Only questions, no changes."""
