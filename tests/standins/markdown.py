"""Judges of Markdown: discord-markdown-parser, which has the rules of Discord's client, and CommonMark's."""

import atexit
import functools
import json
import subprocess

from markdown_it import MarkdownIt

from .node import ROOT, node_command

_SCRIPT = """
const { parse } = require("discord-markdown-parser");
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  // As it is read of a webhook's messages, which may hold masked links.
  console.log(JSON.stringify(parse(JSON.parse(line), "extended")));
});
"""
_COMMON = MarkdownIt("commonmark")


def discord(text):
    """Cut a text as Discord reads it into what stands in which styles: pairs of their names and the words."""
    node = _node()
    node.stdin.write(json.dumps(text) + "\n")
    node.stdin.flush()
    return list(_flat(json.loads(node.stdout.readline()), ()))


def common(text):
    """Cut a text as CommonMark reads it, into the same pairs; a link or a picture has a name, too."""
    styles, found = [], []
    for block in _COMMON.parse(text):
        if block.type == "fence":
            found.append((("codeBlock",), block.content.removesuffix("\n")))
        elif block.type == "inline":
            for token in block.children:
                if token.nesting > 0:
                    styles.append(token.type.removesuffix("_open"))
                elif token.nesting < 0:
                    styles.pop()
                elif token.type == "softbreak":
                    found.append(((*styles,), "\n"))
                else:
                    kind = {"text": (), "code_inline": ("inlineCode",)}.get(token.type, (token.type,))
                    found.append(((*styles, *kind), token.content))
        elif block.type == "paragraph_close":
            found.append(((), "\n"))
        elif block.type != "paragraph_open":
            found.append(((block.type,), block.content))
    return found


def _flat(nodes, styles):
    for node in nodes:
        kind, content = node["type"], node.get("content", "")
        if kind in ("text", "br", "newline"):
            yield styles, content or "\n"
        elif isinstance(content, list):
            yield from _flat(content, (*styles, kind))
        else:
            yield (*styles, kind), content


@functools.cache
def _node():
    assert (ROOT / "node_modules" / "discord-markdown-parser").exists(), "run this through: make test"
    node = subprocess.Popen(
        node_command("--eval", _SCRIPT), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    atexit.register(_end, node)
    return node


def _end(node):
    node.stdin.close()
    node.wait(10)
    node.stdout.close()
