"""What README, CONTRIBUTING, CHANGELOG and the manual say is true: their blocks run, the files and
commands that they name exist.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from archive import Archive
from scraper.cli.demo.proxy import ReplayProxy
from scraper.cli.help_command import TOPICS
from scraper.cli.main import main
from tests import house
from tests.archive.corpus.newsroom import in_this_process
from tests.documents import DOCUMENTS, MANUAL, ROOT, blocks, commands, inline_commands, paths
from tests.preloaded import warta

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
RUN = [path for path in DOCUMENTS if any(block.runs for block in blocks(path))]
PAGE = ROOT / "tests/scraper/sites/cases/suara/s5-current.html"
ADDRESS = "https://www.suara.com/news/2026/11/20/071512/warga-bersihkan-irigasi"
STORY = {
    "title": "Warga Bersihkan Irigasi",
    "publish_date": "2026-11-20",
    "link": ADDRESS,
    "source": "suara.com",
    "content": "Warga membersihkan saluran irigasi sejak pagi.\n\nAir kembali mengalir ke sawah.",
}
GOOD = (0, 3)  # 3: done, but something needs attention


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WARTA_")}
    search = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return kept | {"PYTHONPATH": search, "WARTA_LOCKS": os.environ["WARTA_LOCKS"]}


@pytest.fixture(scope="module")
def filled(demo: tuple[Path, ReplayProxy], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the archive of the demo, and files like those that the documents name."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copy(demo[0], folder / "news.db")
    shutil.copy(PAGE, folder / "page.html")
    files = {
        "page.txt": STORY["content"],
        "pages.jsonl": json.dumps({"url": ADDRESS, "html": "page.html"}),
        "koleksi.jsonl": json.dumps(STORY),
        "soal.jsonl": json.dumps({"soal": " ".join(map(str, range(20)))}),
        "news-watch-ihsg-20261120_09.csv": _csv(STORY),
        "articles.csv": _csv(STORY),
        "arsip.csv": _csv(
            {"url": ADDRESS, "judul": "Irigasi", "artikel": "Air.", "tanggal": "20/11/2026"}
        ),
    }
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n", "utf-8")
    shim = folder / "bin/warta"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m scraper "$@"\n')
    shim.chmod(0o700)
    return folder


def _csv(row: dict[str, str]) -> str:
    return (
        ",".join(row)
        + "\n"
        + ",".join(json.dumps(text).replace("\\n", "\n") for text in row.values())
    )


@pytest.mark.processes
@pytest.mark.xdist_group("documents")  # beside the other tests of the demo, which take as long
@pytest.mark.parametrize("document", RUN, ids=lambda path: path.stem)
def test_the_blocks_of_a_document_run(
    document: Path, filled: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(filled, folder)
    environment = environment | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    for block in blocks(document):
        if not block.runs:
            continue
        if block.language == "python":
            _run([sys.executable, "-c", block.text], folder, environment)
            continue
        for line in block.text.replace("\\\n", "").splitlines():
            _run_line(_filled_in(line, folder), folder, environment)


def _filled_in(line: str, folder: Path) -> str:
    """The line with a story and a time of the demo in place of URL and TIME."""
    wanted = "cluster_id IS NOT NULL" if line.startswith("warta cluster ") else "revision > 1"
    with closing(sqlite3.connect(folder / "news.db")) as db:
        (url,) = db.execute(
            f"SELECT url FROM latest WHERE {wanted} AND removed_at IS NULL LIMIT 1"
        ).fetchone() or ("",)
    line = re.sub(r"\bURL\b", url, line)
    return re.sub(r"\bTIME\b", datetime.now(UTC).isoformat(timespec="seconds"), line)


def _run_line(line: str, folder: Path, environment: dict[str, str]) -> None:
    words = shlex.split(line, comments=True)
    if not words:
        return
    written = words[-1] if words[-2:-1] == [">"] else None
    command = words[:-2] if written else words
    if command[0] == "warta" and not {">", "|", "&&"} & set(command):
        if command[1:3] == ["corpus", "build"]:
            _build(command[1:], folder, environment)
            return
        done = warta(*command[1:], environment=environment, cwd=folder)
        assert done.returncode in GOOD, f"{line}\n{done.stderr}"
        if written:
            (folder / written).write_text(done.stdout, "utf-8")
        return
    _run(["bash", "-euo", "pipefail", "-c", line], folder, environment)


def _build(words: list[str], folder: Path, environment: dict[str, str]) -> None:
    """A corpus is built in this process, which has imported what judges a text: each further one
    takes seconds to do so.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        patch.setattr("archive.corpus.executors.readers", in_this_process)
        done = CliRunner().invoke(main, words)
    assert done.exit_code in GOOD, f"{words}\n{done.output}"


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in GOOD, f"{command[-1]}\n{done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_every_block_runs_or_says_why_not(document: Path) -> None:
    for block in blocks(document):
        if block.language in ("sh", "python") and not block.runs:
            assert re.fullmatch(r"not run: .+|tests: .+", block.mark or ""), block.text


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_every_command_and_option_of_a_document_exists(document: Path) -> None:
    for words in [*commands(document), *inline_commands(document)]:
        if words[0].isupper():  # `warta COMMAND --help`
            continue
        command: click.Command = main
        rest = words
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            assert rest[0] in command.commands or command.invoke_without_command, words
            if rest[0] not in command.commands:  # the file of `warta export`
                break
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_parser(click.Context(command)).parse_args(
            [word for word in rest if word != "..."]
        )


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    for name in paths(document):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), target


def test_the_manual_has_a_file_for_each_topic_and_the_readme_links_it() -> None:
    assert {path.stem for path in MANUAL.glob("*.md")} == set(TOPICS)
    readme = (ROOT / "README.md").read_text("utf-8")
    for topic in TOPICS:
        assert f"(scraper/cli/help/{topic}.md)" in readme, topic


def test_the_manual_lists_the_columns_of_the_public_views(path: Path) -> None:
    listed = re.findall(
        r"^\| `(\w+)` \| [^|]+ \| (\w+(?:, \w+)+) \|$",
        (MANUAL / "archive.md").read_text("utf-8"),
        re.M,
    )
    assert [view for view, _columns in listed] == ["latest", "history", "syndication", "ledger"]
    with Archive(path) as archive:
        for view, columns in listed:
            found = archive.db.conn.execute(f"SELECT * FROM {view}").description
            assert columns.split(", ") == [name for name, *_rest in found]


def test_the_manual_names_every_command() -> None:
    text = (MANUAL / "commands.md").read_text("utf-8")
    for name in main.commands:
        assert re.search(rf"`{name}[ `]", text), name


def test_every_topic_that_a_document_refers_to_exists() -> None:
    for document in DOCUMENTS:
        for topic in re.findall(r"warta help ([a-z-]+)", document.read_text("utf-8")):
            assert topic in TOPICS, f"{document.name}: {topic}"


def test_the_readme_can_be_read_in_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("package", house.PACKAGES)
def test_contributing_draws_the_rooms_and_imports_of_a_package(package: str) -> None:
    assert {room for floor in house.floors(package) for room in floor} == house.rooms(package)
    assert house.drawn(package) in CONTRIBUTING.read_text("utf-8"), house.drawn(package)


WALK = re.findall(r"^\| \d+ \| `([^`]+)` \| `([^`]+)` \|", CONTRIBUTING.read_text("utf-8"), re.M)


def test_the_walk_of_a_page_enters_few_rooms_and_returns_to_none_more_than_twice() -> None:
    rooms = [file.split("/")[1] for file, _function in WALK]
    visits = Counter(room for room, _steps in groupby(rooms))
    assert len(visits) <= 13
    assert max(visits.values()) <= 3


def test_the_walk_of_a_page_names_functions_that_exist() -> None:
    assert len(WALK) >= 10
    for file, function in WALK:
        source = (ROOT / file).read_text("utf-8")
        for name in function.split("."):
            assert re.search(rf"^ *(?:async def|def|class) {name}\b", source, re.M), (
                f"{file}: {function}"
            )


def test_every_folder_that_is_a_room_is_named_in_contributing() -> None:
    text = CONTRIBUTING.read_text("utf-8")
    for package in house.PACKAGES:
        for path in (ROOT / package).glob("*/__init__.py"):
            assert f"`{package}/{path.parent.name}/`" in text, path
