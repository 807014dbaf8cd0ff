"""What all tests need."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from archive import Archive
from tests.archive.invented import new_archive

if TYPE_CHECKING:
    from scraper.cli.demo.proxy import Answers, ReplayProxy

Fill = Callable[[Archive], None]
ROOT = Path(__file__).parents[1]
NOBODY = 65534

# Properties are tried with the same examples in every run, and without a clock. `.ci/run` selects
# the second profile with --hypothesis-profile.
settings.register_profile("quick", max_examples=25, deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=250)
settings.load_profile("quick")


def pytest_xdist_auto_num_workers() -> int:
    """Called by pytest-xdist for `-n auto`: tests of crawls wait for each other's processes, so
    half as many more as there are cores keep these busy.
    """
    cores = os.cpu_count() or 1
    return cores + cores // 2


SHARED = ("demo", "fates", "postgresql", "store")
"""Of the session: what takes seconds to set up, and is only read or serves each test apart."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What several tests share is set up once: all that use it run in one process of tests."""
    for item in items:
        if not isinstance(item, pytest.Function) or item.get_closest_marker("xdist_group"):
            continue
        group = _shared(item)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def _shared(item: pytest.Function) -> str | None:
    for name in SHARED:
        if name in item.fixturenames:
            return name
    fixtures = chain.from_iterable(item._fixtureinfo.name2fixturedefs.values())
    if any(fixture.scope == "module" for fixture in fixtures):
        return item.path.stem
    return None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-screens",
        action="store_true",
        help="Keep what commands show on terminals now in tests/scraper/cli/screens/.",
    )


@pytest.fixture(autouse=True, scope="session")
def locks_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests beside this one crawl the same sites, which are on loopback: each process of tests has
    its own folder of locks.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WARTA_LOCKS", str(tmp_path_factory.mktemp("locks")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))  # logs of cron
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))  # profiles
        yield


@pytest.fixture(autouse=True, scope="session")
def processes_find_the_project() -> Iterator[None]:
    """Also its tests, and from any folder."""
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), *known])))
        yield


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell starts what it puts into the background with SIGINT ignored, and each process hands
    that on to those that it starts.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "news.db"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Fill], Path]:
    """Give the path of an archive that a function has filled, once for all tests: to be copied."""
    known: dict[Fill, Path] = {}

    def make(fill: Fill) -> Path:
        if fill not in known:
            known[fill] = tmp_path_factory.mktemp("made") / "news.db"
            with Archive(known[fill]) as archive:
                fill(archive)
        return known[fill]

    return make


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    with new_archive(path) as opened:
        yield opened


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ReplayProxy]:
    """(the archive of a demo that ended well, its proxy); the archive is to be read or copied."""
    from scraper.cli.demo.proxy import ReplayProxy
    from scraper.cli.main import main

    made: list[ReplayProxy] = []

    def noted(answers: Answers) -> ReplayProxy:
        made.append(ReplayProxy(answers))
        return made[-1]

    archive = tmp_path_factory.mktemp("demo") / "news.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("scraper.cli.demo.command"), "ReplayProxy", noted)
        done = CliRunner().invoke(main, ["demo", "--archive", str(archive)])
    assert done.exit_code == 0, done.output
    assert "Every story was read in its site's own layout." in done.stdout
    (proxy,) = made
    return archive, proxy


@pytest.fixture
def warta(path: Path) -> Callable[..., Result]:
    """Run a command of the archive on `path`."""
    from scraper.cli.main import main

    def run(
        command: str, *arguments: str, archive: Path = path, options: tuple[str, ...] = ()
    ) -> Result:
        return CliRunner().invoke(
            main, [command, "--archive", str(archive), *options, "--", *arguments]
        )

    return run


@pytest.fixture
def folder_of_a_user(tmp_path: Path) -> Iterator[Path]:
    """A folder where permissions count: root, for whom they do not, steps down to `nobody`."""
    if os.geteuid() != 0:
        yield tmp_path
        allow_again(tmp_path)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)
            allow_again(Path(folder))


def allow_again(folder: Path) -> None:
    """Let pytest clean up."""
    folder.chmod(0o700)
    for inner in folder.iterdir():
        inner.chmod(0o700)
