"""What stands before the whole site under `warta serve`: host names, methods, and public mode."""

import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]

PUBLIC = "warta.public"
"""Key of a request's scope: whether everyone may read the site."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
OPEN_TABLES = ("latest", "history", "ledger", "syndication")
"""The views that a public site shows as tables, too."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"x-robots-tag", b"noindex"),
    (
        b"content-security-policy",
        b"default-src 'self' 'unsafe-inline' data:; frame-ancestors 'none'; base-uri 'none'",
    ),
)
"""Of every response, those of Datasette's own pages included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Refuses what this site does not answer, and hands the rest to `app`."""

    app: App
    hosts: Collection[str]
    """Names by which the site is reached, in lower case, without ports."""
    owns: Callable[[str], bool]
    """Whether a path is one of the view's own pages."""
    databases: Collection[str] = ()
    """Names of the archives that are served."""
    public: bool = False

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Called by the server."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        await self.app({**scope, PUBLIC: self.public}, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return status and sentence for a request that is not answered."""
        headers = {name.lower(): value for name, value in scope["headers"]}
        host = _name(headers.get(b"host", b"").decode("latin-1"))
        if host not in self.hosts:
            return (400, "This site has another name; see `warta serve --help`, --allow-host.")
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "This site only reads."
        if self.public and not self._open(_path(scope), scope["query_string"]):
            return 403, "This part of the archive is not public."
        return None

    def _open(self, path: str, query: bytes) -> bool:
        """Return whether a public site shows a path: its pages, and a few tables of Datasette's."""
        if self.owns(path) or path.startswith("/-/static/"):
            return True
        given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        if any(name.startswith(_SQL) for name, _value in given):
            return False
        table = _TABLE.fullmatch(path)
        return bool(table and table[1] in self.databases and table[2] in (None, *OPEN_TABLES))


_SQL = ("sql", "_where", "_through", "_trace", "_stream")
"""Beginnings of Datasette's parameters that run SQL, or send a table whole."""
_TABLE = re.compile(r"/([^/.]+)(?:/([^/.]+)(?:/[^/.]+)?)?(?:\.(?:json|csv))?")


def _path(scope: Scope) -> str:
    """Return the path as Datasette matches it: percent-encoded."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0]


_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s:\[\]/@?#]+?)\.?)(?::\d{1,5})?")


def _name(host: str) -> str:
    """Return the name in a Host header, without port and brackets; nothing for what is none.

    >>> _name("News.example:8010"), _name("[::1]:8010"), _name("[::1]@news.example")
    ('news.example', '::1', '')
    """
    found = _HOST.fullmatch(host.lower())
    return (found[1] or found[2]) if found else ""


async def _refuse(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS]
    if status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})


def _with_headers(send: Send) -> Send:
    """Add the headers that a response does not set itself."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _value in message["headers"]}
            more = [(name, value) for name, value in _HEADERS if name not in given]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending
