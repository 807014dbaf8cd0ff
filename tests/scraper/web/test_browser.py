"""The web view in a real browser: what a reader does, without a script, and for everyone.

Needs Chromium (Debian's package) and Playwright; skipped with a message where there is none.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from archive import Archive
from tests.archive.invented import HOUR, announce, link, url_of
from tests.archive.invented import check as note

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    arguments = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*arguments.split(), "--disable-component-update", "--disable-sync"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def with_a_missing_day(demo_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's archive, and a day on which nine stories were announced that all failed."""
    path = Path(shutil.copy(demo_archive, tmp_path_factory.mktemp("browser") / "news.db"))
    day = datetime(2026, 11, 12, 5, tzinfo=UTC)
    with Archive(path) as archive:
        for number in range(70_000, 70_009):
            lost = link(number, url=url_of(number, site="suara"), published_at=day)
            announce(archive, lost, site="suara", at=day)
            note(
                archive,
                lost.url,
                "failed",
                site="suara",
                at=day + HOUR,
                reason="http_5xx",
                status=500,
            )
    return path


@pytest.fixture(scope="module")
def address(with_a_missing_day: Path) -> Iterator[str]:
    """The archive, served on loopback by a thread."""
    import uvicorn

    from scraper.web.serve import Deployment, address, application, listen
    from tests.waiting import until

    deployment = Deployment(archive=with_a_missing_day, port=0)
    config = uvicorn.Config(application(deployment), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with closing(listen(deployment)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        yield address(listening)
        server.should_exit = True
        thread.join()


@pytest.fixture(params=[1100, 360], ids=["wide", "360 px"])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails the test for any error of it, and for any request off loopback."""
    context = browser.new_context(
        base_url=address,
        locale="en-GB",
        viewport={"width": request.param, "height": 900},
        java_script_enabled=True,
    )
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: line.type == "error" and problems.append(line.text))
    opened.on(
        "request",
        lambda sent: (
            urlsplit(sent.url).hostname not in ("127.0.0.1", "localhost", None)
            and problems.append(sent.url)
        ),
    )
    yield opened
    context.close()
    assert problems == []


def check(page: Page) -> None:
    """Nothing scrolls sideways, and axe-core finds no serious fault."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is missing")
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ), page.url
    found = axe.Axe().run(page).response["violations"]
    faults = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]
    assert faults == [], page.url


def follow(page: Page, link: Locator) -> None:
    """Click, and wait for the page that it leads to."""
    with page.expect_navigation():
        link.click()


def test_a_reader_finds_a_story_its_edit_its_copies_and_its_past(page: Page) -> None:
    page.goto("/")
    check(page)
    page.get_by_role("searchbox").fill("penyeberangan nusalawa")
    with page.expect_navigation():
        page.get_by_role("searchbox").press("Enter")
    check(page)
    follow(
        page, page.get_by_role("main").get_by_role("link", name="Penyeberangan ke Nusalawa Kini")
    )
    check(page)
    follow(page, page.get_by_role("link", name="Compare them"))
    check(page)
    assert page.get_by_role("row").count() == 4
    follow(page, page.get_by_role("link", name="beside the first").first)
    assert page.locator("ins").count() > 0
    check(page)
    follow(page, page.get_by_role("link", name="Edits"))
    follow(page, page.get_by_role("main").get_by_role("link", name="Pameran Kitab Langka"))
    assert page.locator("del").first.inner_text().strip() == "Dibuka"
    check(page)
    follow(page, page.get_by_role("link", name="Pameran Kitab Langka"))
    page.get_by_label("As of").fill("2026-11-20")
    follow(page, page.get_by_role("button", name="Show"))
    assert "As it was on" in page.get_by_role("main").inner_text()
    check(page)


def test_a_reader_finds_the_day_that_is_missing_in_the_coverage(page: Page) -> None:
    page.goto("/")
    follow(page, page.get_by_role("navigation").get_by_role("link", name="Coverage"))
    page.get_by_label("From", exact=True).fill("2026-11-01")
    page.get_by_label("To", exact=True).fill("2026-11-21")
    follow(page, page.get_by_role("button", name="Show"))
    check(page)
    assert page.get_by_role("img").count() == 5
    day = page.get_by_text("12 Nov 2026: 0 of 9; 9 × the server failed (5xx)")
    assert day.count() == 1
    assert day.is_visible()
    marked = page.locator("rect.marked")
    assert marked.count() == 1
    assert marked.locator("title").text_content() == "12 Nov 2026: 0 of 9"
    follow(page, page.get_by_role("main").get_by_role("link", name="suara", exact=True))
    assert "no crawl since" in page.get_by_role("main").inner_text()
    check(page)


@pytest.mark.parametrize("path", ["/changes", "/removed", "/clusters", "/syndication", "/explain"])
def test_lists_fit_a_telephone_and_can_be_heard(page: Page, path: str) -> None:
    page.goto(path)
    check(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_in_light_and_in_dark(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    for path in ("/", "/article/1", "/article/1/diff/1..2", "/coverage"):
        page.goto(path)
        check(page)


def test_a_hostile_kept_page_runs_no_script_and_loads_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    from scraper.web.pages.kept_page import SANDBOX

    hostile = """<title>a</title><script>document.title='ran'</script>
        <img src="http://127.0.0.1:9/x.png" onerror="document.title='ran'">
        <meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">"""
    context = browser.new_context()
    page = context.new_page()
    sent: list[str] = []
    page.route("http://127.0.0.1:9/**", lambda route: sent.append(route.request.url))
    page.route(
        "http://127.0.0.1:1/",
        lambda route: route.fulfill(
            body=hostile, headers={"content-type": "text/html", "content-security-policy": SANDBOX}
        ),
    )
    page.goto("http://127.0.0.1:1/")
    page.wait_for_load_state("networkidle")
    assert page.title() == "a"
    assert sent == []
    context.close()


@pytest.mark.skipif("WARTA_PICTURES" not in os.environ, reason="pictures are made on request")
def test_the_pictures_of_the_readme(browser: Browser, address: str) -> None:
    """WARTA_PICTURES names the folder to write them to."""
    folder = Path(os.environ["WARTA_PICTURES"])
    page = browser.new_page(base_url=address, viewport={"width": 1000, "height": 700})
    for name, path in (("article", "/article/1"), ("diff", "/article/1/diff/1..2?view=inline")):
        page.goto(path)
        page.screenshot(path=folder / f"{name}.png")
    page.close()
