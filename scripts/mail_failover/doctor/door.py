"""What is needed to try the spool's door, from the options and the environment."""

import os
from collections.abc import Mapping

from mail_failover.console.next_step import AT_HOME, Again, Homeward
from mail_failover.door.address import read_address, read_token
from mail_failover.door.options import Way
from mail_failover.errors import UsageError
from mail_failover.settings.local import Local

from .live.door import Knock


def at_door(way: Way, local: Local | None, again: Again, env: Mapping[str, str] = os.environ) -> Knock:
    """Return how the door is tried, or why it is not: nobody said where it is, or there is no token here.

    Raises:
        UsageError: --url is no address of a Worker.

    """
    if not way.url:
        fix = (
            f"Where mail is kept, name it: `{again.doctor('--url', 'https://mail-failover.you.workers.dev')}`"
        )
        return Knock(fix=fix)
    try:
        read_token(way.token_file, way.state, env)
    except UsageError as error:
        return Knock(reason=error.what.rstrip("."), fix=error.fix)
    return Knock(
        read_address(way.url, way.domain, way.token_file, way.state, env),
        days=local.settings.spool_days if local else 30,
        again=again,
        homeward=Homeward(again.program, way.words, AT_HOME),
        this=again.doctor(*Way(way.url, "", way.token_file, way.state).words),
    )
