"""Scripts that play wrangler: one that serves as `wrangler dev`, and parts for those that misbehave."""

import socket
import sys

HEAD = f"""#!{sys.executable}
import http.server, json, os, signal, socket, subprocess, sys, time
say = lambda line: print(line, flush=True)
"""
SERVE = """
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        raw = self.rfile.read(int(self.headers["content-length"]))
        if "to=hang" in self.path: time.sleep(60)
        if "to=end" in self.path: os._exit(1)
        if "to=raise" in self.path: say("[wrangler:error] Error: no inbox\\n    at email (entry.js:1:1)")
        if "to=slow" in self.path:
            say("[wrangler:error] PythonError: Traceback (most recent call last):")
            time.sleep(0.05)
            say('  File "entry.py", line 1, in email')
            time.sleep(0.05)
            say("DeliveryError: no inbox")
        if "to=late" in self.path: say("[wrangler:error] Error: of a message that was accepted")
        fails = any(f"to={name}" in self.path for name in ("raise", "slow", "mute"))
        outcome = "exception" if fails else "ok"
        forward = {"recipient": "a@b.example", "headers": [["x-a", self.path]], "messageId": "<1>"}
        body = json.dumps({"outcome": outcome, "forwards": [forward], "replies": [], "events": []}).encode()
        bad = "to=bad" in self.path
        self.send_response(400 if bad else 200)
        self.end_headers()
        self.wfile.write(b"Email could not be\\nparsed" if bad else body)
        say(json.dumps({"event": "message", "size": len(raw)}))
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
say(f"[wrangler:info] Ready on http://127.0.0.1:{server.server_port}")
server.serve_forever()
"""
# Connects to the port that is its last argument, and so does a child of it, until they end.
CHILD = """
line = socket.create_connection(("127.0.0.1", int(sys.argv[-1])))
os.set_inheritable(line.fileno(), True)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
"""
# Writes down what `wrangler deploy` was given, into the file that $RECORD names.
RECORD = """
place, words = os.getcwd(), sys.argv[1:]
config = words[words.index("--config") + 1] if "--config" in words else ""
modes = {name: oct(os.stat(name).st_mode & 0o777) for name in [place, *os.listdir(place)]}
seen = {"argv": sys.argv, "env": dict(os.environ), "stdin": sys.stdin.read(), "place": place, "modes": modes}
seen["config"] = json.load(open(config)) if config.endswith(".json") else config
with open(os.environ["RECORD"], "w") as file: json.dump(seen, file)
"""


def write_script(folder, body):
    """Write an executable `wrangler` into the folder and return its path."""
    script = folder / "wrangler"
    script.write_text(HEAD + body)
    script.chmod(0o755)
    return script


class Mourner:
    """Listens on `port`, and knows when all processes that hold a connection to it are gone."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(10)
        self._connection = None
        self.port = str(self._server.getsockname()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()
        if self._connection:
            self._connection.close()

    def meet(self):
        """Wait for the connection."""
        self._connection, _ = self._server.accept()
        self._connection.settimeout(10)

    def gone(self):
        """Wait until nobody holds the connection any more."""
        if self._connection is None:
            self.meet()
        try:
            return self._connection.recv(1) == b""
        except ConnectionResetError:
            return True
