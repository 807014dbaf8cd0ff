"""The commented `warta.toml` that `warta config --example` prints, made of the keys themselves."""

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from scraper.configuration.errors import table_of
from scraper.configuration.keys import Configuration, Sites, SiteSettings

_HEAD = """\
Settings of `warta crawl`, `warta schedule` and the commands that read the archive.
Each value is the default; a key behind a # has none, and shows an example. Every key can be set
by a variable, too: WARTA_CRAWL_LIMIT is limit of [crawl], WARTA_SITES_SUARA_SCHEDULE is schedule
of [sites.suara]; lists with commas. An option overrides a variable, a variable this file."""


def example() -> str:
    """Return the text of the file."""
    lines = [*_comment(_HEAD), "", *_values(Configuration), *_tables(Configuration, "")]
    return "\n".join(lines).rstrip() + "\n"


def toml(value: Any) -> str:
    """Return a value as TOML."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _tables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = table_of(model, name)
        if inner is None:
            continue
        yield from _table(inner, f"[{prefix}{name}]", optional=field.default is None)
        if inner is Sites:
            yield from _table(SiteSettings, f"[{prefix}{name}.suara]", optional=True)
        yield from _tables(inner, f"{prefix}{name}.")


def _table(model: type[BaseModel], header: str, *, optional: bool) -> Iterator[str]:
    yield from ("", *_comment(model.__doc__ or ""), f"# {header}" if optional else header)
    yield from _values(model, optional=optional)


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
        yield from (f"# {part}" for part in textwrap.wrap(line, 98))
