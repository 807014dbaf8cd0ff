"""`python -m tests.scraper.cli.rendering`: every command on the terminal that it is started on, one
after another in one process, with the clock stopped; and what a terminal shows of that.
"""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pyte

NOW = datetime(2026, 11, 21, 12, tzinfo=ZoneInfo("Asia/Jakarta"))
HEIGHT = 400
MARK = "\x1e"
TYPED = "TYPED"

ARCHIVE = ("--archive", "news.db")
SCREENS: dict[str, tuple[str, ...]] = {
    "warta": ("--help",),
    "help": (),
    "help search": (),
    "help takedown": (),
    "show 29": ARCHIVE,
    "show 32": ARCHIVE,
    "show 999": ARCHIVE,
    "log 29": ARCHIVE,
    "diff 29": ARCHIVE,
    "changes": ARCHIVE,
    "changes --site suara --diff": ARCHIVE,
    "search batik": ARCHIVE,
    "search tidakada": ARCHIVE,
    "list --site rmol": ARCHIVE,
    "export stories.csv": ARCHIVE,
    "export --help": (),
    "export warc pages.warc.gz": ("--revisions", *ARCHIVE),
    "export parquet tables": ARCHIVE,
    "export pages.wacz": ARCHIVE,
    "explain 29": ARCHIVE,
    "stats": ARCHIVE,
    "stats --forecast": ARCHIVE,
    "clusters": ARCHIVE,
    "clusters --site Suar": ARCHIVE,
    "cluster 32": ARCHIVE,
    "cluster 32 --diff": ARCHIVE,
    "syndication": ARCHIVE,
    "sites": (),
    "sites check rmol": (),
    "config": (),
    "schedule": ARCHIVE,
    "health": ARCHIVE,
    "coverage --since 2026-11-15 --until 2026-11-20": ARCHIVE,
    "coverage --since 2026-11-15 --until 2026-11-20 --urls": ARCHIVE,
    "alerts": ARCHIVE,
    "alerts send": ARCHIVE,
    "alerts test": ARCHIVE,
    "import koleksi.csv": ("--archive", "imported.db"),
    "extract page.html --url https://www.suara.com/news/2026/11/20/071512/warga": ("--explain",),
    "clean page.txt": (),
    "reextract --dry-run": ("--all", "--site", "suara", *ARCHIVE),
    "clusters rebuild": ARCHIVE,
    "verify": ARCHIVE,
    "backup copy.db": ARCHIVE,
    "merge all.db news.db copy.db": ("-j", "1"),
    "restore copy.db --archive restored.db": (),
    "remove 32 --yes": ("--reason", "diminta oleh narasumber", "--defer-compact", *ARCHIVE),
    "compact": ARCHIVE,
    "corpus": (),
    "serch": (),
}
"""What is typed after `warta`, with what is not shown of it."""
_QUICKLY = ("-s", "DOWNLOAD_DELAY=0", "-s", "NOW=2026-11-20T12:00:00+00:00")
LONG_SCREENS: dict[str, tuple[str, ...]] = {
    "demo": (),
    "corpus build korpus --dry-run": ("--as-of", "2026-11-21", *ARCHIVE),
    "corpus build korpus": ("-j", "1", *ARCHIVE),
    "corpus build baru --opted-out keep": ("--test-after", "2026-11-19", "-j", "1", *ARCHIVE),
    "corpus explain baru 29": ARCHIVE,
    "corpus explain korpus 29": ARCHIVE,
    "corpus explain korpus 999": ARCHIVE,
    "corpus diff korpus baru": (),
    "corpus diff korpus baru --stories": (),
    "doctor suara": _QUICKLY,  # last: there is one crawl a process
}
"""The same, of what takes seconds; each but the demo's crawls in the same process."""


def run_all() -> None:
    """In a process of its own: run each command, after a mark, and say how it ended."""
    import time_machine

    from archive.database import sizes
    from archive.ledger import wording

    # Bytes depend on the versions of SQLite and of what compresses.
    wording.human_bytes = lambda count: "12.3 kB"
    sizes.bytes_by_kind = lambda _db: {"snapshots": 120_000, "text": 80_000, "other": 200_000}
    typed = json.loads(os.environ[TYPED])
    if LONG_SCREENS.keys().isdisjoint(typed):
        with time_machine.travel(NOW, tick=False):
            _run(typed)
    else:  # a reactor and a build wait for time to pass
        from scraper.cli.corpus import build
        from scraper.cli.rendering import terminal

        terminal._now = lambda: NOW
        shutil.which = _which
        build._SHOWN["sha256"] = lambda _digest: "0123456789ab"
        _run(typed)
    sys.stdout.write(MARK)


_really = shutil.which


def _which(name: str, **options: Any) -> str | None:
    """As if `warta` was installed."""
    return name if name == "warta" else _really(name, **options)


def _run(commands: Iterable[str]) -> None:
    from scraper.cli.main import main

    for typed in commands:
        sys.stdout.write(f"{MARK}{typed}{MARK}")
        sys.stdout.flush()
        words = [*typed.removeprefix("warta").split(), *(SCREENS | LONG_SCREENS)[typed]]
        with suppress(SystemExit):
            main(args=words, prog_name="warta")
        sys.stdout.flush()
        sys.stderr.flush()


def rendered(
    folder: Path, width: int, typed: Iterable[str] = SCREENS, **variables: str
) -> dict[str, str]:
    """Run commands in the folder on a terminal of that width; return what each wrote there."""
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, (HEIGHT, width))
    arrived: list[bytes] = []
    reader = Thread(target=_read_all, args=(outer, arrived))
    reader.start()
    done = subprocess.run(
        [sys.executable, "-m", "tests.scraper.cli.rendering"],
        cwd=folder,
        stdin=subprocess.DEVNULL,  # what asks would wait
        stdout=inner,
        stderr=inner,
        env=_environment() | variables | {TYPED: json.dumps([*typed])},
        check=False,
        timeout=120,
    )
    os.close(inner)
    reader.join()
    os.close(outer)
    text = b"".join(arrived).decode(errors="replace")
    assert done.returncode == 0, text
    _before, *parts = text.split(MARK)
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _environment() -> Mapping[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WARTA_", "LC_")) and name not in ("COLUMNS", "LINES", "NO_COLOR")
    }
    return kept | {
        "TERM": "xterm-256color",
        "TZ": "Asia/Jakarta",
        "PAGER": "cat",
        "LANG": "C.UTF-8",
    }


def _read_all(outer: int, arrived: list[bytes]) -> None:
    """Read until the other end is closed, which Linux reports as an error."""
    with suppress(OSError):
        while found := os.read(outer, 65_536):
            arrived.append(found)


def screen(written: str, width: int) -> str:
    """Return what a terminal of that width shows of what was written to it."""
    emulated = pyte.Screen(width, HEIGHT)
    pyte.Stream(emulated).feed(written)
    return "\n".join(line.rstrip() for line in emulated.display).rstrip() + "\n"


_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def lines(written: str) -> Iterator[str]:
    """Yield the lines that were written, without colours and redrawn bars."""
    for line in io.StringIO(_SEQUENCE.sub("", written).replace("\r\n", "\n")):
        yield line.rstrip("\n").rpartition("\r")[2]


if __name__ == "__main__":
    run_all()
