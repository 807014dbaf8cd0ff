"""The web view knows the publishers of the folder beside its archive, whoever serves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive import Archive
from tests.archive.invented import keep, story
from tests.scraper.sites.own import story_url, written
from tests.scraper.web.visiting import Site


def test_times_are_in_its_zone_and_its_addresses_are_known(
    path: Path, serve: Callable[..., Site]
) -> None:
    written(path.parent / "sites")
    url = story_url(1)
    with Archive(path) as archive:
        keep(archive, story(site="kabar", url=url, canonical_url=url, story_id="1"))
    site = serve(path)
    assert "+08:00" in site.get("/article/1").words
    assert "kabar" in [row["site"] for row in site.get("/.json").json["health"]]
    moved = site.get("/web/https://www.kabar.example/desa/1/slug-lain")
    assert (moved.status, moved.headers["location"].partition("?")[0]) == (302, "/article/1")
