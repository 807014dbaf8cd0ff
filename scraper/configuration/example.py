"""The commented `warta.toml` that `warta config --example` prints: every key with its default, made
of the keys themselves.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from scraper.configuration.errors import table_of
from scraper.configuration.keys import Configuration, OfSite

_HEAD = """\
What `warta crawl`, `warta schedule` and the commands that read the archive do where no option says otherwise.
Each value is the default; a key behind a # has none, and shows an example. Every key can be given as a variable, too:
WARTA_CRAWL_LIMIT is limit of [crawl], WARTA_SITES_SUARA_SCHEDULE is schedule of [sites.suara]; lists with commas.
An option goes before a variable, a variable before this file."""


def example() -> str:
    """The text of the file."""
    return (
        "\n".join(
            [*_comment(_HEAD), "", *_values(Configuration), *_tables(Configuration, "")]
        ).rstrip()
        + "\n"
    )


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _tables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name in model.model_fields:
        inner = table_of(model, name)
        if inner is None:
            continue
        header = f"[{prefix}{name}.suara]" if inner is OfSite else f"[{prefix}{name}]"
        optional = inner is OfSite or model.model_fields[name].default is None
        yield from ("", *_comment(inner.__doc__ or ""), f"# {header}" if optional else header)
        yield from _values(inner, optional=optional)
        yield from _tables(inner, f"{prefix}{name}.")


def _values(model: type[BaseModel], *, optional: bool = False) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if table_of(model, name) is None:
            yield from _comment(field.description or "")
            yield _assignment(name, field, optional=optional)


def _assignment(name: str, field: FieldInfo, *, optional: bool) -> str:
    if field.is_required() or field.default is None:
        return f"# {name} = {toml((field.examples or [''])[0])}"
    return f"{'# ' if optional else ''}{name} = {toml(field.default)}"


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from (f"# {part}" for part in textwrap.wrap(line, 120))
