"""What an upload of a Worker brings, as `wrangler deploy` sends it: metadata and modules in one form.

Learnt from wrangler 4.164's `create-worker-upload-form.ts`, and from what it sends.
"""

import ast
import json
import re
from dataclasses import dataclass, field

from standins.envelope import Refusal

# What an email or a web request, a schedule or a queue calls: Workers' reference, "Handlers".
HANDLERS = ("email", "fetch", "queue", "scheduled", "tail")
VARIABLES = {"plain_text", "json"}
SECRETS = {"secret_text", "secret_key"}
KINDS = {*VARIABLES, *SECRETS, "durable_object_namespace"}


@dataclass(frozen=True)
class Upload:
    """One upload: `metadata` as it was sent; `modules`, the bytes and media type of each file, by its name.

    `bindings` are what the Worker gets: what was sent, and what was kept of the upload before.
    """

    metadata: dict
    modules: dict[str, tuple[bytes, str]]
    bindings: list = field(default_factory=list)
    id: str = ""

    @property
    def main(self):
        """The Worker's own module, parsed; None if it is not Python."""
        content, kind = self.modules[self.metadata["main_module"]]
        if kind != "text/x-python":
            return None
        try:
            return ast.parse(content)
        except SyntaxError as error:
            raise Refusal(400, 10021, f"Python Error: SyntaxError: {error.msg}") from error

    @property
    def classes(self):
        """The names of the classes that the main module has; Cloudflare finds out by running it."""
        tree = self.main
        body = tree.body if tree else ()
        here = {each.name for each in body if isinstance(each, ast.ClassDef)}
        imports = [each for each in body if isinstance(each, ast.ImportFrom)]
        return here | {name.asname or name.name for each in imports for name in each.names}

    @property
    def handlers(self):
        """What the Worker answers to: the methods of its class Default; `fetch` if it is JavaScript."""
        if (tree := self.main) is None:
            return ["fetch"]
        default = [each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == "Default"]
        found = {each.name for one in default for each in one.body if hasattr(each, "name")}
        return [name for name in HANDLERS if name in found]


def read_upload(request):
    """Read the form of an upload."""
    [boundary] = re.findall(r'boundary="?([^";]+)', request.headers["content-type"])
    parts = {}
    for part in request.content.split(b"--" + boundary.encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        [name] = re.findall(rb'[; ]name="([^"]*)"', head)
        kind = re.search(rb"(?i)content-type: *([^\r\n]+)", head)
        content = content.removesuffix(b"\r\n"), kind[1].decode() if kind else ""
        assert name.decode() not in parts, "a file is sent twice"
        parts[name.decode()] = content
    metadata = json.loads(parts.pop("metadata")[0])
    assert metadata["main_module"] in parts
    return Upload(metadata, parts)


def inherited(sent, before):
    """Return the bindings of an upload: what it brings, and what it keeps of those before, by kind."""
    bindings = sent.metadata.get("bindings", [])
    names = {each["name"] for each in bindings}
    assert {each["type"] for each in bindings} <= KINDS, "what is not modelled is not uploaded"
    kept = set(sent.metadata.get("keep_bindings", ()))
    return [*bindings, *(each for each in before if each["type"] in kept and each["name"] not in names)]
