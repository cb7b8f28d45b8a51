"""One run of a command, from the first look to the last word: look, plan, ask, execute, read back, say."""
