"""A fault of ours, said so that it can be found and shows nothing of a message."""

OVER_LIMIT = "Exceeded allowed rows"
"""How the runtime begins to say that a day's rows are used up."""


def place_of(error: Exception) -> str:
    """Say where our own fault lies, without its text, which may quote anything."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}"
