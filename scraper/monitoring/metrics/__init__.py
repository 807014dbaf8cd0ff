"""Metrics for Prometheus; imports only the archive."""

from scraper.monitoring.metrics.collecting import ArchiveCollector, LastCheck, registry
from scraper.monitoring.metrics.serving import MetricsError, Serving, serve, write_textfile

__all__ = [
    "ArchiveCollector",
    "LastCheck",
    "MetricsError",
    "Serving",
    "registry",
    "serve",
    "write_textfile",
]
