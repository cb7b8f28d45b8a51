"""Email Routing on this machine: SMTP in, one message through the Worker, inboxes out; no chats."""
