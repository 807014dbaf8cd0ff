"""A program that writes an archive all the time, beside what is tested."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

from archive import Archive
from tests.archive.invented import announce, keep, link, story

SPAWN = multiprocessing.get_context("spawn")


def write_until_told(path: Path, begun: Event, enough: Event) -> None:
    with Archive(path) as archive:
        for number in range(1_000, 100_000):
            announce(archive, link(number))
            keep(archive, story(number))
            begun.set()
            if enough.is_set():
                return


@contextmanager
def writing(path: Path) -> Iterator[BaseProcess]:
    """Inside, stories from number 1,000 on come without a pause; they came without an error."""
    begun, enough = SPAWN.Event(), SPAWN.Event()
    writer = SPAWN.Process(target=write_until_told, args=(path, begun, enough))
    writer.start()
    try:
        assert begun.wait(300)
        yield writer
    finally:
        enough.set()
        writer.join()
    assert writer.exitcode == 0
