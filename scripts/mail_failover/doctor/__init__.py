"""Checks of a domain: its DNS, its Cloudflare account, its servers and its chats. Nothing is changed."""
