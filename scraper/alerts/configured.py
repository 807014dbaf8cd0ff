"""The targets that `warta.toml` names: the one place where alerts meet the configuration."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click

from scraper.alerts.targets import Target, TargetError, targets

config_option = click.option(
    "--config", type=click.Path(path_type=Path), envvar="WARTA_CONFIG", help="The configuration; warta.toml of this folder without it."
)


def configured_targets(config: Path | None) -> tuple[Target, ...]:
    """The targets of the section `alerts`; raises TargetError."""
    path = config or Path("warta.toml")
    try:
        with path.open("rb") as file:
            section = tomllib.load(file).get("alerts", {})
    except OSError as error:
        raise TargetError(f"{path}: it cannot be read ({error.strerror})") from error
    except tomllib.TOMLDecodeError as error:
        raise TargetError(f"{path}: it is not TOML: {error}") from error
    if not isinstance(section, dict):
        raise TargetError(f"{path}: alerts: expected a table")
    return targets(section)
