"""A fresh account at Cloudflare, as `wrangler deploy` sees it: no Worker, no workers.dev subdomain yet."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What the API refuses, by the end of the path: status and code.
ABSENT = {"/workers/services/mail-failover": 10090, "/workers/subdomain": 10007}
RESULTS = {
    "/secrets": [],
    "/deployments": {"deployments": []},
    "/scripts/mail-failover": {"id": "mail-failover", "startup_time_ms": 1},
    "/workers/workers/mail-failover": {"subdomain": {"enabled": False, "previews_enabled": False}},
    "/domains/changeset": {"added": [], "removed": [], "updated": [], "conflicting": []},
}


class _Api(BaseHTTPRequestHandler):
    def answer(self):
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        place = path.partition("/accounts/account")[2]
        self.server.requests.append((self.command, place, body))
        code = ABSENT.get(place)
        if place == "/workers/subdomain" and self.server.subdomain:
            code = None
        result = next((RESULTS[end] for end in RESULTS if place.endswith(end)), {})
        errors = [{"code": code, "message": "not there"}] if code else []
        if place == "/workers/subdomain":
            result = {"subdomain": self.server.subdomain}
        answer = {"success": not code, "errors": errors, "messages": [], "result": None if code else result}
        self.send_response(404 if code else 200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that the base class looks for

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def fresh_account(subdomain=""):
    """Serve it on 127.0.0.1; yield wrangler's environment for it and a list of (method, path, body)."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        server.requests, server.subdomain = [], subdomain
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        environment = {
            "CLOUDFLARE_API_BASE_URL": f"http://127.0.0.1:{server.server_port}/client/v4",
            "CLOUDFLARE_API_TOKEN": "token-of-the-owner",
            "CLOUDFLARE_ACCOUNT_ID": "account",
        }
        try:
            yield environment, server.requests
        finally:
            server.shutdown()
            thread.join()
