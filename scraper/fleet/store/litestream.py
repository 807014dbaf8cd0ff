"""Replication while a crawl runs, by Litestream (https://litestream.io) where it is installed.

What a machine crawled until it died is then in the store; what ends by itself is pushed anyway.
Each lease streams into a folder of its own, so that no token can write into another one's.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from archive.database.connection import open_file, plain_errors
from archive.errors import ArchiveUnwritable
from archive.printable import one_line
from scraper.fleet.store.objects import Objects

logger = logging.getLogger("warta.fleet")

EVERY = "5s"
"""Between two uploads: each is a request that an object store charges for."""
PATIENCE = 60.0
"""Seconds in which it writes the rest at the end of a crawl."""
RESTORING = 3600.0
"""Seconds that restoring may take."""
TABLES = ("_litestream_seq", "_litestream_lock")
"""Its own, in the archive that it replicates."""

_SAID = 500
"""Bytes of its last words that are logged."""
_GUARD = """exec 3<&0
"$@" 3<&- </dev/null & program=$!
{ read -r _ <&3; kill -TERM $program; } 2>/dev/null &
wait $program"""
"""Ends the program when our end of the pipe is closed, as it is when we are killed."""


def program() -> str | None:
    """Return the path of the program; None where it is not installed."""
    return shutil.which("litestream")


@contextmanager
def streamed(objects: Objects, name: str, archive: Path) -> Iterator[None]:
    """Replicate an archive into a folder of the store until the block ends."""
    found, config = program(), _config(objects, name, archive)
    if found is None or config is None:
        yield
        return
    file = archive.with_name(f"{archive.name}.litestream.yml")
    _forget(archive)  # what it notes of another lease's folder
    _write(file, config)
    command = [found, "replicate", "-no-expand-env", "-config", str(file)]
    with TemporaryFile() as errors:
        running = subprocess.Popen(  # noqa: S603 - our own words
            ["/bin/sh", "-c", _GUARD, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            env=_environment(),
        )
        try:
            yield
        finally:
            _end(running, errors)
            file.unlink(missing_ok=True)
            _forget(archive)
            _drop_tables(archive)


def _end(running: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    """Let it write the rest, and end."""
    if running.poll() is not None:
        size = errors.seek(0, os.SEEK_END)
        errors.seek(max(0, size - _SAID))
        said = one_line(errors.read().decode(errors="replace"))
        logger.warning("litestream ended by itself, and replicated nothing more: %s", said)
    assert running.stdin is not None
    running.stdin.close()
    try:
        running.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def restored(objects: Objects, name: str, into: Path) -> bool:
    """Restore what was streamed to a folder of the store; False where that is not possible."""
    found, config = program(), _config(objects, name, into)
    if found is None or config is None:
        return False
    into.unlink(missing_ok=True)
    file = into.with_name(f"{into.name}.litestream.yml")
    _write(file, config)
    options = ["-no-expand-env", "-config", str(file), "-if-replica-exists", "-o", str(into)]
    try:
        ended = subprocess.run(  # noqa: S603 - our own words
            [found, "restore", *options, str(into)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RESTORING,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        file.unlink(missing_ok=True)
    return ended.returncode == 0 and into.exists()


def _write(file: Path, config: dict[str, Any]) -> None:
    """Write a configuration, as JSON, which is YAML, too. Raises ArchiveUnwritable."""
    try:
        file.write_text(json.dumps(config))
    except OSError as error:
        raise ArchiveUnwritable(f"{file}: it cannot be written ({error.strerror})") from error


def _environment() -> dict[str, str]:
    """Return what it may know: not the address of the database, nor other secrets of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WARTA_")}


def _config(objects: Objects, name: str, archive: Path) -> dict[str, Any] | None:
    replica = _replica(objects, name)
    if replica is None:
        return None
    return {
        "logging": {"level": "error"},
        "dbs": [{"path": str(archive.absolute()), "replica": replica | {"sync-interval": EVERY}}],
    }


def _replica(objects: Objects, name: str) -> dict[str, Any] | None:
    """Return how it names a folder of the store; None for a kind that it does not know.

    Credentials are in the environment, where it finds them by the same names.
    """
    path = objects.path(name)
    if objects.is_folder:
        return {"type": "file", "path": path}
    bucket, _slash, key = path.partition("/")
    if "gs" in objects.protocols:
        return {"type": "gs", "bucket": bucket, "path": key}
    if "s3" not in objects.protocols:
        return None
    endpoint = objects.endpoint
    own = {"endpoint": endpoint, "force-path-style": True} if endpoint else {}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return {"type": "s3", "bucket": bucket, "path": key, "region": region or "us-east-1", **own}


def _forget(archive: Path) -> None:
    """Remove what it keeps beside an archive."""
    shutil.rmtree(archive.with_name(f".{archive.name}-litestream"), ignore_errors=True)


def _drop_tables(archive: Path) -> None:
    if not archive.exists():
        return
    with plain_errors(archive), closing(open_file(archive, read_only=False)) as db:
        for table in TABLES:
            db.conn.execute(f"DROP TABLE IF EXISTS {table}")
