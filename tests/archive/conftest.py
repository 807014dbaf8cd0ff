"""A real SQLite file for every test, and the command line on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

settings.register_profile("warta", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("warta")

NOBODY = 65534


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
    """A folder where permissions mean something: root, to whom they do not, steps down to `nobody`."""
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
