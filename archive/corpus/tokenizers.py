"""The tokenizer of the column `token_count`: spaCy's, or one of Hugging Face by file or name."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archive.corpus.filters.tokens import Words
from archive.errors import CorpusError

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Loaded

DEFAULT = "spacy-id"
"""spaCy's blank Indonesian pipeline, by which the filters count words and punctuation marks."""

FILE = "tokenizer.json"
"""What every model on the Hub calls its tokenizer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenizer:
    """What counts the tokens of a text."""

    name: str = DEFAULT
    """As manifest and card show it: DEFAULT, a name on the Hub, or a file's name."""
    path: Path | None = None
    """Its `tokenizer.json`, absolute; None for DEFAULT."""
    sha256: str | None = None
    """Of that file, hexadecimal."""

    def as_dict(self) -> dict[str, str | None]:
        """Return its name and digest, without its path."""
        return {"name": self.name, "sha256": self.sha256}

    def count(self, text: str) -> int:
        """Return the number of tokens, without those that mark a text's beginning and end."""
        if self.path is None:
            return len(Words().word_tokenize(text))
        return len(_loaded(self.path).encode(text, add_special_tokens=False).ids)


SPACY = Tokenizer()


def find_tokenizer(given: str) -> Tokenizer:
    """Return DEFAULT, that of a file or of a model's folder, or that of a model on the Hub.

    What the Hub's cache on this machine holds is not downloaded again. Raises CorpusError.
    """
    if given == DEFAULT:
        return SPACY
    local = Path(given)
    if local.is_dir():
        local /= FILE
    if local.is_file() or local.suffix == ".json":
        name, path = local.name, local.absolute()
    else:
        name, path = given, _from_hub(given)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"tokenizer {path}: cannot be read: {error.strerror}") from error
    _loaded(path)
    return Tokenizer(name=name, path=path, sha256=hashlib.sha256(content).hexdigest())


def _from_hub(name: str) -> Path:
    """Return the file of a model: that of the Hub's cache on this machine, else a download."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        with suppress(LocalEntryNotFoundError):
            return Path(hf_hub_download(name, FILE, local_files_only=True))
        if "/" in name and _reachable(name):
            return Path(hf_hub_download(name, FILE))
        why = "neither a file here nor reachable on Hugging Face"
    except HFValidationError:
        why = (
            "expected spacy-id, a tokenizer.json, or the name of a model like indobenchmark/indogpt"
        )
    except OSError as error:
        why = str(error).strip().partition("\n")[0] or type(error).__name__
    raise CorpusError(f"tokenizer {name}: {why}")


def _reachable(name: str) -> bool:
    """Whether the Hub answers, by one request: a download tries for half a minute, and logs that.

    Raises OSError where its answer is that there is no such file.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    try:
        get_hf_file_metadata(hf_hub_url(name, FILE))
    except OSError:
        raise
    except Exception:
        return False
    return True


@cache
def _loaded(path: Path) -> "Loaded":
    """Load a file, once per process, without the limits of a model's input."""
    try:
        from tokenizers import Tokenizer as Loaded
    except ModuleNotFoundError as error:
        raise CorpusError("--tokenizer needs tokenizers: pip install tokenizers") from error
    try:
        found = Loaded.from_file(str(path))
    except Exception as error:  # the library raises no narrower class
        raise CorpusError(f"tokenizer {path}: is no tokenizer.json: {error}") from error
    found.no_truncation()
    found.no_padding()
    return found
