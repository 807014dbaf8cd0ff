"""A publisher in a package of its own, tests/publisher, installed into a fresh environment: it is
crawled, scheduled and exported without a change of warta.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from scraper.cli.demo.proxy import ReplayProxy
from tests.scraper.crawling.conftest import environment
from tests.scraper.crawling.survey.conftest import FAST
from tests.scraper.crawling.survey.invented import custom

ROOT = Path(__file__).parents[4]
PACKAGE = ROOT / "tests" / "publisher"

pytestmark = pytest.mark.slow


def wheel(folder: Path) -> Path:
    """The package as a wheel, as its build backend would make it; that one may not be installed."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    (points,) = project["entry-points"].items()
    group = "\n".join(f"{name} = {value}" for name, value in points[1].items())
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    path = folder / f"{stem}-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        archive.write(PACKAGE / "swara_nusa.py", "swara_nusa.py")
        info = f"{stem}.dist-info"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", f"[{points[0]}]\n{group}\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment that has the package, and warta as it is here."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    found = folder / "env" / "bin" / "python"
    (site_packages,) = (folder / "env" / "lib").glob("python*/site-packages")
    # What warta needs is already installed here, and nothing can be fetched.
    here = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})"
    (site_packages / "warta-here.pth").write_text(f"{ROOT}\n{here}\n")
    install = ["-m", "pip", "-q", "--python", found, "install", "--no-index", "--no-deps"]
    done = subprocess.run(
        [sys.executable, *install, wheel(folder)], capture_output=True, text=True, check=False
    )
    if "No module named pip" in done.stderr:
        pytest.skip("pip is not installed")
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture
def replay() -> Iterator[ReplayProxy]:
    with ReplayProxy(custom().answers) as proxy:
        yield proxy


def test_an_installed_publisher_is_crawled_scheduled_and_exported(
    python: Path, replay: ReplayProxy, tmp_path: Path
) -> None:
    def warta(*words: str) -> str:
        known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        proxies = {name: value for name, value in environment(replay).items() if "proxy" in name}
        done = subprocess.run(
            [python, "-m", "scraper", *words],
            cwd=tmp_path,
            env=known | proxies | {"WARTA_LOCKS": str(tmp_path / "locks")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    listed = {row["site"]: row for row in map(json.loads, warta("sites", "--json").splitlines())}
    assert "warta-swara-nusa" in listed["swara"]["origin"]
    warta("crawl", "swara", *FAST)
    scheduled = map(json.loads, warta("schedule", "show", "--json").splitlines())
    assert "swara" in {row["site"] for row in scheduled}
    (tmp_path / "warta.toml").write_text("[crawl]\ndelay = 1\n")
    warta("schedule", "once", "swara")
    warta("export", "stories.csv", "--site", "swara")
    with (tmp_path / "stories.csv").open(encoding="utf-8", newline="") as file:
        exported = {row["url"]: row for row in csv.DictReader(file)}
    stories = custom().stories
    assert exported.keys() == stories.keys()
    for url, told in stories.items():
        row = exported[url]
        assert (row["headline"], row["body"], row["layout"]) == (told.headline, told.body, "S1")
        assert told.author in row["authors"]
