"""Where Prometheus finds the metrics: a file for node_exporter's textfile collector, or a port on
loopback.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, get_ident
from types import TracebackType
from typing import Self
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, generate_latest, start_http_server

from archive.errors import ArchiveError

LOOPBACK = "127.0.0.1"


class MetricsError(ArchiveError):
    """The metrics cannot be written or served where the user wants them."""


def write_textfile(path: Path, metrics: CollectorRegistry) -> None:
    """Write all metrics, atomically: a reader sees the old file or the new one. Raises
    MetricsError.
    """
    if path.is_dir():
        raise MetricsError(f"{path}: the metrics cannot be written there (it is a folder)")
    new = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}")
    try:
        new.write_bytes(generate_latest(metrics))
        new.chmod(0o644)  # whoever reads it is another user, whatever our umask says
        new.replace(path)
    except OSError as error:
        raise MetricsError(
            f"{path}: the metrics cannot be written there ({(error.strerror or str(error)).lower()})"
        ) from error
    finally:
        with suppress(OSError):
            new.unlink()


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A server of metrics that runs in its own thread until `close()`."""

    port: int
    close: Callable[[], None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(port: int, metrics: CollectorRegistry) -> Serving:
    """Serve the metrics on loopback, at every path; port 0 takes a free one. Raises MetricsError."""
    try:
        server, thread = start_http_server(port, addr=LOOPBACK, registry=metrics)
    except (OSError, OverflowError) as error:
        raise MetricsError(
            f"{LOOPBACK}:{port}: the metrics cannot be served there ({(getattr(error, 'strerror', None) or str(error)).lower()})"
        ) from error
    return Serving(port=server.server_port, close=lambda: _stop(server, thread))


def _stop(server: WSGIServer, thread: Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join()
