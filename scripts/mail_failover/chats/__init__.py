"""Connecting a chat: found, tried, and written into the settings; the command `chats`."""
