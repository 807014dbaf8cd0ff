"""Metrics: what Prometheus asks of an archive."""

from scraper.metrics.collecting import ArchiveCollector, LastLook, registry
from scraper.metrics.serving import MetricsError, Serving, serve, write_textfile

__all__ = ["ArchiveCollector", "LastLook", "MetricsError", "Serving", "registry", "serve", "write_textfile"]
