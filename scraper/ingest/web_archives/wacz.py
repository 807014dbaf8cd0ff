"""What a WACZ says of the files in it: the digests of its datapackage.json."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

MAX_PACKAGE = 16 * 1024 * 1024
"""Bytes of a datapackage.json that are read."""
CHUNK = 1024 * 1024

_ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


def declared_digests(packed: zipfile.ZipFile) -> Mapping[str, str]:
    """Return name -> digest, like `sha256:` and its value in base 16; empty where none is said."""
    try:
        with packed.open("datapackage.json") as file:
            resources = json.loads(file.read(MAX_PACKAGE))["resources"]
        return {str(each["path"]): str(each["hash"]) for each in resources if "hash" in each}
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, ValueError):
        return {}
    except (LookupError, TypeError, RuntimeError):  # another form; encrypted, or nested too deep
        return {}


def has_other_bytes(path: Path, start: int, length: int, digest: str | None) -> bool:
    """Whether a part of a file has another digest than is said, if one is."""
    algorithm, _colon, wanted = (digest or "").partition(":")
    if algorithm not in _ALGORITHMS:
        return False
    found = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (data := file.read(min(CHUNK, length))):
            found.update(data)
            length -= len(data)
    return found.hexdigest() != wanted.lower()
