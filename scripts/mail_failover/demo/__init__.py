"""The command `demo`: three actors, five acts, checked from the mailboxes; the edge is the emulator's."""
