"""What a command imports before it answers: seconds differ from computer to computer, modules do
not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive import Archive
from scraper.cli.main import GROUPS
from tests.scraper.cli.every_command import EVERY_COMMAND, SERVES, words
from tests.scraper.cli.library import fill

pytestmark = pytest.mark.xdist_group("startup")  # the commands run once, for all tests

HEAVY = {
    "babel",
    "chompjs",
    "cryptography",
    "cssselect",
    "datatrove",
    "jinja2",
    "lxml",
    "matplotlib",
    "numpy",
    "pandas",
    "phonenumbers",
    "prometheus_client",
    "protego",
    "py3langid",
    "pyarrow",
    "pydantic",
    "requests",
    "scrapy",
    "spacy",
    "trafilatura",
    "twisted",
    "scraper.crawling",
    "scraper.extraction",
    "scraper.spiders.rmol",
}
"""Each of them costs a twentieth of a second and more; reading an archive needs none."""

CONFIGURED = {"pydantic"}
"""What the configuration needs."""

ALLOWED = {
    "sites": {"scraper.spiders.rmol"},
    "health": CONFIGURED,
    "schedule show": CONFIGURED,
    "schedule cron": CONFIGURED,
    "schedule systemd": CONFIGURED,
    "config": {*CONFIGURED, "scraper.spiders.rmol"},
    "export parquet": {"numpy", "pandas", "pyarrow"},
    "corpus explain": {"numpy", "pyarrow"},
    "corpus diff": {"numpy", "pyarrow"},
}
"""Command -> what it needs of these. pyarrow imports NumPy wherever it finds it."""

READS = [
    *(
        name
        for name in EVERY_COMMAND
        if name.split()[0] in GROUPS["Read"] and "rebuild" not in name and name not in SERVES
    ),
    *(name for name in ALLOWED if not name.startswith("export")),
    "coverage",
    "alerts list",
    "verify",
    "backup",
    "help",
]

# Forks of a process that has imported what `warta` imports before it knows its command: as fresh
# as processes of their own, and much quicker.
_EACH_ALONE = """
import json, os, sys
from scraper.cli.main import main
found = []
for words in json.loads(sys.argv[1]):
    begin, end = os.pipe()
    if os.fork() == 0:
        os.close(begin)
        try:
            main(words)
        except SystemExit as exit:
            os.write(end, json.dumps([exit.code, list(sys.modules)]).encode())
        os._exit(0)
    os.close(end)
    with open(begin) as answer:
        found.append(json.load(answer))
    os.wait()
print(json.dumps(found), file=sys.stderr)
"""


_CORPUS = {
    "as_of": "2026-11-20T00:00:00+00:00",
    "archive_digest": "0",
    "recipe": {},
    "versions": {},
}


def _write_corpus(folder: Path) -> None:
    """Write the files of a small corpus, whose one story has the key 1, for what reads one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "korpus" / "data").mkdir(parents=True)
    (folder / "korpus" / "manifest.json").write_text(json.dumps(_CORPUS))
    row = {
        "id": "kabar:kabar-1",
        "url": "https://kabar.example/1",
        "site": "kabar",
        "text": "Panen",
    }
    for name in ("dropped.parquet", "data/train-00000-of-00001.parquet"):
        pq.write_table(pa.Table.from_pylist([row]), folder / "korpus" / name)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Command -> what it has imported of HEAVY when it ends."""
    folder = tmp_path_factory.mktemp("startup")
    with Archive(folder / "news.db") as archive:
        fill(archive)
    _write_corpus(folder)
    commands = {"--version": ["--version"], "--help": ["--help"]}
    commands |= {name: [*name.split(), *words(name)] for name in READS}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("WARTA_")}
    done = subprocess.run(
        [sys.executable, "-c", _EACH_ALONE, json.dumps(list(commands.values()))],
        cwd=folder,
        env=plain,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stderr.splitlines()[-1])
    found = {}
    for command, (code, modules) in zip(commands, answers, strict=True):
        assert code in (0, 3), command
        found[command] = HEAVY.intersection(modules)
    return found


def test_the_list_of_commands_and_the_version_import_nothing_heavy(
    loaded: dict[str, set[str]],
) -> None:
    assert loaded["--version"] == loaded["--help"] == set()


@pytest.mark.parametrize("command", READS)
def test_what_reads_an_archive_imports_nothing_heavy_that_it_does_not_need(
    loaded: dict[str, set[str]], command: str
) -> None:
    assert loaded[command] <= ALLOWED.get(command, set())


@pytest.mark.parametrize("command", ALLOWED)
def test_what_is_allowed_is_needed(loaded: dict[str, set[str]], command: str) -> None:
    assert loaded[command] == ALLOWED[command]


def test_python_m_imports_nothing_from_the_working_folder(tmp_path: Path) -> None:
    for name in ("archive", "click", "logging", "json", "typing", "pathlib", "scrapy"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('the {name}.py of the folder')")
    done = subprocess.run(
        [sys.executable, "-m", "scraper", "sites", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert "suara" in done.stdout
