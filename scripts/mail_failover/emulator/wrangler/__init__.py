"""A Worker in Cloudflare's own runtime, started by wrangler dev behind the emulator's edge."""
