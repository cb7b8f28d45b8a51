"""One Node process with one Pyodide, which plays scenarios and stories."""

import base64
import json
import os
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import httpx

from standins.node import ROOT, node_command, pyodide, sdk
from standins.watch import Seen

from .backstage import Backstage, Play

STEP_SECONDS = 100
"""How long a step may take, the boot included, on a machine that is busy."""


class Interpreter:
    """One Node process with one Pyodide, playing scenario after scenario."""

    def __init__(self, version: str, stage: Backstage, src: Path = ROOT / "src") -> None:
        self._stage = stage
        self._lock = threading.Lock()
        script = Path(__file__).with_name("pyodide.mjs")
        self._node = subprocess.Popen(
            node_command(script, pyodide(version), src, sdk()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def begin(self, play, env, shape, *, objects):
        """Begin with an isolate, and objects, that remember nothing."""
        self._stage.play = play
        edge = f"{self._stage.url}/forward"
        self.step(do="begin", env=self._stage.env(env), edge=edge, shape=shape, objects=objects)

    def step(self, **step):
        """Let one step happen, and return what was printed meanwhile, and what was seen of a message."""
        result = self._happen(**step)
        return result["printed"], result["seen"] and Seen(**result["seen"])

    def ask(self, method, path, *, headers=(), body=b""):
        """Let the web ask; return the answer, None if there is none in a minute, and what was printed."""
        asked = {"method": method, "path": path, "headers": [*dict(headers).items()]}
        found = self._happen(do="ask", body=base64.b64encode(body).decode(), **asked)
        answer = found["answer"] and httpx.Response(
            found["answer"]["status"],
            headers=found["answer"]["headers"],
            content=base64.b64decode(found["answer"]["body"]),
        )
        return answer, found["printed"]

    def distances(self, asked):
        """Return how far time zones are from UTC at times, as the Worker asks its runtime."""
        return self._happen(do="zones", asked=asked)["answer"]

    def _happen(self, **step):
        # Whatever happens, the process ends; what was started is Python, which has started Node.
        timer = threading.Timer(STEP_SECONDS, os.killpg, (self._node.pid, signal.SIGKILL))
        timer.start()
        self._node.stdin.write(json.dumps(step) + "\n")
        self._node.stdin.flush()
        line = self._node.stdout.readline()
        timer.cancel()
        assert line, "Node ended early; its words stand above"
        return json.loads(line)

    def play(self, scenario, shape, *, objects):
        """Play one scenario and return what came of it."""
        play = Play(scenario)
        self.begin(play, scenario.env, shape, objects=objects)
        printed, seen = self.mail(play.delivery, chunk=scenario.chunk, drain=True)
        return play.played(seen.raised, printed, seen, by_object=objects)

    def mail(self, delivery, *, chunk=4096, drain=False):
        """Let a message come."""
        caught, fault = delivery.caught, self._stage.play.faults.take("raw")
        how = {"from": caught.sender, "to": caught.recipient, "end": fault.kind if fault else "closes"}
        with tempfile.NamedTemporaryFile(prefix="mail-failover-") as file:
            # By a file, since 25 MiB are too much for a line.
            file.write(delivery.raw)
            file.flush()
            printed, seen = self.step(do="mail", file=file.name, chunk=chunk, drain=drain, **how)
        if seen.rejected is not None:
            delivery.set_reject(seen.rejected)
        return printed, seen

    def close(self):
        """End the process."""
        self._node.stdin.close()
        self._node.wait(10)
        self._node.stdout.close()
