"""Telling people. Pure, but for the one port that sends a request."""
