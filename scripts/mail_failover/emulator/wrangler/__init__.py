"""A Worker in Cloudflare's own runtime, started by wrangler dev; the edge's rules stay in routing."""
