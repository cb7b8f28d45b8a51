"""A policy service for Postfix, as a greylisting daemon is one (SMTPD_POLICY_README)."""

import contextlib
import socketserver
import threading


@contextlib.contextmanager
def policy(port, answer):
    """Serve on a port; `answer` takes what Postfix tells of a client and returns an action."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            told = {}
            for line in self.rfile:
                name, _, value = line.decode().strip().partition("=")
                if name:
                    told[name] = value
                    continue
                self.wfile.write(f"action={answer(told)}\n\n".encode())
                told = {}

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
