"""Telegram and Slack, asked from this machine: who a token is, which chats there are."""
