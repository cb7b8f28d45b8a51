"""Checks by talking to the servers on port 25; their ids begin with live. No message is ever handed over."""
