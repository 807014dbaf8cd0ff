"""Metrics: what Prometheus asks of an archive."""

from scraper.metrics.collecting import ArchiveCollector, registry
from scraper.metrics.serving import MetricsError, Serving, serve, write_textfile

__all__ = ["ArchiveCollector", "MetricsError", "Serving", "registry", "serve", "write_textfile"]
