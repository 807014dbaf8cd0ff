"""Serve metrics in a file for node_exporter's textfile collector, or at a port on loopback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident

from prometheus_client import CollectorRegistry, generate_latest, start_http_server

from archive.errors import ArchiveError

LOOPBACK = "127.0.0.1"


class MetricsError(ArchiveError):
    """The metrics cannot be written or served as configured."""


def write_textfile(path: Path, metrics: CollectorRegistry) -> None:
    """Write all metrics atomically; raises MetricsError."""
    if path.is_dir():
        raise MetricsError(f"{path}: the metrics cannot be written (it is a folder)")
    new = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}")
    try:
        new.write_bytes(generate_latest(metrics))
        new.chmod(0o644)  # node_exporter is another user, whatever our umask
        new.replace(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MetricsError(f"{path}: the metrics cannot be written ({reason})") from error
    finally:
        with suppress(OSError):
            new.unlink()


@contextmanager
def serve(port: int, metrics: CollectorRegistry) -> Iterator[int]:
    """Serve the metrics on loopback, at every path, and yield the port; raises MetricsError.

    Port 0 picks a free one.
    """
    try:
        server, thread = start_http_server(port, addr=LOOPBACK, registry=metrics)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise MetricsError(f"{LOOPBACK}:{port}: the metrics cannot be served ({reason})") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
