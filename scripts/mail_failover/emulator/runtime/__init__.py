"""The Workers runtime in CPython: stand-ins for what JavaScript and the SDK give; no rule of the edge."""
