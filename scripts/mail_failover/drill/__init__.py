"""Prove the whole path with one message."""
