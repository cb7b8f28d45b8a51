"""Handlers that do nothing but what no handler can do without: the floor that ours is measured from."""

import js
from pyodide.ffi import to_js
from workers import WorkerEntrypoint

URLS = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")


class Bare(WorkerEntrypoint):
    """Forwards."""

    async def email(self, message):
        """Forward, and that is all."""
        await message.forward("you@inbox.example", js.Headers.new([("X-A", "1")]))


class Fetching(WorkerEntrypoint):
    """Forwards, and asks two chats one after the other."""

    async def email(self, message):
        """Forward, and tell afterwards."""
        await message.forward("you@inbox.example", js.Headers.new([("X-A", "1")]))
        self.ctx.waitUntil(self._tell())

    async def _tell(self):
        for url in URLS:
            options = to_js({"method": "POST", "body": "{}"}, dict_converter=js.Object.fromEntries)
            answer = await js.fetch(url, options)
            await answer.text()
