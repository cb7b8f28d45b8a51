"""Cloudflare's edge on your machine: SMTP in, the unmodified Worker, inboxes and chats out; no actors."""
