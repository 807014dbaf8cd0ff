"""Who may ask the site for what: host names, methods, and a site for everyone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scraper.web.visiting import Site

NAME = "arsip.example.org"


@pytest.mark.parametrize("host", ["localhost", "localhost:8010", "127.0.0.1:1", "[::1]:8010"])
def test_loopback_names_are_answered(demo_site: Site, host: str) -> None:
    assert demo_site.get("/changes", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "", "[::1]@evil.example", "localhost:80:evil"],
)
def test_other_names_are_not_by_dns_rebinding(demo_site: Site, host: str) -> None:
    reply = demo_site.get("/", host=host)
    assert reply.status == 400
    assert "--allow-host" in reply.text


def test_a_name_is_answered_once_it_is_allowed(demo_copy: Path, serve: Callable[..., Site]) -> None:
    site = serve(demo_copy, public=True, allowed=[NAME])
    assert site.get("/", host=f"{NAME.upper()}:443").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_reading_methods_are_answered(demo_site: Site, method: str) -> None:
    assert demo_site.get("/", method=method).status == 405


@pytest.mark.parametrize(
    "address",
    [
        "/news.db",
        "/news?sql=select+1",
        "/news.json?sql=select+body+from+latest",
        "/news/latest?_where=1",
        "/news/latest.csv?_stream=1",
        "/news/snapshots",
        "/news/snapshots.json",
        "/news/snapshots/1",
        "/news/dictionaries",
        "/news/revisions",
        "/news/%73napshots",
        "/-/versions",
        "/-/databases.json",
        "/-/metadata",
        "/_memory?sql=select+1",
        "/_internal",
    ],
)
def test_a_public_site_gives_away_no_sql_no_file_and_no_page_table(
    demo_copy: Path, serve: Callable[..., Site], address: str
) -> None:
    assert serve(demo_copy, public=True).get(address).status in (403, 404)


def test_a_public_site_shows_its_pages_and_its_views(
    demo_copy: Path, serve: Callable[..., Site]
) -> None:
    site = serve(demo_copy, public=True)
    for address in ("/", "/article/1", "/news", "/news/latest", "/news/history.json"):
        assert site.get(address).status == 200, address


def test_a_proxy_may_keep_pages_of_a_public_site_only(
    demo_copy: Path, demo_site: Site, serve: Callable[..., Site]
) -> None:
    public = serve(demo_copy, public=True).get("/changes").headers
    assert public["cache-control"].startswith("public, max-age=")
    assert "accept-language" in public["vary"].lower()
    assert demo_site.get("/changes").headers["cache-control"] == "no-store"


def test_no_page_runs_a_script_or_loads_from_elsewhere(demo_site: Site) -> None:
    for address in ("/", "/article/1", "/changes", "/nope/nope", "/explain?url=x"):
        headers = demo_site.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-robots-tag"] == "noindex"
        if address != "/nope/nope":
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "script-src" not in headers["content-security-policy"]
