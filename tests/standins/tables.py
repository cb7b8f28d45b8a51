"""An object's book over the emulator's SQL, in memory."""

from contextlib import contextmanager

from book import Book
from mail_failover.emulator.runtime.promises import to_js
from mail_failover.emulator.runtime.sql import Sql


@contextmanager
def opened(sql=None, before=lambda text: None):
    """Open a book over these tables, or new ones, and close them at the end; `before` sees each statement."""
    tables = sql or Sql()

    def run(text, *values):
        before(text)
        return [
            *tables.exec(text, *(to_js(value) if isinstance(value, bytes) else value for value in values))
        ]

    try:
        yield Book(run, tables.together)
    finally:
        if sql is None:
            tables.close()
