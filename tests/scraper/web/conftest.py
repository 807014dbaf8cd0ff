"""What tests of the web view need; they are skipped where its extra is not installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scraper.sites.folders import adopt

if TYPE_CHECKING:
    from scraper.cli.demo.proxy import ReplayProxy
    from tests.scraper.web.visiting import Site

pytest.importorskip("datasette", reason="the web view needs warta[web]")


@pytest.fixture(autouse=True)
def publishers_of_the_environment() -> Iterator[None]:
    """Datasette's process knows the publishers beside the archive that it serves first."""
    yield
    adopt(None)


@pytest.fixture
def serve() -> Iterator[Callable[..., Site]]:
    """Serve an archive in this process, as `warta serve` does."""
    from scraper.web.serve import Deployment, application
    from tests.scraper.web.visiting import Site

    opened: list[Site] = []

    def serving(path: Path, **options: Any) -> Site:
        opened.append(Site(application(Deployment(archive=path, **options))))
        return opened[-1]

    yield serving
    for site in opened:
        site.close()


@pytest.fixture(scope="session")
def demo_archive(demo: tuple[Path, ReplayProxy]) -> Path:
    return demo[0]


@pytest.fixture(scope="session")
def demo_site(demo_archive: Path) -> Iterator[Site]:
    """The demo's archive as a site; only to be read."""
    from scraper.web.serve import Deployment, application
    from tests.scraper.web.visiting import Site

    site = Site(application(Deployment(archive=demo_archive)))
    yield site
    site.close()


@pytest.fixture
def demo_copy(demo_archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(demo_archive, tmp_path / "news.db"))
