"""Set up a domain at Cloudflare: plan, apply, undo."""
