"""One table of scenarios, and a player for each runtime."""
