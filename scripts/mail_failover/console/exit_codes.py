"""What the exit codes of all commands mean."""

DONE = 0
"""Done, or nothing to do; what was looked at is as it should be."""

PROBLEM = 1
"""A problem was found, or something is left for a person."""

USAGE = 2
"""An option, a file or the environment can't be used as it is."""

UNSAFE = 3
"""Refused, because a step is unsafe."""

API = 4
"""Cloudflare's API or the Worker's door failed, or the token may not do this."""

UNREACHABLE = 5
"""Your own server takes no mail now: nobody answers there, or it takes none from here."""

SIGNALLED = 128
"""From here on: ended by a signal, whose number is added, as in shells."""

INTERRUPTED = 130
"""Ended by Ctrl-C, which is SIGINT; SIGTERM makes 143, SIGHUP 129."""
