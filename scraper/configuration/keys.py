"""Every key of `warta.toml`: its type, its default and what it means. `warta config --example` is
made of these descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from scraper.configuration.rhythm import checked

DELAY = 1.0
"""Seconds between two requests to a site: what this program promises, and the least that a file may
ask for.
"""


IMPLICIT_TLS = 465
"""The port of SMTP within TLS (RFC 8314)."""

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x20\x7f]+@[^\s@<>,;:\"()\[\]\\\x00-\x20\x7f]+")


def _crontab(text: str) -> str:
    return checked(text).text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, KeyError, ValueError):
        raise ValueError(
            f"there is no time zone {text!r}; expected a name like Asia/Jakarta or UTC"
        ) from None
    return text


def _web_address(secret: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(secret.get_secret_value())
        valid = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and secret.get_secret_value().isprintable()
        )
        valid = valid and " " not in secret.get_secret_value()
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("expected an address like https://example.org/hook")
    return secret


def _mail_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no e-mail address")
    return text


def _host(text: str) -> str:
    if not text.isprintable() or " " in text or "/" in text:
        raise ValueError(f"expected a server's name, not {text!r}")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected a text of one line")
    return text


_Path = Annotated[
    Path, BeforeValidator(lambda given: Path(given) if isinstance(given, str) and given else given)
]
_CrontabText = Annotated[str, AfterValidator(_crontab)]
_Zone = Annotated[str, AfterValidator(_zone)]
_Count = Annotated[int, Field(ge=1)]
_Days = Annotated[int, Field(ge=0, le=3650)]
_Minutes = Annotated[int, Field(ge=1, le=44640)]  # a month
_Timeout = Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)]
_Webhook = Annotated[SecretStr, AfterValidator(_web_address)]
_Delay = Annotated[float, Field(ge=DELAY, le=3600, allow_inf_nan=False)]
_Port = Annotated[int, Field(ge=1, le=65535)]
_Mail = Annotated[str, AfterValidator(_mail_address)]
_Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]


def _one_or_more(given: object) -> object:
    return [given] if isinstance(given, (str, SecretStr)) else given


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Crawling(_Table):
    """How a site is crawled, by hand and by the schedule."""

    keep: Literal["changed", "all", "first"] = Field(
        default="changed",
        description="Pages whose bytes are kept: those that made a revision (changed), all, or a story's first.",
    )
    recheck: Literal["due", "all", "none"] = Field(
        default="due", description="Known stories that are asked for again: due, all or none."
    )
    limit: _Count | None = Field(
        default=None,
        description="Stories asked for at most, a crawl of a site; none: no limit.",
        examples=[500],
    )
    delay: _Delay = Field(
        default=DELAY, description="Seconds between two requests to a site, at least 1."
    )
    backfill_days: _Days = Field(
        default=7,
        description="Days that a scheduled crawl walks back at most: to the last one that finished, or at first; 0: never.",
    )


class OfSite(_Table):
    """What differs for one site; the rest is as for all."""

    enabled: bool = Field(
        default=True,
        description="Whether the schedule, and `warta crawl` without a name, crawl it.",
    )
    schedule: _CrontabText | None = Field(
        default=None,
        description="Its own rhythm; none: [schedule] rhythm.",
        examples=["*/30 5-23 * * *"],
    )
    limit: _Count | None = Field(default=None, description="As [crawl] limit.", examples=[200])
    backfill_days: _Days | None = Field(
        default=None, description="As [crawl] backfill_days.", examples=[2]
    )
    delay: _Delay | None = Field(default=None, description="As [crawl] delay.", examples=[2.5])


class Scheduling(_Table):
    """When `warta schedule` crawls."""

    rhythm: _CrontabText = Field(
        default="17 */2 * * *",
        description="When a site is crawled that names no rhythm of its own: minute, hour, day, month, weekday (crontab).",
    )
    timezone: _Zone = Field(default="Asia/Jakarta", description="The time zone of all rhythms.")
    jitter: Annotated[int, Field(ge=0, le=86400)] = Field(
        default=300,
        description="Seconds that a run may be late, so that sites take turns; less than between any two runs of a site.",
    )
    grace: Annotated[int, Field(ge=0, le=600)] = Field(
        default=10, description="Seconds that crawls get to end when the schedule is stopped."
    )
    longest: _Minutes = Field(
        default=1440,
        description="Minutes after which a crawl is ended that does not end by itself.",
    )
    check_every: _Minutes = Field(
        default=15, description="Minutes between two looks at health: alerts and metrics."
    )


class Health(_Table):
    """When something is worth an alert."""

    disk_free_gb: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = Field(
        default=1.0, description="Gigabytes that have to be free on the archive's disk."
    )
    silence_hours: Annotated[float, Field(gt=0, le=87600, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Hours without a crawl after which a site is silent (one that failed is a crawl, one that was stopped is none); "
        "none: twice the longest time between two runs.",
        examples=[26.0],
    )
    missing_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        default=0.1,
        description="Share of the stories announced on a day that may be missing from the archive.",
    )

    @property
    def disk_free(self) -> int:
        """Bytes that have to be free."""
        return int(self.disk_free_gb * 1_000_000_000)


class MailAlerts(_Table):
    """The SMTP server that takes alerts, and whom they reach."""

    host: Annotated[str, Field(min_length=1), AfterValidator(_host)] = Field(
        description="The SMTP server.", examples=["smtp.example.org"]
    )
    port: _Port = Field(default=587, description="Its port.")
    sender: _Mail = Field(description="Who writes.", examples=["warta@example.org"])
    recipients: Annotated[list[_Mail], Field(min_length=1)] = Field(
        description="Who is told.", examples=[["you@example.org"]]
    )
    starttls: bool = Field(
        default=True, description="Whether the connection is encrypted with STARTTLS."
    )
    tls: bool = Field(
        default=False,
        description="Whether it is encrypted from the first byte, as it is with port 465; no STARTTLS then.",
    )
    username: _Line | None = Field(
        default=None, description="The name to log in with; none: without.", examples=["warta"]
    )
    password: SecretStr | None = Field(
        default=None,
        description="Its password; better in the variable WARTA_SMTP_PASSWORD than in a file.",
        examples=["…"],
    )
    timeout: _Timeout = Field(default=30.0, description="Seconds that a delivery may take.")

    @model_validator(mode="before")
    @classmethod
    def _tls_by_its_port(cls, given: Any) -> Any:
        """Called by pydantic."""
        return (
            {"tls": True, **given}
            if isinstance(given, dict) and given.get("port") == IMPLICIT_TLS
            else given
        )

    @model_validator(mode="after")
    def _password_and_name(self) -> Self:
        """Called by pydantic."""
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together")
        if self.password is not None and not (self.starttls or self.tls or _is_loopback(self.host)):
            raise ValueError("the password would be sent in the clear; set starttls or tls")
        return self


class Alerts(_Table):
    """Who is told when something goes wrong, and when it is over."""

    webhook: (
        Annotated[list[_Webhook], BeforeValidator(_one_or_more), Field(min_length=1)] | None
    ) = Field(
        default=None,
        description="An address that is sent each alert as JSON (POST), or a list of them.",
        examples=["https://example.org/hook"],
    )
    mail: MailAlerts | None = Field(
        default=None,
        description="The SMTP server that takes alerts, and whom they reach; none: no mail is sent.",
    )


class Metrics(_Table):
    """Numbers for Prometheus."""

    file: _Path | None = Field(
        default=None,
        description="A file for node_exporter's textfile collector.",
        examples=["/var/lib/node_exporter/warta.prom"],
    )
    port: _Port | None = Field(
        default=None,
        description="A port on loopback that `warta schedule run` serves them at.",
        examples=[9815],
    )


class Configuration(_Table):
    """What is in force: the file, the variables on top of it, and the defaults below."""

    archive: _Path = Field(
        default=Path("news.db"),
        description="The archive's file; a relative path starts at the folder of this file.",
    )
    contact: _Line | None = Field(
        default=None,
        description="Goes into the user agent: tell the sites who you are.",
        examples=["you@example.org"],
    )
    crawl: Crawling = Crawling()
    sites: dict[str, OfSite] = Field(
        default={}, description="A table a site, for what differs there."
    )
    schedule: Scheduling = Scheduling()
    health: Health = Health()
    alerts: Alerts = Alerts()
    metrics: Metrics = Metrics()

    def of_site(self, name: str) -> OfSite:
        """What holds for one site, its own keys before those of all; only `limit` may still be
        None.
        """
        own = self.sites.get(name) or OfSite()
        return OfSite.model_construct(
            enabled=own.enabled,
            schedule=own.schedule or self.schedule.rhythm,
            limit=own.limit if own.limit is not None else self.crawl.limit,
            backfill_days=own.backfill_days
            if own.backfill_days is not None
            else self.crawl.backfill_days,
            delay=own.delay if own.delay is not None else self.crawl.delay,
        )

    def enabled(self, names: Sequence[str]) -> list[str]:
        """Those of the sites that are crawled without being named."""
        return [name for name in names if self.of_site(name).enabled]


SECRETS = frozenset({("alerts", "webhook"), ("alerts", "mail", "password")})
"""Never shown, not even in an error."""
