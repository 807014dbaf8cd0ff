"""Serves one archive with Datasette and the view, by uvicorn."""

import gc
import os
import re
import socket
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from datasette import __version__
from datasette.app import Datasette
from datasette.plugins import pm

from archive.archive import Archive
from archive.errors import ArchiveError
from scraper.web import plugin, routes
from scraper.web.guard import LOOPBACK, Guard
from scraper.web.metadata import metadata

SETTINGS = {
    "sql_time_limit_ms": 2_000,
    "truncate_cells_html": 120,
    "suggest_facets": False,  # tries every column of a table, which is slow in a large archive
}
"""Of Datasette's own pages."""
PUBLIC_SETTINGS = {"default_allow_sql": False, "allow_download": False, "allow_csv_stream": False}
"""What a public site does not give away."""
_ANY = ("0.0.0.0", "::")  # noqa: S104 - names of all interfaces, recognised here

NICENESS = 5
"""What is added to the niceness of the process: a busy crawl gets three times its share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How an archive is served."""

    archive: Path
    host: str = "127.0.0.1"
    port: int = 8010
    """0 for any that is free."""
    public: bool = False
    """For everyone: no SQL, no downloads, no tables of pages."""
    allowed: Sequence[str] = ()
    """Further host names by which the site is reached."""

    @property
    def loopback_only(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK


def application(deployment: Deployment) -> Guard:
    """Return the site as an ASGI application; raises an ArchiveError where there is no archive."""
    path = deployment.archive
    with Archive(path, read_only=True) as archive:  # migrates one of an earlier version
        described = metadata(archive)
    if not pm.is_registered(plugin):  # an installation without its entry points
        pm.register(plugin)
    settings = SETTINGS | (PUBLIC_SETTINGS if deployment.public else {})
    if deployment.public:  # its tables are few, and no SQL is run
        described["databases"][path.stem]["queries"] = {}
    datasette = Datasette([str(path)], settings=settings, **_described(described))
    own = [re.compile(route.regex) for route in routes.ROUTES] + [re.compile(routes.STYLE)]
    named = {deployment.host.lower()} - set(_ANY)
    return Guard(
        app=datasette.app(),
        hosts={*LOOPBACK, *named, *(name.lower() for name in deployment.allowed)},
        owns=lambda path: any(pattern.match(path) for pattern in own),
        databases=tuple(name for name in datasette.databases if not name.startswith("_")),
        public=deployment.public,
    )


def _described(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments for Datasette; 1.0 takes what is no description as configuration, and
    shuts the search index of a view that is shut.
    """
    if __version__.startswith("0."):
        return {"metadata": metadata}
    configured: dict[str, Any] = {"databases": {}}
    for name, database in metadata["databases"].items():
        for table in database["tables"].values():
            if table.pop("allow", None) is False:
                table["hidden"] = True
        configured["databases"][name] = {"queries": database.pop("queries")}
    return {"metadata": metadata, "config": configured}


class PortUnavailable(ArchiveError):
    """Nothing can listen there: another program does, or the address is not this machine's."""


def listen(deployment: Deployment) -> socket.socket:
    """Return a socket that listens; raises PortUnavailable."""
    host, port = deployment.host, deployment.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host or "-", port))  # not all interfaces, as Python has it
        listening.listen(128)
    except OSError as error:
        listening.close()
        why = error.strerror or error
        raise PortUnavailable(
            f"{host}:{port}: nothing can listen there ({why}); choose another with --port"
        ) from error
    return listening


def run(
    site: Guard, deployment: Deployment, listening: socket.socket, *, open_browser: bool
) -> None:
    """Serve until SIGINT or SIGTERM."""
    if open_browser:
        webbrowser.open(address(listening))
    config = uvicorn.Config(
        site,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        proxy_headers=deployment.public,
        timeout_graceful_shutdown=5,
        limit_concurrency=200,
    )
    prepare_process()
    with suppress(KeyboardInterrupt):  # how a server ends
        uvicorn.Server(config).run(sockets=[listening])


def prepare_process() -> None:
    """Make this process one that serves: crawls go before its readers where the CPU is scarce."""
    gc.freeze()  # else a page now and then waits 50 ms while modules are searched for garbage
    os.nice(NICENESS)


def address(listening: socket.socket) -> str:
    """Return the address of the front page."""
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"
