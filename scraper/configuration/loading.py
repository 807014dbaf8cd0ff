"""Load the configuration: variable before file before default; each value keeps its origin."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scraper.configuration import variables
from scraper.configuration.errors import ConfigurationError, Key, describe, unknown
from scraper.configuration.keys import Configuration, Fleet
from scraper.configuration.rhythm import shortest_gap
from scraper.configuration.store_address import is_address

NAME = "warta.toml"
_STORE: Key = ("fleet", "store")
_FOLDER: Key = ("sites", "folder")
_PATHS: tuple[Key, ...] = (
    ("archive",),
    ("metrics", "file"),
    ("fleet", "dsn_file"),
    ("fleet", "folder"),
    _STORE,
    _FOLDER,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration and the origins of its values."""

    configuration: Configuration = field(default_factory=Configuration)
    file: Path | None = None
    """The file that was read; None if there is none."""
    origins: Mapping[Key, str] = field(default_factory=dict)
    """Key -> file or variable that sets it; keys with their default value are missing."""
    remarks: tuple[str, ...] = ()
    """A sentence for each unknown WARTA_* variable."""

    def origin(self, key: Key) -> str:
        """Return the file or the variable that sets a key, or "default"."""
        return self.origins.get(key, "default")


def load(
    option: Path | None,
    environment: Mapping[str, str],
    sites: Sequence[str],
    *,
    are_all: bool = True,
) -> Loaded:
    """Load the file named by the option, else by WARTA_CONFIG, else ./warta.toml if it exists.

    Where `sites` may not be all, as a folder of profiles cannot be read, a table of another site is
    ignored with a remark. Raises ConfigurationError with one line per error.
    """
    file = _file(option, environment)
    found = _parsed(file) if file is not None else {}
    origins = dict.fromkeys(_keys(found, ()), str(file))
    origins |= _set_variables(found, environment, sites)
    errors = _unknown_sites(found, sites)
    ignored: list[str] = []
    if not are_all:
        ignored, errors = [text for _key, text in errors], []
    try:
        configuration = Configuration.model_validate(found)
    except ValidationError as error:
        details = error.errors(include_url=False)
        errors += [(tuple(map(str, each["loc"])), describe(dict(each))) for each in details]
    else:
        errors += _late_runs(configuration, sites, origins)
    if errors:
        lines = dict.fromkeys(f"{_where(key, origins, file)}: {text}" for key, text in errors)
        named = not any(key[:1] == ("archive",) for key, _text in errors)
        archive = str(found.get("archive", "")) if named else None
        raise ConfigurationError("\n".join(lines), archive=archive)
    remarks = (*ignored, *variables.unknown(environment, sites))
    return Loaded(configuration=configuration, file=file, origins=origins, remarks=remarks)


def places(option: Path | None, environment: Mapping[str, str]) -> dict[Key, Path]:
    """Return the paths that the configuration names, as `load` finds them but without its errors:
    the folder of profiles says which sites there are, which `load` has to know.
    """
    file = _file(option, environment)
    try:
        found = _parsed(file) if file is not None else {}
    except ConfigurationError:
        found = {}
    named = {key: _table(found, *key[:-1]).get(key[-1]) for key in _PATHS}
    for key, (_variable, value) in variables.given(environment, ()).items():
        if key in _PATHS:
            named[key] = value
    return {key: Path(value) for key, value in named.items() if value and isinstance(value, str)}


def fleet_alone(environment: Mapping[str, str]) -> Fleet:
    """Load what WARTA_CONFIG, else ./warta.toml, and variables say of a fleet, nothing else: for
    processes that no command of warta has started. Raises ConfigurationError.
    """
    file = _file(None, environment)
    found = _parsed(file) if file is not None else {}
    origins = _set_variables(found, environment, ())
    table = {"fleet": found["fleet"]} if "fleet" in found else {}
    try:
        return Configuration.model_validate(table).fleet
    except ValidationError as error:
        raise ConfigurationError("\n".join(_lines(error, origins, file))) from None


def _lines(error: ValidationError, origins: Mapping[Key, str], file: Path | None) -> list[str]:
    """Return a line for each error: where, and what."""
    found = ((tuple(map(str, each["loc"])), each) for each in error.errors(include_url=False))
    return [f"{_where(key, origins, file)}: {describe(dict(each))}" for key, each in found]


def _file(option: Path | None, environment: Mapping[str, str]) -> Path | None:
    if option is not None:
        return option
    if named := environment.get("WARTA_CONFIG"):
        return Path(named)
    return Path(NAME) if Path(NAME).is_file() else None


def _parsed(file: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(file.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: not a text file in UTF-8") from None
    except OSError as error:
        reason = error.strerror
        raise ConfigurationError(f"{file}: the configuration cannot be read ({reason})") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{file}: not valid TOML: {error}") from None
    _resolve_paths(file, found)
    return found


def _keys(table: Mapping[str, Any], key: Key) -> Iterator[Key]:
    """Yield the keys of all tables and values."""
    for name, value in table.items():
        yield (*key, name)
        if isinstance(value, dict):
            yield from _keys(value, (*key, name))


def _resolve_paths(file: Path, found: dict[str, Any]) -> None:
    """Make relative paths of a file relative to its folder, not to the working directory."""
    for *tables, name in _PATHS:
        table = _table(found, *tables)
        value = table.get(name)
        if isinstance(value, str) and value and not is_address(value):
            path = file.parent / value
            if ".." in path.parts:
                path = path.resolve()
            table[name] = str(path)


def _table(found: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a table of the file; an empty one if it is missing, or no table."""
    for name in names:
        inner = found.get(name)
        found = inner if isinstance(inner, dict) else {}
    return found


def _set_variables(
    found: dict[str, Any], environment: Mapping[str, str], sites: Sequence[str]
) -> dict[Key, str]:
    """Set the values of variables, and return the variable of each key."""
    origins = {}
    for key, (name, value) in variables.given(environment, sites).items():
        # The password alone, which other programs may share, needs no login.
        if name == variables.SMTP_PASSWORD and "username" not in _table(found, "alerts", "mail"):
            continue
        if _set(found, key, value):
            origins[key] = name
    return origins


def _set(found: dict[str, Any], key: Key, value: Any) -> bool:
    """Set a variable's value; False if its table is none, which validation reports anyway."""
    table = found
    for name in key[:-1]:
        inner = table.setdefault(name, {})
        if not isinstance(inner, dict):
            return False
        table = inner
    table[key[-1]] = value
    return True


def _unknown_sites(found: dict[str, Any], sites: Sequence[str]) -> list[tuple[Key, str]]:
    """Remove the tables of unknown sites, and return an error for each."""
    tables = _table(found, "sites")
    names = [name for name in tables if name not in sites and ("sites", name) != _FOLDER]
    for name in names:
        del tables[name]
    return [(("sites", name), unknown(("sites", name), sites, "site")) for name in names]


def _late_runs(
    configuration: Configuration, sites: Sequence[str], origins: Mapping[Key, str]
) -> Iterator[tuple[Key, str]]:
    """Yield an error for each rhythm whose next run could come before a late one, and be lost."""
    jitter, key = configuration.schedule.jitter, ("schedule", "jitter")
    rhythms: dict[Key, str] = {}
    for name in configuration.enabled(sites):
        own = configuration.sites.get(name)
        if own is not None and own.schedule is not None:
            rhythms["sites", name, "schedule"] = own.schedule
        else:
            rhythms["schedule", "rhythm"] = configuration.schedule.rhythm
    for rhythm, crontab in sorted(rhythms.items()):
        gap = shortest_gap(crontab).total_seconds()
        if jitter >= gap:
            between = f"the shortest time in seconds between two runs of {'.'.join(rhythm)}"
            text = f"schedule.jitter: expected less than {gap:g}, {between}, got {jitter}"
            yield (key if key in origins else rhythm), text


def _where(key: Key, origins: Mapping[Key, str], file: Path | None) -> str:
    """Return what sets the key, the closest table around it, or a key beside it."""
    for end in range(len(key), 0, -1):
        if key[:end] in origins:
            return origins[key[:end]]
    beside = (origin for known, origin in origins.items() if known[: len(key) - 1] == key[:-1])
    return next(beside, str(file))
