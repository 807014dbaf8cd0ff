"""The manual's recipe for the Hugging Face Hub, run as it stands against a stand-in on loopback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.corpus.output.summary import Summary
from tests.archive.corpus.hub import Hub, hub
from tests.archive.corpus.newsroom import documents, tree
from tests.documents import MANUAL, blocks

(PUSH,) = (block for block in blocks(MANUAL / "corpus.md") if "upload_folder" in block.text)

_LOAD = """import json, sys
from datasets import load_dataset
corpus = load_dataset("sari/korpus", revision=sys.argv[1])
print(json.dumps({split: list(rows["id"]) for split, rows in corpus.items()}))
"""


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub() as server:
        yield server


def run(code: str, *words: str, server: Hub, folder: Path) -> str:
    environment = os.environ | server.environment(str(folder / "hub"))
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_manuals_recipe_pushes_every_file_in_one_commit_and_removes_old_ones(
    judged: tuple[Path, Summary], server: Hub, tmp_path: Path
) -> None:
    shutil.copytree(judged[0], tmp_path / "korpus")
    server.files["data/train-00000-of-00007.parquet"] = b"of an earlier version"
    run(PUSH.text, server=server, folder=tmp_path)
    assert server.unknown == []
    assert server.created[0]["visibility"] == "private"
    assert len(server.commits) == 1
    pushed = tmp_path / "pushed"
    for name, content in server.files.items():
        (pushed / name).parent.mkdir(parents=True, exist_ok=True)
        (pushed / name).write_bytes(content)
    assert tree(pushed) == tree(judged[0])
    digests = {
        file["path"]: file["sha256"] for file in json.loads(server.files["manifest.json"])["files"]
    }
    assert digests.items() <= tree(pushed).items()
    loaded = json.loads(run(_LOAD, server.head, server=server, folder=tmp_path))
    ids = {split: [row["id"] for row in documents(judged[0], split)] for split in loaded}
    assert loaded == ids
    assert sum(map(len, loaded.values())) == judged[1].exported
