"""The pages: each can be found, and no link of theirs leads nowhere."""

import re
from pathlib import Path

import pytest

from failover.settings import VARIABLES
from mail_failover.cloudflare.permissions import NEEDED, template_url

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")


def prose(page):
    """Return a page without its code."""
    return re.sub(
        r"```.*?^ *```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


def anchors(page):
    """Return what a link may name in a page: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_index_as_a_question():
    """docs/README.md names each, and none that is not there."""
    lines = re.findall(r"^- \[(\S+)\]\((\S+)\): (.+)$", (DOCS / "README.md").read_text(), re.MULTILINE)
    there = {path.name for path in DOCS.glob("*.md")} - {"README.md"} | {"decisions/"}
    assert sorted(link for _, link, _ in lines) == sorted(there)
    assert all(name == link and question.endswith("?") for name, link, question in lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_link_leads_somewhere(page):
    """To a file that is there, and to a heading that is in it."""
    for link in filter(None, (link for pair in LINK.findall(prose(page)) for link in pair)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_setting_is_explained_once_and_no_other():
    """In the order in which the Worker reads them."""
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (DOCS / "settings.md").read_text(), re.MULTILINE)
    assert tuple(rows) == VARIABLES


def test_the_token_that_is_explained_is_the_one_that_init_tries():
    """The same rows in the same order, and the link that fills them in."""
    page = (DOCS / "setup.md").read_text()
    rows = re.findall(r"^\| ((?:Zone|Account) > [^|]+?) \|", page, re.MULTILINE)
    assert rows == [each.row for each in NEEDED]
    assert f"]({template_url()})" in page
