"""What mail and DNS are to every command: names, servers, SMTP, SPF, MTA-STS; nothing of Cloudflare's API."""
