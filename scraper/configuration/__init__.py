"""The configuration: `warta.toml`, `WARTA_*` variables and their defaults.

Imports no other room of `scraper`.
"""

from scraper.configuration.errors import ConfigurationError
from scraper.configuration.keys import Alerts, Configuration, Fleet, Scheduling, SiteSettings
from scraper.configuration.loading import Loaded, load

__all__ = [
    "Alerts",
    "Configuration",
    "ConfigurationError",
    "Fleet",
    "Loaded",
    "Scheduling",
    "SiteSettings",
    "load",
]
