"""An object's book over the emulator's SQL, in memory."""

from contextlib import contextmanager

from book import Book
from mail_failover.emulator.runtime.sql import Sql


@contextmanager
def opened(sql=None):
    """Open a book over these tables, or new ones, and close them at the end."""
    tables = sql or Sql()
    try:
        yield Book(lambda text, *values: [*tables.exec(text, *values)], tables.together)
    finally:
        if sql is None:
            tables.close()
