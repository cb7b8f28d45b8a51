"""The command `demo`: three actors, three acts, checked from the mailboxes; the edge is the emulator's."""
