"""Finds the profiles of publishers: warta's own, those of installed packages, those in folders.

A profile that cannot be used never keeps the others from being used: it is reported, in a line that
names its file. Files and packages are programs, which are run as the user: a file or a folder in
which somebody else can write is refused.
"""

import ast
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from shlex import quote
from threading import RLock
from types import ModuleType

from archive.printable import one_line
from scraper.sites.folders import Folder, Folders
from scraper.sites.profile_checks import clashes, kind, problems, problems_of_name
from scraper.sites.profile_errors import ProfileError, explained
from scraper.sites.site import Site

GROUP = "warta.sites"
"""The entry points of packages: `NAME = "module:SITE"`."""
OWN = "warta"
"""Origin of the profiles that come with warta."""

_PACKAGE = "warta_sites"
"""Of the files of a folder while they are loaded: `from ._shared import LAYOUTS`."""
_OTHER_FILES = "files of something else begin with _ or belong elsewhere"
_OTHERS_MAY_WRITE = 0o002
_LOADING = RLock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A publisher that cannot be crawled, because its profile cannot be used."""

    name: str
    """Of the publisher; empty where a whole folder cannot be read."""
    origin: str
    """The file, or the package's entry point."""
    why: str
    """What is wrong with it, in one line; it may quote the file."""

    def __str__(self) -> str:
        return f"{self.origin}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishers:
    """All publishers that this process knows."""

    sites: dict[str, Site]
    """Name -> profile, in the order of the names."""
    origins: Mapping[str, str]
    """Name -> OWN, a file, or a package's entry point."""
    broken: tuple[Broken, ...]
    """Those whose profiles cannot be used."""
    by_domain: Mapping[str, Site]
    by_label: Mapping[str, Site]
    """Name or title in small letters -> profile."""

    def of_host(self, host: str) -> Site | None:
        """Return the profile that reads pages of a host; None for an unknown publisher."""
        while host:
            if (site := self.by_domain.get(host)) is not None:
                return site
            host = host.partition(".")[2]
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Where a profile is said to be."""

    name: str
    """As the file or the entry point says it; the profile has to have the same."""
    origin: str
    load: Callable[[], object]
    """Returns what should be its profile; raises whatever running the file raises."""


def publishers(own: Mapping[str, Site], folders: Folders) -> Publishers:
    """Return warta's own sites, and those of packages and folders, in this order.

    Of two that have a name or a domain in common the first stands; the other one is broken.
    """
    found, origins = dict(own), dict.fromkeys(own, OWN)
    broken: list[Broken] = []
    with _LOADING:
        for folder in (None, *folders):
            candidates = of_packages() if folder is None else of_folder(folder, broken)
            with _as_package(folder, broken):
                for candidate in candidates:
                    try:
                        found[candidate.name] = _loaded(candidate, found, origins)
                        origins[candidate.name] = candidate.origin
                    except ProfileError as error:
                        name, why = candidate.name, one_line(str(error))
                        broken.append(Broken(name=name, origin=candidate.origin, why=why))
    return Publishers(
        sites=dict(sorted(found.items())),
        origins=origins,
        broken=tuple(broken),
        by_domain={domain: site for site in found.values() for domain in site.domains},
        by_label={
            **{site.title.lower(): site for site in found.values()},
            **{site.name: site for site in found.values()},
        },
    )


def names(own: Iterable[str], folders: Folders) -> list[str]:
    """Return the names of all publishers, those of broken profiles included, and load none."""
    found = [*own, *(each.name for each in of_packages())]
    found += [each.name for folder in folders for each in of_folder(folder, [])]
    return sorted({name for name in found if not list(problems_of_name(name))})


def unread(folders: Folders) -> list[Broken]:
    """Return the folders of which no file can be read, and why."""
    broken: list[Broken] = []
    for folder in folders:
        of_folder(folder, broken)
    return broken


def of_packages() -> Iterator[Candidate]:
    """Yield what installed packages offer, in the order of their names."""
    found = [(_package_of(point), point) for point in _entry_points(tuple(sys.path))]
    for package, point in sorted(found, key=lambda pair: (pair[0], pair[1].name)):
        origin = f"{point.value} (package {package})"
        yield Candidate(name=point.name, origin=origin, load=partial(_imported, point))


@lru_cache(maxsize=1)
def _entry_points(_path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Look through the metadata of all packages that are installed on this path, once."""
    return tuple(entry_points(group=GROUP))


def _imported(point: EntryPoint) -> object:
    if point.pattern.match(point.value) is None:
        raise ProfileError("the entry point is no `module:SITE`")
    return point.load()


def _package_of(point: EntryPoint) -> str:
    if point.dist is not None:
        return str(point.dist.name)
    return "unknown"


def of_folder(folder: Folder, broken: list[Broken]) -> list[Candidate]:
    """Return a folder's files in the order of their names; `broken` gets why it cannot be read.

    Files that begin with `_` are no profiles: others may import them.
    """
    try:
        files = _files(folder)
    except (OSError, ProfileError) as error:
        why = explained(error, str(folder.path))
        broken.append(Broken(name="", origin=str(folder.path), why=why))
        return []
    return [
        Candidate(name=file.stem, origin=str(file), load=partial(_run, file, folder))
        for file in files
        if not file.name.startswith("_")
    ]


def _files(folder: Folder) -> list[Path]:
    """Return the Python files of a folder; none of one that is not there, unless it was named.

    Raises ProfileError where somebody else may write in it.
    """
    if not folder.named and not folder.path.is_dir():
        return []
    _check_owner(folder.path, folder)
    return sorted(
        file
        for file in folder.path.iterdir()
        if file.suffix == ".py" and not file.name.startswith(".")  # such as an editor's lock
    )


def _check_owner(path: Path, folder: Folder) -> None:
    """Raise ProfileError where somebody else may write what would be run, as ssh does; OSError
    where that cannot be said.
    """
    found = path.stat()
    if found.st_mode & _OTHERS_MAY_WRITE:
        raise ProfileError(f"all users may write it; `chmod o-w {quote(str(path))}`")
    if not folder.named and found.st_uid not in (0, os.geteuid()):
        raise ProfileError("it belongs to another user; name its folder to trust it")


def _loaded(candidate: Candidate, known: Mapping[str, Site], origins: Mapping[str, str]) -> Site:
    """Return the profile of a candidate; raises ProfileError with all that is wrong with it."""
    if wrong := [*problems_of_name(candidate.name)]:
        raise ProfileError("; ".join(wrong))
    try:
        with redirect_stdout(sys.stderr):  # ours is data
            found = candidate.load()
    except (Exception, SystemExit) as error:
        raise ProfileError(explained(error, candidate.origin)) from error
    site = getattr(found, "SITE", None) if isinstance(found, ModuleType) else found
    if type(site) is not Site:
        raise ProfileError(f"SITE has to be a Site of scraper.sites.site, and is {kind(site)}")
    wrong = [*problems(site, candidate.name)] or [*clashes(site, known, origins)]
    if wrong:
        raise ProfileError("; ".join(wrong))
    return site


def _run(file: Path, folder: Folder) -> object:
    """Run a file that defines SITE, and return the module; any other file is not run."""
    _check_owner(file, folder)
    tree = ast.parse(file.read_bytes(), str(file))
    if not any(map(_binds_site, ast.walk(tree))):
        raise ProfileError(f"it defines no SITE; {_OTHER_FILES}")
    name = f"{_PACKAGE}.{file.stem}"
    spec = spec_from_file_location(name, file)
    assert spec is not None
    module = sys.modules[name] = module_from_spec(spec)
    exec(compile(tree, str(file), "exec"), vars(module))  # noqa: S102 - a program of the user's
    return module


def _binds_site(node: ast.AST) -> bool:
    if isinstance(node, ast.alias):
        return (node.asname or node.name) == "SITE"
    return isinstance(node, ast.Name) and node.id == "SITE" and isinstance(node.ctx, ast.Store)


@contextmanager
def _as_package(folder: Folder | None, broken: list[Broken]) -> Iterator[None]:
    """Let a folder's files import those beside them that nobody else may write; afterwards no
    module is left of them. `broken` gets what begins with `_` and cannot be imported.
    """
    if folder is not None:
        spec = ModuleSpec(_PACKAGE, None, is_package=True)
        spec.submodule_search_locations = [str(folder.path)]
        sys.modules[_PACKAGE] = module_from_spec(spec)
        with suppress(OSError, ProfileError):  # reported already
            for file in _files(folder):
                _forbid_unsafe(file, folder, broken)
    try:
        yield
    finally:
        for name in [*sys.modules]:
            if name.partition(".")[0] == _PACKAGE:
                del sys.modules[name]


def _forbid_unsafe(file: Path, folder: Folder, broken: list[Broken]) -> None:
    try:
        _check_owner(file, folder)
    except (OSError, ProfileError) as error:
        sys.modules[f"{_PACKAGE}.{file.stem}"] = None  # type: ignore[assignment]  # halts imports
        if file.name.startswith("_"):
            broken.append(Broken(name="", origin=str(file), why=explained(error, str(file))))
