"""Every table has one owner: no other module writes SQL to it."""

from __future__ import annotations

import re
from pathlib import Path

import archive
import scraper

PACKAGES = (Path(archive.__file__).parent, Path(scraper.__file__).parent)
OWNERS = {
    "clock": "archive/database/clock.py",
    "crawls": "archive/ledger/crawls.py",
    "urls": "archive/ledger/ledger.py",
    "checks": "archive/ledger/ledger.py",
    "validators": "archive/ledger/ledger.py",
    **dict.fromkeys(("imported_files", "captures"), "archive/ledger/captures.py"),
    "indexed": "scraper/ingest/web_archives/index.py",
    "robots": "archive/ledger/robots.py",
    "manners": "archive/ledger/backoff.py",
    "snapshots": "archive/snapshots/snapshots.py archive/snapshots/repack.py",
    "header_forms": "archive/snapshots/header_forms.py",
    "dictionaries": "archive/snapshots/dictionaries.py",
    "packing": "archive/snapshots/dictionary_trials.py",
    "articles": "archive/revisions/revisions.py",
    "revisions": "archive/revisions/revisions.py",
    "readings": "archive/revisions/revisions.py",
    "rights": "archive/revisions/revisions.py",
    "tombstones": "archive/revisions/revisions.py",
    "search": "archive/revisions/revisions.py archive/maintenance/search_index.py"
    " archive/maintenance/takedown.py",
    "shown": "archive/search/search.py",
    "search_earlier": "archive/revisions/revisions.py archive/maintenance/takedown.py",
    **dict.fromkeys(
        ("search_", "index_copy", "index_anew", "temp"), "archive/maintenance/search_index.py"
    ),
    **dict.fromkeys(("furniture", "furniture_sets"), "archive/revisions/furniture.py"),
    "texts": "archive/syndication/texts.py",
    "bands": "archive/syndication/texts.py",
    "article_texts": "archive/syndication/texts.py",
    "members": "archive/syndication/clusters.py",
    "memberships": "archive/syndication/clusters.py",
    "drifts": "archive/monitoring/drift.py",
    "alerts": "archive/monitoring/alert_log.py",
    "alert_deliveries": "archive/monitoring/alert_log.py",
    "warta_fleet": "scraper/fleet/schema.py scraper/fleet/jobs.py",
    "warta_leases": "scraper/fleet/leases.py",
    "warta_sites": "scraper/fleet/sites.py",
    "warta_workers": "scraper/fleet/workers.py",
    **dict.fromkeys(("warta_incidents", "warta_messages"), "scraper/fleet/monitoring/alerts.py"),
}
"""The search index is rebuilt, and rid of what was taken down, where that is maintenance; its
copies, and the index `shown` of what a search found, are temporary tables; `indexed` is in an
import's temporary database. When a fleet last looked for what is due is noted by the jobs.

A page's frames are written where pages are kept, and replaced where they are packed anew."""
TECHNICAL = ("archive/database/schema.py", "archive/maintenance/compact.py")
"""The schema itself, and the search index's own command to optimize it."""

HELPERS = (
    "archive/database/rows.py",
    "archive/corpus/differences.py",
    "archive/web_archives/partial.py",
)
"""Writes to the table that its caller names; and to databases of their own, to compare corpora and
of an export under way.
"""
FILES_OF_THEIR_OWN = ("archive/merge/", "archive/corpus/many/")
"""Write to a file that is no archive yet, or never: one of texts, of many archives."""

_WRITE = re.compile(
    r"\b(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|DELETE\s+FROM)\s+(\w+|\{)"
    r"|\bUPDATE(?:\s+OR\s+\w+)?\s+(\w+|\{\w+\})\s+SET\b"
)
_HELPER = re.compile(r"\b(?:insert|update)_row\(\s*[\w.]+,\s*(?:\"(\w+)\"|(\w+))")
_METHOD = re.compile(r"\.(?:insert|insert_all|upsert|upsert_all|delete_where|truncate)\(")


def written() -> set[tuple[str, str]]:
    """(table, module) of every statement that writes."""
    found = set()
    for package in PACKAGES:
        for file in sorted(package.rglob("*.py")):
            module = str(file.relative_to(package.parent))
            source = file.read_text()
            statements = _WRITE.findall(source) + _HELPER.findall(source)
            if module not in HELPERS and not module.startswith(FILES_OF_THEIR_OWN):
                found |= {(one or other, module) for one, other in statements}
    return found


def test_every_statement_that_writes_is_in_the_module_of_its_tables_owner() -> None:
    statements = written()
    assert {table for table, _module in statements} == OWNERS.keys()
    strangers = {
        (table, module)
        for table, module in statements
        if module not in OWNERS[table].split() and module not in TECHNICAL
    }
    assert strangers == set()


def test_no_module_writes_by_the_methods_of_sqlite_utils() -> None:
    for package in PACKAGES:
        for file in package.rglob("*.py"):
            assert not re.search(r"\bdb\[[^]]+\]" + _METHOD.pattern, file.read_text()), file
