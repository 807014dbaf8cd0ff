"""`warta metrics`: what is not well stands in it as in `warta health`, also where no schedule ever
looked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from archive import Archive
from scraper.cli.main import main


def test_a_crawl_that_failed_is_an_incident(tmp_path: Path) -> None:
    path, now = tmp_path / "news.db", datetime.now(UTC)
    with Archive(path) as archive:
        with archive.transaction(now):
            crawl = archive.crawls.begin("rmol", version="0", arguments={})
        with archive.transaction(now):
            archive.crawls.end(crawl, counts={}, received=0, reason="robots_forbidden")
    shown = CliRunner().invoke(main, ["metrics", "--archive", str(path)])
    assert shown.exit_code == 0, shown.stderr
    families = {family.name: family for family in text_string_to_metric_families(shown.stdout)}
    assert {
        (sample.labels["kind"], sample.labels["site"])
        for sample in families["warta_incident"].samples
    } >= {("crawl_failed", "rmol")}
