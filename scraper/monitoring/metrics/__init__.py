"""Prometheus metrics of an archive, served on loopback or written to a file."""

from scraper.monitoring.metrics.collecting import ArchiveCollector, LastLook, registry
from scraper.monitoring.metrics.serving import MetricsError, Serving, serve, write_textfile

__all__ = [
    "ArchiveCollector",
    "LastLook",
    "MetricsError",
    "Serving",
    "registry",
    "serve",
    "write_textfile",
]
