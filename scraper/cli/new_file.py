"""Files that commands write for a user: whole or not at all, and in no other file's place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import click

force = click.option("--force", is_flag=True, help="Replace a file of that name.")


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Write a file under another name beside it, synced, which then gets its name.

    What fails or is interrupted inside leaves nothing. Raises click.ClickException where there is a
    file already, unless `force`, and where it cannot be written.
    """
    target = path.resolve()  # what a link leads to, not the link
    begun = target.with_name(f".warta-{os.getpid()}.partial")
    try:
        _check(path, force=force)
        with begun.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _check(path, force=force)
        begun.replace(target)
    except OSError as error:
        raise click.ClickException(f"{path}: it cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            begun.unlink(missing_ok=True)


def _check(path: Path, *, force: bool) -> None:
    """Refuse to replace a file without `force`, and a folder or device with it."""
    if not path.exists():
        return
    if not path.is_file():
        raise click.ClickException(f"{path}: it is no file, and is left as it is")
    if not force:
        raise click.ClickException(f"{path}: there is a file already; --force replaces it")


def check_folder(folder: Path) -> None:
    """Raise click.ClickException for a folder that is none, and cannot be made."""
    try:
        found = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    except OSError as error:
        raise click.ClickException(f"{folder}: it cannot be used ({error.strerror})") from error
    if not found.is_dir():
        raise click.ClickException(f"{folder}: it cannot be a folder, {found} is a file")
    if not os.access(found, os.W_OK | os.X_OK):
        raise click.ClickException(f"{folder}: it cannot be written there (Permission denied)")
