"""Metadata for Datasette's own pages: what it searches, sorts, describes and hides."""

import tomllib
from importlib.resources import files
from typing import Any

from archive.archive import Archive
from archive.database.rows import column

PARAMETERS = ["site", "since"]
"""Of every query; both may be left empty."""


def metadata(archive: Archive) -> dict[str, Any]:
    """Return the metadata, which names the archive's database as Datasette does: by its file."""
    known = tomllib.loads(files(__package__).joinpath("datasette.toml").read_text("utf-8"))
    tables = {name: _shown(archive, name, known) for name in known["shown"]}
    for name in _internal(archive, "table", known):
        tables[name] = {"hidden": True}
    for name in _internal(archive, "view", known):
        tables[name] = {"allow": False}  # Datasette lists views that are only hidden
    queries = {
        name: {**query, "sql": query["sql"].strip(), "params": PARAMETERS, "hide_sql": True}
        for name, query in known["queries"].items()
    }
    for query in queries.values():
        query["description"] += " :since is a day like 2026-11-20; empty parameters mean all."
    database = {"tables": tables, "queries": queries}
    return {"title": f"warta: {archive.path.name}", "databases": {archive.path.stem: database}}


def _shown(archive: Archive, name: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a table or view, with the descriptions of the columns that it has."""
    columns = column(archive.db, "SELECT name FROM pragma_table_info(?)", name)
    described = {key: known["columns"][key] for key in columns if key in known["columns"]}
    return {**known["shown"][name], "columns": described}


def _internal(archive: Archive, kind: str, known: dict[str, Any]) -> list[str]:
    names = column(archive.db, "SELECT name FROM sqlite_schema WHERE type = ? ORDER BY name", kind)
    return [name for name in names if name not in known["shown"]]
