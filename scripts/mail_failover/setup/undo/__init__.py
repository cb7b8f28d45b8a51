"""The plan of an undo: what was there, minus what is there; the executor and the asking are elsewhere."""
