"""Changes the program: names have the addresses of a table, as a resolver would give them."""

from __future__ import annotations

import socket
from typing import Any

from tests.scraper.crawling.network.name_table import ADDRESSES


def getaddrinfo(host: str, *_more: Any, **_options: Any) -> list[Any]:
    if host not in ADDRESSES:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [(0, 0, 0, "", (address, 0)) for address in ADDRESSES[host]]


def gethostbyname(host: str) -> str:
    if host == "127.0.0.1":
        return host
    return str(getaddrinfo(host)[0][4][0])


socket.getaddrinfo, socket.gethostbyname = getaddrinfo, gethostbyname  # type: ignore[assignment]
