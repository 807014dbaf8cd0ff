"""Commands that need more packages than warta itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from archive.errors import PackageMissing


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Inside, packages of an extra are imported; one that is not there has its one line
    (PackageMissing).
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("archive", "scraper"):
            raise
        raise PackageMissing(
            f"this needs more packages ({error.name} is missing): pip install 'warta[{extra}]'"
        ) from error
