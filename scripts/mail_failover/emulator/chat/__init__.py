"""The chats' stand-ins: what each service would answer, and what a person would see there."""
