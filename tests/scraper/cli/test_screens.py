"""Every command on terminals of 20, 60, 80 and 120 columns, compared with kept screens.

After a change that is meant, `pytest tests/scraper/cli/test_screens.py --keep-screens` keeps what
the commands show now in `screens/`; read the difference before it is committed.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.cells import cell_len

from scraper.cli.demo.proxy import Answers, ReplayProxy
from scraper.cli.demo.world import world
from scraper.cli.main import COMMANDS
from tests.scraper.cli.rendering import LONG_SCREENS, SCREENS, lines, rendered, screen
from tests.scraper.crawling.conftest import environment, serve

__all__ = ["serve"]

KEPT = Path(__file__).parent / "screens"
WIDTHS = (20, 60, 80, 120)
VARIANTS = {
    "NO_COLOR": {"NO_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
    "ascii": {"PYTHONIOENCODING": "ascii", "LANG": "C", "LC_ALL": "C"},
}
PLAINLY = (
    "help",
    "show 29",
    "diff 29",
    "search batik",
    "explain 29",
    "stats",
    "cluster 32 --diff",
    "clean page.txt",
    "serch",
)
"""What is tried in each of VARIANTS."""
ELSEWHERE = {
    "metrics": "prints for Prometheus, not for people",
    "page": "prints bytes",
    "serve": "tests/scraper/web/test_serve_command.py",
    "datasette": "prints JSON for Datasette",
    "crawl": "its end is part of what `demo` shows",
    "fleet": "tests/fleet/test_commands_of_a_fleet.py",
}
"""Commands without a screen, and why."""

Serve = Callable[[Answers], ReplayProxy]
Rendered = dict[int | str, dict[str, str]]
"""Width or variant -> what was typed -> what was written to the terminal."""


@pytest.fixture(scope="module")
def shown(demo: tuple[Path, ReplayProxy], tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    archive, _proxy = demo

    def run(name: int | str) -> dict[str, str]:
        folder = tmp_path_factory.mktemp(f"screens{name}")
        shutil.copy(archive, folder / "news.db")
        _write_inputs(folder)
        if isinstance(name, int):
            return rendered(folder, name)
        return rendered(folder, 80, PLAINLY, **VARIANTS[name])

    names = [*WIDTHS, *VARIANTS]
    with ThreadPoolExecutor(2) as threads:
        return dict(zip(names, threads.map(run, names), strict=True))


def _write_inputs(folder: Path) -> None:
    text = "Warga desa membersihkan saluran irigasi sepanjang dua kilometer pada Minggu pagi."
    page = f"<html><body><article><h1>Warga Bersihkan Irigasi</h1><p>{text}</p></article></body>"
    (folder / "page.html").write_text(page)
    (folder / "page.txt").write_text(f"{text}\n\nBaca juga: Panen raya\n")
    rows = f"url,title,content\nhttps://kabar.example/1,Irigasi,{text * 3}\n,,\n"
    (folder / "koleksi.csv").write_text(rows)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_each_command_shows_what_was_kept(
    shown: Rendered, width: int, request: pytest.FixtureRequest
) -> None:
    found = {typed: screen(written, width) for typed, written in shown[width].items()}
    _compare(found, KEPT / f"{width}.txt", request)


@pytest.mark.slow
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_demo_a_corpus_and_an_examination_show_what_was_kept(
    width: int,
    demo: tuple[Path, ReplayProxy],
    serve: Serve,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    shutil.copy(demo[0], tmp_path / "news.db")
    given = {name: value for name, value in environment(serve(world(1))).items() if "prox" in name}
    shown = rendered(tmp_path, width, LONG_SCREENS, **given)
    for typed, written in shown.items():
        assert "Traceback" not in written, typed
        for line in lines(written):
            assert cell_len(line) <= width or " " not in line.strip(), (typed, line)
    found = {typed: screen(written, width) for typed, written in shown.items()}
    _compare(found, KEPT / f"long-{width}.txt", request)


def _compare(found: dict[str, str], file: Path, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--keep-screens"):
        file.write_text("\n".join(f"$ warta {typed}\n{text}" for typed, text in found.items()))
    parts = re.split(r"^\$ warta (.*)\n", file.read_text("utf-8"), flags=re.MULTILINE)[1:]
    kept = {
        typed: f"{text.rstrip()}\n" for typed, text in zip(parts[::2], parts[1::2], strict=True)
    }
    assert list(found) == list(kept)
    for typed, text in found.items():
        assert text == kept[typed], typed


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(shown: Rendered, width: int) -> None:
    for typed, written in shown[width].items():
        for line in lines(written):
            # An address may be broken by the terminal, so that it is copied whole.
            assert cell_len(line) <= width or " " not in line.strip(), (typed, line)


SHORT = re.compile(
    r"\b(?:islamtimes|medcom|republika|rmol|suara)\b(?![./])"
    r"|\d\d? [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d"
)


@pytest.mark.parametrize("width", [60, 80])
def test_sites_and_times_are_never_broken(shown: Rendered, width: int) -> None:
    """A narrow terminal shows as many as a wide one: of bands of columns, each with its site."""
    for typed in SCREENS:
        wide, narrow = (
            Counter(SHORT.findall("\n".join(lines(shown[columns][typed]))))
            for columns in (120, width)
        )
        assert all(narrow[each] >= count for each, count in wide.items()), typed


@pytest.mark.parametrize("name", [*WIDTHS, *VARIANTS])
def test_no_command_fails_with_a_traceback(shown: Rendered, name: int | str) -> None:
    assert list(shown[name]) == list(SCREENS if isinstance(name, int) else PLAINLY)
    for typed, written in shown[name].items():
        assert written.strip(), typed
        assert "Traceback" not in written, typed


def test_without_colours_edits_are_marked(shown: Rendered) -> None:
    for name in ("NO_COLOR", "dumb"):
        written = " ".join(" ".join(lines(shown[name]["diff 29"])).split())
        assert "[-Warga Cikaranda Bersihkan -]Saluran Irigasi" in written
    assert "{+" not in shown[80]["diff 29"]
    for typed, written in shown["NO_COLOR"].items():
        assert not re.search(r"\x1b\[[0-9;]*[34]\d", written), typed


def test_a_dumb_terminal_gets_no_sequence(shown: Rendered) -> None:
    for typed, written in shown["dumb"].items():
        assert "\x1b" not in written, typed


def test_where_only_ascii_is_shown_other_letters_are_approximated(shown: Rendered) -> None:
    for typed, written in shown["ascii"].items():
        assert written.isascii(), typed
    assert "persen dibandingkan..." in shown["ascii"]["search batik"]


def test_each_command_has_a_screen() -> None:
    assert {typed.split()[0] for typed in SCREENS | LONG_SCREENS} | {*ELSEWHERE} >= {*COMMANDS}
