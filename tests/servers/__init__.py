"""Real mail servers as the primary: Debian's Postfix and Dovecot on 127.0.0.1, gone after the tests.

They run from a configuration of their own in a folder of their own, on free ports, deliver into that folder
and send nothing anywhere. `make test-servers` runs the tests; without the packages, or without root, from
which both start, they are skipped and say so.
"""
