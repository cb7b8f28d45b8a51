"""The spool's door: its address and token, requests, answers checked, and what is known here of each copy."""
