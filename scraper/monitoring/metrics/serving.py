"""Serve metrics in a file for node_exporter's textfile collector, or at a port on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, get_ident
from typing import Self
from wsgiref.simple_server import WSGIServer

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A metrics server that runs in its own thread until `close()`."""

    port: int
    """The port it listens on."""
    close: Callable[[], None]
    """Stops it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def serve(port: int, metrics: CollectorRegistry) -> Serving:
    """Serve the metrics on loopback, at every path; port 0 picks one. Raises MetricsError."""
    try:
        server, thread = start_http_server(port, addr=LOOPBACK, registry=metrics)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise MetricsError(f"{LOOPBACK}:{port}: the metrics cannot be served ({reason})") from error
    return Serving(port=server.server_port, close=lambda: _stop(server, thread))


def _stop(server: WSGIServer, thread: Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join()
