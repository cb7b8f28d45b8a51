"""What mail and DNS are to every command: servers, SMTP, and what guards it; nothing of Cloudflare's API."""
