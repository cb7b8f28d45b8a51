"""The command `demo`: three actors, four acts, checked from the mailboxes; the edge is the emulator's."""
