"""Which folders hold profiles of the user's own, for this process.

The command line knows the configuration and the archive, and says them with `using`. Commands that
it starts are given both, and find the same; processes that it forks inherit what was loaded; those
that it spawns `adopt` it. Whoever uses warta as a library has the environment's.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from platformdirs import user_config_path

VARIABLE = "WARTA_SITES_FOLDER"
NAME = "sites"
"""Of the folder beside the archive, and of the one in the user's configuration folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder with profiles; nothing is read before they are needed."""

    path: Path
    """Absolute."""
    named: bool = False
    """Whether the user named it: then it has to exist, and may belong to another user."""


Folders = tuple[Folder, ...]


def folders(named: Path | None, archive: Path | None) -> Folders:
    """Return the folder that the user named, else the usual ones: first that beside the archive."""
    if named is not None:
        return (Folder(path=_absolute(named), named=True),)
    beside = [] if archive is None else [_absolute(archive).parent / NAME]
    usual = dict.fromkeys([*beside, user_config_path("warta") / NAME])
    return tuple(Folder(path=path) for path in usual)


def _absolute(path: Path) -> Path:
    try:
        return path.absolute()
    except FileNotFoundError:  # the working folder was deleted
        return path


def of_environment(archive: Path | None = None) -> Folders:
    """Return the folders where no command line says them: the environment does, or an archive."""
    said = [os.environ.get(name, "") for name in (VARIABLE, "WARTA_ARCHIVE", "XDG_CONFIG_HOME")]
    return _of_variables(archive, *said, str(_absolute(Path())))


@lru_cache(maxsize=8)
def _of_variables(archive: Path | None, named: str, usual: str, *_others: str) -> Folders:
    """As above; the other variables are what the result depends on, too."""
    beside = Path(usual) if archive is None and usual else archive
    return folders(Path(named) if named else None, beside)


_find: Callable[[], Folders] | None = None
_adopted: Folders | None = None
_turn = 0
"""Counts the blocks of `using`: each command reads the files anew."""


def are_known() -> bool:
    """Whether a command line, or whoever called `adopt`, says the folders of this process."""
    return _find is not None or _adopted is not None


def current() -> tuple[Folders, int]:
    """Return the folders of this process, whichever thread calls, and a number that changes when
    what was loaded from them is no longer to be used.
    """
    if _find is not None:
        return _find(), _turn
    return of_environment() if _adopted is None else _adopted, _turn


def adopt(found: Folders | None) -> None:
    """Take these folders in a process that no command line informs: one that was spawned, or of
    another program. With None, those of the environment again.
    """
    global _adopted, _turn
    _adopted, _turn = found, _turn + 1


@contextmanager
def using(find: Callable[[], Folders]) -> Iterator[None]:
    """Take the folders that `find` returns whenever they are needed, until the end of the block."""
    global _find, _turn
    before, _find, _turn = _find, find, _turn + 1
    try:
        yield
    finally:
        _find, _turn = before, _turn + 1
