"""The chats' stand-ins: what each service would answer, what a person would see; faults come from outside."""
