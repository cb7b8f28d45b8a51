"""The command `replay`: what was caught is fetched and handed to the primary."""
