"""Every message of the web view, as its templates and sources hold them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

WEB = Path(__file__).parents[3] / "scraper/web"


def of_templates() -> Iterator[str]:
    methods = [("**.html", "jinja2.ext:babel_extract"), ("**.xml", "jinja2.ext:babel_extract")]
    options = {pattern: {"trimmed": "true"} for pattern, _method in methods}
    for _file, _line, message, *_rest in extract_from_dir(WEB / "templates", methods, options):
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
