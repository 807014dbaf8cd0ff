"""Bars on stderr: data goes where stdout goes, and messages stand above the bars."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

PAGE = (
    "<html><body><article><h1>Irigasi</h1><p>Warga desa membersihkan saluran.</p></article></body>"
)


def test_data_reaches_its_file_while_a_bar_is_shown(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    line = json.dumps({"url": "https://kabar.example/1", "html": "page.html"})
    (tmp_path / "pages.jsonl").write_text(f"{line}\nnone\n{line}\n")
    outer, inner = pty.openpty()
    with (tmp_path / "out.jsonl").open("wb") as out:
        words = ["extract", "--manifest", "pages.jsonl"]
        done = subprocess.Popen(
            [sys.executable, "-m", "scraper", *words],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=inner,
            env=os.environ | {"TERM": "xterm-256color"},
        )
        os.close(inner)
        shown = b""
        with suppress(OSError):
            while found := os.read(outer, 65_536):
                shown += found
        os.close(outer)
        assert done.wait(60) == 1  # a line of the manifest is none
    rows = [json.loads(row) for row in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row.get("headline") for row in rows] == ["Irigasi", None, "Irigasi"]
    assert "extracting" in shown.decode()
    assert "\r\x1b[2Kpages.jsonl:2: expected" in shown.decode()  # the bar gave way
