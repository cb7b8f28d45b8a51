"""How a domain stands, as the Worker tells it at the door; what of it needs a person."""
