"""The plan of an undo: what was there, minus what is there; for the same executor as any plan."""
