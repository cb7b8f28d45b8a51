"""The stand-in of Cloudflare's API behind an HTTP server on this machine, for who runs in another process.

For wrangler and for our own command line: both take the API's address from CLOUDFLARE_API_BASE_URL.
"""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from standins.cloudflare import ACCOUNT, TOKEN

SECONDS = 300.0
"""After so long the server ends by itself, whoever forgot it."""


@contextlib.contextmanager
def serving(standin, seconds=SECONDS):
    """Serve it on 127.0.0.1; yield the environment by which a client finds it and is its owner.

    A request is answered after the other. One that the stand-in does not answer, since it was lost or
    interrupted, ends its connection. What the stand-in takes for wrong use is raised when the block ends.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.transport, server.lock, server.wrong = standin.transport, threading.Lock(), []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        end = threading.Timer(seconds, lambda: (server.shutdown(), server.server_close()))
        end.daemon = True
        end.start()
        try:
            yield {
                "CLOUDFLARE_API_BASE_URL": f"http://127.0.0.1:{server.server_port}/client/v4",
                "CLOUDFLARE_API_TOKEN": TOKEN,
                "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
            }
        finally:
            end.cancel()
            server.shutdown()
            thread.join()
    for error in server.wrong:
        raise error


class _Handler(BaseHTTPRequestHandler):
    timeout = 30

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = f"http://{self.headers['host']}{self.path}"
        request = httpx.Request(self.command, url, headers=list(self.headers.items()), content=body)
        try:
            with self.server.lock:
                answer = self.server.transport.handle_request(request)
        except (httpx.TransportError, KeyboardInterrupt):
            return
        except Exception as error:  # noqa: BLE001 - told to the test, which runs in another thread
            self.server.wrong.append(error)
            return
        # Who asked may have been ended meanwhile.
        with contextlib.suppress(ConnectionError):
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

    do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = _serve  # noqa: N815 - the library's names

    def log_message(self, *_):
        """Say nothing."""
