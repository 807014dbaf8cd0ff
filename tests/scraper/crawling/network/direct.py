"""Changes the program: rmol.id is a server of the tests on loopback, on the port SERVER_PORT."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint

from scraper.politeness import resolver
from tests.scraper.crawling.network import names

names.ADDRESSES["rmol.id"] = ("127.0.0.1",)
resolver.is_private = lambda _address: False  # type: ignore[assignment]
_connect = HostnameEndpoint.__init__


def _connect_there(
    self: Any, reactor: Any, host: Any, _port: int, *more: Any, **names: Any
) -> None:
    _connect(self, reactor, host, int(os.environ["SERVER_PORT"]), *more, **names)


HostnameEndpoint.__init__ = _connect_there  # type: ignore[method-assign]
