"""Who counts the tokens of a text: spaCy, a `tokenizer.json`, or a model of the Hub by its name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from archive.corpus.filters.tokens import Words
from archive.corpus.tokenizers import SPACY, find_tokenizer
from archive.errors import CorpusError
from archive.identity import bytes_digest
from scraper.cli.main import main
from tests.archive.corpus.hub import REPOSITORY, hub
from tests.archive.corpus.newsroom import built, documents, tree

TEXT = "Harga beras di Pasar Randu naik, kata Wening."


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer of single characters, with the limits and marks of a model."""
    letters = {chr(code): number for number, code in enumerate(range(32, 127))}
    made = Tokenizer(models.BPE({"?": 999, "[CLS]": 998} | letters, [], unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.TemplateProcessing("[CLS] $A", special_tokens=[("[CLS]", 998)])
    made.enable_truncation(5)
    made.enable_padding(length=700)
    path = tmp_path_factory.mktemp("model") / "tokenizer.json"
    made.save(str(path))
    return path


def test_spacy_counts_words_and_punctuation_marks() -> None:
    assert find_tokenizer("spacy-id") is SPACY
    assert SPACY.count(TEXT) == len(Words().word_tokenize(TEXT)) == 10
    assert SPACY.as_dict() == {"name": "spacy-id", "sha256": None}


def test_a_file_counts_as_a_model_without_its_limits_and_marks(file: Path) -> None:
    found = find_tokenizer(str(file))
    assert found.count(TEXT) == len(TEXT.replace(" ", ""))
    assert found.as_dict() == {"name": "tokenizer.json", "sha256": bytes_digest(file.read_bytes())}
    assert find_tokenizer(str(file.parent)) == found


@pytest.mark.parametrize("jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_a_corpus_names_the_tokenizer_that_counted(
    fates: Path, file: Path, tmp_path: Path, jobs: int | None
) -> None:
    out = tmp_path / "out"
    tokenizer = find_tokenizer(str(file))
    summary = built(fates, out, tokenizer=tokenizer)
    for row in documents(out):
        assert row["token_count"] == len("".join(row["text"].split()))
    assert summary.tokens == sum(row["token_count"] for row in documents(out))
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["recipe"]["tokenizer"] == tokenizer.as_dict()
    assert "tokenizers" in manifest["versions"]
    card = (out / "README.md").read_text("utf-8")
    assert "by `tokenizer.json` |" in card
    assert "--tokenizer tokenizer.json" in card
    copy = tmp_path / "elsewhere" / "tokenizer.json"
    copy.parent.mkdir()
    shutil.copy(file, copy)
    built(fates, tmp_path / "again", tokenizer=find_tokenizer(str(copy)), jobs=jobs)
    assert tree(tmp_path / "again") == tree(out)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("tidak-ada.json", "cannot be read: No such file"),
        ("rusak.json", "is no tokenizer.json"),
        ("kosong", "cannot be read: No such file"),
        ("tanpa-pemilik", "neither a file here nor reachable on Hugging Face"),
        ("bukan/nama/model", "expected spacy-id, a tokenizer.json, or the name of a model"),
    ],
)
def test_what_is_no_tokenizer_is_one_sentence(
    fates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rusak.json").write_text('{"model": 3}')
    (tmp_path / "kosong").mkdir()
    with pytest.raises(CorpusError, match=message):
        find_tokenizer(given)
    words = ["corpus", "build", "out", "--archive", str(fates), "--tokenizer", given]
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 1
    assert shown.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


_FIND = """import sys
from archive.corpus.tokenizers import find_tokenizer
from archive.errors import CorpusError
for name in sys.argv[1:]:
    try:
        print(find_tokenizer(name).as_dict())
    except CorpusError as error:
        print(error)
"""


def test_a_model_of_the_hub_is_downloaded_once_and_then_read_without_the_network(
    file: Path, tmp_path: Path
) -> None:
    with hub() as server:
        server.files["tokenizer.json"] = file.read_bytes()
        environment = os.environ | server.environment(str(tmp_path))
        found, missing = _found(REPOSITORY, "sari/lain", environment=environment)
    sha256 = bytes_digest(file.read_bytes())
    assert found == str({"name": REPOSITORY, "sha256": sha256})
    assert missing.startswith("tokenizer sari/lain: 404 ")
    offline = environment | {"HF_HUB_OFFLINE": "1"}
    again, missing = _found(REPOSITORY, "sari/lain", environment=offline)
    assert again == found
    assert missing.startswith("tokenizer sari/lain: ")


def test_a_hub_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    with hub() as server:
        environment = os.environ | server.environment(str(tmp_path))
    (missing,) = _found("sari/lain", environment=environment)
    assert missing == "tokenizer sari/lain: neither a file here nor reachable on Hugging Face"


def _found(*names: str, environment: dict[str, str]) -> list[str]:
    """What is found for each name, a line each, in a process that knows only this Hub."""
    search = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _FIND, *names]
    done = subprocess.run(
        command, env=environment | search, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()
