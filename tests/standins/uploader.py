"""Plays `wrangler deploy`, as `mail-failover deploy` starts it: one PUT with variables and secrets.

A program of its own, in a fifth of wrangler's time; what wrangler itself sends, tests/test_plain_deploy.py
shows.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

BOUNDARY = "----a boundary of forms----".replace(" ", "-")


def main(words):
    """Upload what the configuration names; the secrets come by standard input."""
    assert words[0] == "deploy"
    config = json.loads(Path(words[words.index("--config") + 1]).read_text())
    secrets = json.load(sys.stdin) if "--secrets-file" in words else {}
    variables = [
        {"name": name, "type": kind, field: value}
        for name, value in config["vars"].items()
        for kind, field in [("plain_text", "text") if isinstance(value, str) else ("json", "json")]
    ]
    objects = [{"type": "durable_object_namespace", **b} for b in config["durable_objects"]["bindings"]]
    hidden = [{"name": name, "type": "secret_text", "text": text} for name, text in secrets.items()]
    metadata = {
        "main_module": "entry.py",
        "bindings": [*variables, *objects, *hidden],
        "keep_bindings": ["secret_text", "secret_key"],
        "compatibility_date": config["compatibility_date"],
        "compatibility_flags": config["compatibility_flags"],
    }
    script = f"/accounts/{os.environ['CLOUDFLARE_ACCOUNT_ID']}/workers/scripts/{config['name']}"
    if not is_there(script):
        classes = [name for step in config["migrations"] for name in step["new_sqlite_classes"]]
        steps = [{"new_sqlite_classes": classes}]
        metadata["migrations"] = {"new_tag": config["migrations"][-1]["tag"], "steps": steps}
    form = part("metadata", json.dumps(metadata).encode(), "application/json")
    form += part("entry.py", Path(config["main"]).read_bytes(), "text/x-python")
    ask("PUT", script, form + f"--{BOUNDARY}--".encode(), f'multipart/form-data; boundary="{BOUNDARY}"')
    address = json.dumps({"enabled": config["workers_dev"]}).encode()
    ask("POST", f"{script}/subdomain", address, "application/json")
    sys.stdout.write(f"Uploaded {config['name']}\n")


def part(name, content, kind):
    """Return a file of the form."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def is_there(script):
    """Tell whether the account has it."""
    try:
        ask("GET", f"{script}/settings")
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return False
    return True


def ask(method, path, content=None, kind=""):
    """Ask the account for something."""
    headers = {"Authorization": f"Bearer {os.environ['CLOUDFLARE_API_TOKEN']}", "Content-Type": kind}
    url = os.environ["CLOUDFLARE_API_BASE_URL"] + path
    request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310 - a stand-in's
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


if __name__ == "__main__":
    main(sys.argv[1:])
