"""Reads the configuration: option, variable, file, default, in this order; and remembers where each
value came from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scraper.configuration import variables
from scraper.configuration.errors import ConfigurationError, Key, complaint, unknown_site
from scraper.configuration.keys import Configuration
from scraper.configuration.lines import lines_of
from scraper.configuration.rhythm import checked, shortest_gap

NAME = "warta.toml"
_PATHS = (("archive",), ("metrics", "file"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration, and where it came from."""

    configuration: Configuration = field(default_factory=Configuration)
    file: Path | None = None
    origins: Mapping[Key, str] = field(default_factory=dict)
    """What gave each key that is no default: "warta.toml:12", or the name of a variable."""
    remarks: tuple[str, ...] = ()
    """Sentences on variables that are none."""

    def origin(self, key: Key) -> str:
        """Where a value comes from."""
        return self.origins.get(key, "default")


def load(option: Path | None, environment: Mapping[str, str], sites: Sequence[str]) -> Loaded:
    """The configuration that the option names, else WARTA_CONFIG, else ./warta.toml where there is
    one.

    Raises ConfigurationError with a line for each thing that is wrong.
    """
    file = _file(option, environment)
    text = _text(file) if file is not None else ""
    found = _parsed(file, text)
    origins = _file_origins(file, text, found)
    _from_the_files_folder(file, found)
    for key, (name, value) in variables.given(environment, sites).items():
        if name == variables.SMTP_PASSWORD and not _logs_in(found):
            continue
        if _put(found, key, value):
            origins[key] = name
    wrong = _wrong_sites(found, sites)
    try:
        configuration = Configuration.model_validate(found)
    except ValidationError as error:
        wrong += [
            (tuple(map(str, one["loc"])), complaint(dict(one)))
            for one in error.errors(include_url=False)
        ]
    else:
        wrong += _too_late(configuration, sites, origins)
    if wrong:
        lines = dict.fromkeys(
            f"{_where(key, origins, file)}: {sentence}" for key, sentence in wrong
        )
        archive = (
            None
            if any(key[:1] == ("archive",) for key, _sentence in wrong)
            else str(found.get("archive", ""))
        )
        raise ConfigurationError("\n".join(lines), archive=archive)
    remarks = tuple(variables.unknown(environment, sites))
    return Loaded(configuration=configuration, file=file, origins=origins, remarks=remarks)


def _file(option: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = option or (
        Path(environment["WARTA_CONFIG"]) if environment.get("WARTA_CONFIG") else None
    )
    if named is not None:
        return named
    return Path(NAME) if Path(NAME).is_file() else None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: it is not a text in UTF-8") from None
    except OSError as error:
        raise ConfigurationError(
            f"{file}: the configuration cannot be read ({error.strerror})"
        ) from None


def _parsed(file: Path | None, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{file}: it is not TOML: {error}") from None


def _file_origins(file: Path | None, text: str, found: Mapping[str, Any]) -> dict[Key, str]:
    """Where each value and each table of the file stands; without a line of its own, where its
    table does.
    """
    lines = lines_of(text)
    origins: dict[Key, str] = {}

    def walk(table: Mapping[str, Any], key: Key, line: int | None) -> None:
        for name, value in table.items():
            own = lines.get((*key, name), line)
            origins[*key, name] = f"{file}:{own}" if own else str(file)
            if isinstance(value, dict):
                walk(value, (*key, name), own)

    walk(found, (), None)
    return origins


def _from_the_files_folder(file: Path | None, found: dict[str, Any]) -> None:
    """A relative path of a file starts at the file's folder, wherever warta is started."""
    for *tables, name in _PATHS:
        table: Any = found
        for part in tables:
            table = table.get(part) if isinstance(table, dict) else None
        if (
            file is not None
            and isinstance(table, dict)
            and isinstance(table.get(name), str)
            and table[name]
        ):
            path = file.parent / table[name]
            table[name] = str(path.resolve() if ".." in path.parts else path)


def _put(found: dict[str, Any], key: Key, value: Any) -> bool:
    """Put a variable's value in its place; a key that belongs to a table which is none is told of
    anyway.
    """
    table = found
    for name in key[:-1]:
        inner = table.setdefault(name, {})
        if not isinstance(inner, dict):
            return False
        table = inner
    table[key[-1]] = value
    return True


def _logs_in(found: Mapping[str, Any]) -> bool:
    """Whether a mail server is named that is logged in to; the password alone, which other programs
    may share, asks for none.
    """
    alerts = found.get("alerts")
    mail = alerts.get("mail") if isinstance(alerts, dict) else None
    return isinstance(mail, dict) and "username" in mail


def _wrong_sites(found: dict[str, Any], sites: Sequence[str]) -> list[tuple[Key, str]]:
    named = found.get("sites")
    unknown = [name for name in named if name not in sites] if isinstance(named, dict) else []
    assert isinstance(named, dict) or not unknown
    for name in unknown:
        del found["sites"][name]
    return [(("sites", name), unknown_site(name, sites)) for name in unknown]


def _too_late(
    configuration: Configuration, sites: Sequence[str], origins: Mapping[Key, str]
) -> Iterator[tuple[Key, str]]:
    """Runs may be so late that the next one comes first, which would then be lost without a word."""
    given, key = configuration.schedule, ("schedule", "jitter")
    rhythms: dict[Key, str] = {}
    for name in configuration.enabled(sites):
        own = configuration.sites[name].schedule if name in configuration.sites else None
        rhythms[("sites", name, "schedule") if own else ("schedule", "rhythm")] = (
            own or given.rhythm
        )
    for rhythm, text in sorted(rhythms.items()):
        gap = shortest_gap(checked(text)).total_seconds()
        if given.jitter >= gap:
            between = f"the fewest seconds between two runs of {'.'.join(rhythm)}"
            yield (
                key if key in origins else rhythm,
                f"{'.'.join(key)}: expected less than {gap:g}, {between}, got {given.jitter}",
            )


def _where(key: Key, origins: Mapping[Key, str], file: Path | None) -> str:
    """What gave the key, or the table around it, its first complaint."""
    for end in range(len(key), 0, -1):
        if key[:end] in origins:
            return origins[key[:end]]
    given = [origin for known, origin in origins.items() if known[: len(key) - 1] == key[:-1]]
    return given[0] if given else str(file)
