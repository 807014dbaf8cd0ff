"""Where alerts go: webhooks and mailboxes, as records that a configuration can build."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from archive.errors import ArchiveError

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x20\x7f]+@[^\s@<>,;:\"()\[\]\\\x00-\x20\x7f]+")


IMPLICIT_TLS = 465
"""The port of SMTP within TLS (RFC 8314)."""


class TargetError(ArchiveError):
    """A target of the configuration cannot be what it says."""


class Undelivered(Exception):
    """A target did not take a message; the text says why in one line, without secrets."""

    def __init__(self, why: str, *, down: bool = True) -> None:
        super().__init__(why)
        self.down = down
        """Whether the target takes nothing at all, or only refused this message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that takes JSON by POST. Addresses of chat rooms are secrets: no message of ours shows more than the host."""

    url: str = field(repr=False)
    timeout: float = 10.0
    """Seconds for all of a delivery."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable or re.search(r"[\s\x00-\x1f\x7f]", self.url):
            raise TargetError("alerts, webhook, url: expected an address like https://alerts.example.org/warta")
        _check_timeout("webhook", self.timeout)

    @property
    def name(self) -> str:
        """For messages and for the archive."""
        return f"webhook {urlsplit(self.url).hostname} ({_mark(self.url)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Mailboxes behind an SMTP server."""

    host: str
    port: int = 587
    sender: str
    recipients: tuple[str, ...]
    starttls: bool = True
    """TLS after the greeting; a server that does not offer it is refused."""
    tls: bool = False
    """TLS from the first byte; `starttls` says nothing then."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    """Seconds for all of a delivery."""

    def __post_init__(self) -> None:
        for name, address in [("sender", self.sender), *(("recipients", recipient) for recipient in self.recipients)]:
            if not _ADDRESS.fullmatch(address):
                raise TargetError(f"alerts, mail, {name}: expected an address like desk@example.org, not {address!r}")
        if not self.recipients:
            raise TargetError("alerts, mail, recipients: expected at least one address")
        if not self.host or re.search(r"[\s\x00-\x1f\x7f/]", self.host):
            raise TargetError(f"alerts, mail, host: expected a server's name, not {self.host!r}")
        if not 1 <= self.port <= 65_535:
            raise TargetError(f"alerts, mail, port: expected 1 to 65535, not {self.port}")
        if (self.username is None) != (self.password is None):
            raise TargetError("alerts, mail: username and password belong together")
        if self.password is not None and not (self.starttls or self.tls or _is_loopback(self.host)):
            raise TargetError("alerts, mail: the password would be sent in the clear; set starttls or tls")
        _check_timeout("mail", self.timeout)

    @property
    def name(self) -> str:
        """For messages and for the archive."""
        return f"mail {self.host} ({_mark(self.sender, *self.recipients)})"


Target = Webhook | Mail


def targets(section: Mapping[str, Any]) -> tuple[Target, ...]:
    """The targets that a configuration names under `alerts`; raises TargetError.

    `webhook` is an address or a table of class Webhook's fields, `mail` a table of class Mail's, each may be a list of them, or None.
    Secrets may be pydantic's. Port 465 means TLS from the first byte, whatever `starttls` says.

    >>> targets({"webhook": "https://alerts.example.org/warta", "mail": None})[0].name
    'webhook alerts.example.org (f91dc23f)'
    """
    unknown = section.keys() - {"webhook", "mail"}
    if unknown:
        raise TargetError(f"alerts, {min(unknown)}: there is no such key; there are mail, webhook")
    found = [_built(Webhook, "webhook", table) for table in _tables(section, "webhook")]
    found += [_built(Mail, "mail", {"tls": table.get("port") == IMPLICIT_TLS, **table}) for table in _tables(section, "mail")]
    return tuple({target.name: target for target in found}.values())


def _tables(section: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    given = _open(section.get(name))
    listed = list(given) if isinstance(given, (list, tuple)) else [] if given is None else [given]
    tables = [{"url": _open(each)} if name == "webhook" and not isinstance(each, Mapping) else each for each in listed]
    if not all(isinstance(table, Mapping) for table in tables):
        raise TargetError(f"alerts, {name}: expected a table, or a list of tables")
    return tables


_TYPES: dict[str, tuple[type, ...]] = {
    "url": (str,), "host": (str,), "sender": (str,), "username": (str,), "password": (str,), "recipients": (list, tuple), "port": (int,),
    "starttls": (bool,), "tls": (bool,), "timeout": (int, float),
}  # fmt: skip
_WORDS: dict[type, str] = {str: "a text", list: "a list of addresses", int: "a number", bool: "true or false"}


def _built(kind: type[Webhook] | type[Mail], name: str, table: Mapping[str, Any]) -> Target:
    known = {each.name: each for each in fields(kind)}
    given = {key: _open(value) for key, value in table.items() if value is not None}
    for key, value in given.items():
        if key not in known:
            raise TargetError(f"alerts, {name}, {key}: there is no such key; there are {', '.join(known)}")
        if not isinstance(value, _TYPES[key]) or (isinstance(value, bool) and bool not in _TYPES[key]):
            raise TargetError(f"alerts, {name}, {key}: expected {_WORDS[_TYPES[key][0]]}, not {type(value).__name__}")
    missing = [each.name for each in known.values() if each.default is MISSING and each.name not in given]
    if missing:
        raise TargetError(f"alerts, {name}: {missing[0]} is missing")
    if "recipients" in given:
        given["recipients"] = tuple(map(str, given["recipients"]))
    return kind(**given)


def _open(value: Any) -> Any:
    """What a pydantic.SecretStr hides."""
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def _check_timeout(kind: str, seconds: float) -> None:
    if not 0 < seconds <= 300:
        raise TargetError(f"alerts, {kind}, timeout: expected seconds up to 300, not {seconds:g}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _mark(*parts: str) -> str:
    """Tells two targets of one host apart without telling what they are."""
    return sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:8]
