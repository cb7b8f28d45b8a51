"""`python -m mail_failover`."""

from .cli import main

if __name__ == "__main__":
    main()
