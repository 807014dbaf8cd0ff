"""An archive as a database of Datasette that nothing can write to."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasette import Forbidden
from datasette.database import Database
from datasette.views.base import DatasetteError

from archive.database.connection import connect_for_reading, is_archive


class ReadOnlyArchive(Database):
    """Refuses every connection for writing, whichever route, plugin or API wants one.

    Its connections are those of the file that is at the path now: an archive that was replaced is
    opened anew. Datasette keeps its own for as long as it runs.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own = threading.local()

    def connect(self, write: bool = False) -> Any:
        """Open a connection for reading; raises Forbidden for one that writes."""
        if write:
            raise Forbidden(f"{self.path}: the web view only reads; use the command `warta`")
        connection = connect_for_reading(Path(self.path))
        self.ds._prepare_connection(connection, self.name)
        return connection

    async def execute_fn(self, fn: Callable[[Any], Any]) -> Any:
        """Call a function with a connection, in a thread of Datasette's."""
        return await asyncio.get_running_loop().run_in_executor(
            self.ds.executor, self._with_connection, fn
        )

    _execute_fn = execute_fn  # what Datasette 1.0 calls

    def _with_connection(self, fn: Callable[[Any], Any]) -> Any:
        try:
            file = Path(self.path).stat()
            if getattr(self._own, "file", None) != (file.st_dev, file.st_ino):
                self._own.connection = self.connect()
                self._own.file = (file.st_dev, file.st_ino)
        except (OSError, sqlite3.DatabaseError) as error:
            raise DatasetteError("The archive is not there any more.", status=503) from error
        return fn(self._own.connection)


def archives(datasette: Any) -> dict[str, ReadOnlyArchive]:
    """Return the archives among Datasette's databases by name, made read-only, in their order."""
    for name, database in list(datasette.databases.items()):
        if isinstance(database, ReadOnlyArchive) or database.path is None:
            continue
        if not database.is_memory and is_archive(Path(database.path)):
            replaced = ReadOnlyArchive(datasette, database.path, is_mutable=database.is_mutable)
            replaced.name, replaced.route = name, database.route
            datasette.databases[name] = replaced
    return {
        name: database
        for name, database in datasette.databases.items()
        if isinstance(database, ReadOnlyArchive)
    }
