"""Where alerts go: webhooks, mailboxes, and services that Apprise knows."""

from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from scraper.configuration import Alerts


class Undelivered(Exception):
    """A target did not accept a message; the text is one line without secrets."""

    def __init__(self, why: str, *, down: bool = True) -> None:
        super().__init__(why)
        self.down = down
        """Whether the target accepts nothing, rather than refusing this message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that accepts JSON by POST; those of chat services are secret, but for the host."""

    url: str = field(repr=False)
    timeout: float = 10.0
    """Seconds for a whole delivery."""

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
    """TLS from the first byte; `starttls` is ignored then."""
    username: str | None = None
    """None: no login."""
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    """Seconds for a whole delivery."""

    @property
    def name(self) -> str:
        """For messages and for the archive."""
        return f"mail {self.host} ({_mark(self.sender, *self.recipients)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service by its address for Apprise, all of which but the scheme may be secret."""

    url: str = field(repr=False)
    timeout: float = 30.0
    """Seconds for a whole delivery."""

    @property
    def scheme(self) -> str:
        """Which service it is: `tgram`, `slack`, `ntfys` …"""
        return self.url.partition("://")[0]

    @property
    def name(self) -> str:
        """For messages and for the archive."""
        return f"apprise {self.scheme} ({_mark(self.url)})"


Target = Webhook | Mail | Service


def targets(alerts: Alerts) -> tuple[Target, ...]:
    """Return the targets of a configuration, each once.

    >>> targets(Alerts.model_validate({"webhook": "https://alerts.example.org/warta"}))[0].name
    'webhook alerts.example.org (f91dc23f)'
    """
    found: list[Target] = [
        Webhook(url=secret.get_secret_value()) for secret in alerts.webhook or ()
    ]
    found += [Service(url=secret.get_secret_value()) for secret in alerts.apprise or ()]
    if (mail := alerts.mail) is not None:
        password = mail.password.get_secret_value() if mail.password is not None else None
        given = mail.model_dump(exclude={"recipients", "password"})
        found.append(Mail(**given, recipients=tuple(mail.recipients), password=password))
    return tuple({target.name: target for target in found}.values())


def _mark(*parts: str) -> str:
    """Return a digest that distinguishes targets of one host without revealing them."""
    return sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:8]
