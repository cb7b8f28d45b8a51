"""The three actors on a page: a web server for this machine alone, and what a browser shows of it."""
