"""Take what mail-failover sends to WEBHOOK_URL, if it is signed with WEBHOOK_SECRET, and print each once."""

import base64
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
KNOWN: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    """Answers one request."""

    def do_POST(self) -> None:
        """Check the signature over the body as it came, and how old it is, before anything is believed."""
        name, sent, given = (self.headers.get(f"webhook-{n}", "") for n in ("id", "timestamp", "signature"))
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        right = base64.b64encode(hmac.digest(SECRET, f"{name}.{sent}.".encode() + body, "sha256"))
        signed = any(hmac.compare_digest(b"v1," + right, each.encode()) for each in given.split())
        taken = signed and abs(time.time() - int(sent)) <= 300
        if taken and name not in KNOWN:  # what got no answer in time comes again, under the same id
            KNOWN.add(name)
            print(json.dumps(json.loads(body), indent=2), flush=True)
        self.send_response(204 if taken else 401)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", 8080), Receiver).serve_forever()
