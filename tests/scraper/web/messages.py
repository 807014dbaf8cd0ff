"""Every message of the web view, as its templates and sources hold them, and the sentences of the
archive that it shows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from archive.revisions.narration import _EVENTS

WEB = Path(__file__).parents[3] / "scraper/web"
ARCHIVE = WEB.parents[1] / "archive"
SENTENCES = {"worded": slice(0, 1), "worded_if": slice(1, 2), "plural": slice(1, 3)}
"""Function that makes a sentence -> which of its arguments are patterns or nouns."""
WORDS = {
    *("due", "kept", "unchanged", "gone", "refused", "failed", "skipped", "alias", "source"),
    *("first", "publisher", "technical", "removed", "restored", "are", "remain", "missing parts"),
}
"""Words of the archive within sentences: states, outcomes, kinds of revisions."""


def of_templates() -> Iterator[str]:
    methods = [("**.html", "jinja2.ext:babel_extract"), ("**.xml", "jinja2.ext:babel_extract")]
    options = {pattern: {"trimmed": "true"} for pattern, _method in methods}
    for _file, _line, message, *_rest in extract_from_dir(WEB / "html", methods, options):
        yield message if isinstance(message, str) else message[0]


def of_errors() -> Iterator[str]:
    """The sentences of `PageError`, and the titles of feeds."""
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "PageError":
                given = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "next_step")]
                for value in given:
                    if isinstance(value, ast.Constant):
                        yield value.value


def of_sentences() -> Iterator[str]:
    """The patterns of sentences on health, outages, fleets and the history of a URL."""
    places = "monitoring/health.py", "monitoring/network.py", "revisions/narration.py"
    fleet = [WEB.parent / "fleet/monitoring" / name for name in ("incidents.py", "outage.py")]
    for path in (*(ARCHIVE / place for place in places), ARCHIVE / "ledger/wording.py", *fleet):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in SENTENCES:
                name = ast.unparse(node.func)
                found = [text for given in node.args[SENTENCES[name]] for text in _texts(given)]
                yield from (_counted(found) if name == "plural" else found)
    yield from _EVENTS.values()
    for unit in ("story", "stories", "day", "days", "hour", "hours", "minute", "minutes"):
        yield f"{{count}} {unit}"


def _texts(given: ast.expr) -> Iterator[str]:
    if isinstance(given, ast.Constant):
        yield given.value
    if isinstance(given, ast.IfExp):
        yield from (*_texts(given.body), *_texts(given.orelse))


def _counted(nouns: list[str]) -> Iterator[str]:
    for noun in nouns + [f"{noun}s" for noun in nouns if len(nouns) == 1]:
        yield f"{{count}} {noun}"
