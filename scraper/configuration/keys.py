"""Every key of `warta.toml`: type, default and meaning; `warta config --example` prints them."""

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
from scraper.configuration.store_address import address_problem

DELAY = 1.0
"""Seconds between two requests to a site: our promise, and the least that can be configured."""

IMPLICIT_TLS = 465
"""The port of SMTP within TLS (RFC 8314)."""

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x20\x7f]+@[^\s@<>,;:\"()\[\]\\\x00-\x20\x7f]+")


_SERVICE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://\S+")


_WORKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, KeyError, ValueError):
        message = f"unknown time zone {text!r}; expected a name like Asia/Jakarta or UTC"
        raise ValueError(message) from None
    return text


def _web_address(secret: SecretStr) -> SecretStr:
    address = secret.get_secret_value()
    try:
        parts = urlsplit(address)
        is_complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or not address.isprintable() or " " in address:
        raise ValueError("expected an address like https://example.org/hook")
    return secret


def _service(secret: SecretStr) -> SecretStr:
    address = secret.get_secret_value()
    if not _SERVICE.fullmatch(address) or not address.isprintable():
        raise ValueError("expected an address for Apprise like ntfys://ntfy.sh/TOPIC")
    return secret


def _mail_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is not an e-mail address")
    return text


def _host(text: str) -> str:
    if not text.isprintable() or " " in text or "/" in text:
        raise ValueError(f"expected a host name, not {text!r}")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected a single line of text")
    return text


def _printable(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().isprintable():
        raise ValueError("expected a single line of text")
    return secret


def _store(text: str) -> str:
    if why := address_problem(text):
        raise ValueError(why)
    return text


def _worker_name(text: str) -> str:
    if not _WORKER.fullmatch(text):
        raise ValueError(f"{text!r} names no worker; expected up to 60 letters, digits, . _ and -")
    return text


def _path(value: object) -> object:
    if isinstance(value, str) and value:
        return Path(value)
    return value


def _one_or_more(value: object) -> object:
    if isinstance(value, (str, SecretStr)):
        return [value]
    return value


_Path = Annotated[Path, BeforeValidator(_path)]
_Crontab = Annotated[str, AfterValidator(checked)]
_Zone = Annotated[str, AfterValidator(_zone)]
_Count = Annotated[int, Field(ge=1)]
_Days = Annotated[int, Field(ge=0, le=3650)]
_Minutes = Annotated[int, Field(ge=1, le=44640)]  # a month
_Timeout = Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)]
_Webhook = Annotated[SecretStr, AfterValidator(_web_address)]
_Webhooks = Annotated[list[_Webhook], BeforeValidator(_one_or_more), Field(min_length=1)]
_Service = Annotated[SecretStr, AfterValidator(_service)]
_Services = Annotated[list[_Service], BeforeValidator(_one_or_more), Field(min_length=1)]
_Delay = Annotated[float, Field(ge=DELAY, le=3600, allow_inf_nan=False)]
_Hours = Annotated[float, Field(gt=0, le=87600, allow_inf_nan=False)]
_Port = Annotated[int, Field(ge=1, le=65535)]
_Mail = Annotated[str, AfterValidator(_mail_address)]
_Host = Annotated[str, Field(min_length=1), AfterValidator(_host)]
_Secret = Annotated[SecretStr, Field(min_length=1), AfterValidator(_printable)]
_Store = Annotated[str, Field(min_length=1), AfterValidator(_one_line), AfterValidator(_store)]
_Worker = Annotated[str, AfterValidator(_worker_name)]
_Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


class Crawling(_Table):
    """How sites are crawled, by hand and on schedule."""

    keep: Literal["changed", "all", "first"] = "changed"
    """Pages to keep: those that made a revision (changed), all, or a story's first."""
    recheck: Literal["due", "all", "none"] = "due"
    """Known stories to request again: due, all or none."""
    limit: _Count | None = Field(default=None, examples=[500])
    """Maximum number of stories requested per site and crawl; none: no limit."""
    delay: _Delay = DELAY
    """Seconds between two requests to a site, at least 1."""
    source_requests: Annotated[int, Field(ge=100, le=1_000_000)] = 1000
    """Maximum number of requests for sources (sitemaps, feeds, indexes) per site and crawl, and 100
    more for each day that it walks back."""
    source_minutes: _Minutes = 60
    """Maximum number of minutes that they take; more in proportion."""
    backfill_days: _Days = 7
    """Days that a scheduled crawl walks back at most, to the last finished one; 0: never."""


class Reading(_Table):
    """How pages are read: in processes of their own, so that none can hold anything up."""

    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that read the pages of a crawl; `extract` and `reextract` have --jobs."""
    deadline: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 10.0
    """Seconds that reading a page may take; one that takes longer counts as failed."""
    memory: Annotated[int, Field(ge=100, le=1_000_000)] = 1_000
    """Megabytes that reading a page may need; one that needs more counts as failed."""


class SiteSettings(_Table):
    """What differs for one site."""

    enabled: bool = True
    """Whether the schedule, and `warta crawl` without a name, crawl it."""
    schedule: _Crontab | None = Field(default=None, examples=["*/30 5-23 * * *"])
    """Its own rhythm; none: [schedule] rhythm."""
    limit: _Count | None = Field(default=None, examples=[200])
    """As [crawl] limit."""
    backfill_days: _Days | None = Field(default=None, examples=[2])
    """As [crawl] backfill_days."""
    delay: _Delay | None = Field(default=None, examples=[2.5])
    """As [crawl] delay."""


class Sites(_Table):
    """Publishers of your own, and what differs for one site."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, SiteSettings] = Field(init=False)

    folder: _Path | None = Field(default=None, examples=["sites"])
    """A folder of profiles, one file per publisher; none: `sites` beside the archive, and in your
    configuration folder."""

    def get(self, name: str) -> SiteSettings | None:
        """Return what differs for a site."""
        return self.__pydantic_extra__.get(name)


class Scheduling(_Table):
    """When `warta schedule` crawls."""

    rhythm: _Crontab = "17 */2 * * *"
    """When sites without a rhythm of their own are crawled: minute, hour, day, month, weekday."""
    timezone: _Zone = "Asia/Jakarta"
    """The time zone of all rhythms."""
    jitter: Annotated[int, Field(ge=0, le=86400)] = 300
    """Seconds that a run may be late, so that sites take turns; less than between any two runs."""
    grace: Annotated[int, Field(ge=0, le=600)] = 10
    """Seconds that crawls have to end when the schedule is stopped."""
    longest: _Minutes = 1440
    """Minutes after which a crawl is stopped."""
    check_every: _Minutes = 15
    """Minutes between two health checks: alerts and metrics."""


class Health(_Table):
    """The thresholds of health checks."""

    disk_free_gb: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 1.0
    """Gigabytes that must be free on the archive's disk."""
    silence_hours: _Hours | None = Field(default=None, examples=[26.0])
    """Hours without a crawl after which a site is silent (a failed crawl counts, one that was
    stopped does not); none: twice the longest time between two runs."""
    missing_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.1
    """Share of the stories announced on a day that may be missing from the archive."""

    @property
    def disk_free(self) -> int:
        """Bytes that must be free."""
        return int(self.disk_free_gb * 1_000_000_000)


class MailAlerts(_Table):
    """Alerts by e-mail: SMTP server and recipients."""

    host: _Host = Field(examples=["smtp.example.org"])
    """The SMTP server."""
    port: _Port = 587
    """Its port."""
    sender: _Mail = Field(examples=["warta@example.org"])
    """The sender's address."""
    recipients: Annotated[list[_Mail], Field(min_length=1)] = Field(examples=[["you@example.org"]])
    """The recipients' addresses."""
    starttls: bool = True
    """Whether the connection is encrypted with STARTTLS."""
    tls: bool = False
    """Whether it is encrypted from the first byte, as with port 465; no STARTTLS then."""
    username: _Line | None = Field(default=None, examples=["warta"])
    """The name to log in with; none: no login."""
    password: SecretStr | None = Field(default=None, examples=["…"])
    """Its password; better in the variable WARTA_SMTP_PASSWORD than in a file."""
    timeout: _Timeout = 30.0
    """Seconds that a delivery may take."""

    @model_validator(mode="before")
    @classmethod
    def _tls_by_port(cls, given: Any) -> Any:
        """Called by pydantic."""
        if isinstance(given, dict) and given.get("port") == IMPLICIT_TLS:
            return {"tls": True, **given}
        return given

    @model_validator(mode="after")
    def _login_is_safe(self) -> Self:
        """Called by pydantic."""
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together")
        if self.password is not None and not (self.starttls or self.tls or _is_loopback(self.host)):
            raise ValueError("the password would be sent unencrypted; set starttls or tls")
        return self


class Alerts(_Table):
    """Who is notified when something goes wrong, and when it is over."""

    webhook: _Webhooks | None = Field(default=None, examples=["https://example.org/hook"])
    """An address that receives each alert as JSON (POST), or a list of them."""
    apprise: _Services | None = Field(default=None, examples=["ntfys://ntfy.sh/TOPIC"])
    """A service by its address for Apprise (https://appriseit.com), or a list of them; needs
    `warta[alerts]`."""
    mail: MailAlerts | None = None
    """Alerts by e-mail; none: no mail is sent."""


class Metrics(_Table):
    """Metrics for Prometheus."""

    file: _Path | None = Field(default=None, examples=["/var/lib/node_exporter/warta.prom"])
    """A file for node_exporter's textfile collector."""
    port: _Port | None = Field(default=None, examples=[9815])
    """A port on loopback at which `warta schedule run` serves them."""


class Fleet(_Table):
    """Several machines that crawl together, each site on one of them (`warta help fleet`): where
    `dsn` or `dsn_file` is set; needs `warta[fleet]`.
    """

    dsn: _Secret | None = Field(default=None, examples=["postgresql://warta@db.example.org/warta"])
    """The PostgreSQL database of the fleet; better in the variable WARTA_FLEET_DSN or in `dsn_file`
    if it has a password."""
    dsn_file: _Path | None = Field(default=None, examples=["/run/credentials/warta.service/dsn"])
    """A file with this address in one line, where `dsn` is not set."""
    store: _Store | None = Field(default=None, examples=["/srv/warta"])
    """Where all machines find the sites' archives: a folder that all of them see, or the address of
    an object store for fsspec, like s3://bucket/warta."""
    folder: _Path | None = Field(default=None, examples=["fleet"])
    """The folder of this machine's archives, a file per site; none: `fleet` beside the archive."""
    name: _Worker | None = Field(default=None, examples=["jakarta-1"])
    """The name of this machine's worker; none: its host name."""
    crawls: Annotated[int, Field(ge=1, le=1000)] = 8
    """Maximum number of sites that the worker crawls at the same time."""
    lease: Annotated[float, Field(ge=2, le=3600, allow_inf_nan=False)] = 30.0
    """Seconds without a renewal by its crawl after which another worker may crawl a site."""
    patience: Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)] = 600.0
    """Seconds that a crawl waits for the database, requesting nothing, before it ends."""

    @property
    def is_configured(self) -> bool:
        """Whether there is a fleet."""
        return self.dsn is not None or self.dsn_file is not None


class Configuration(_Table):
    """The effective configuration: variables before the file before the defaults."""

    archive: _Path = Path("news.db")
    """The archive's file; a relative path starts at the folder of this file."""
    contact: _Line | None = Field(default=None, examples=["you@example.org"])
    """Your address, sent to the sites in the user agent."""
    crawl: Crawling = Crawling()
    """How sites are crawled."""
    reading: Reading = Reading()
    """How pages are read."""
    sites: Sites = Sites()
    """The folder of profiles, and a table per site for what differs there."""
    schedule: Scheduling = Scheduling()
    """When sites are crawled."""
    health: Health = Health()
    """The thresholds of health checks."""
    alerts: Alerts = Alerts()
    """Who is notified."""
    metrics: Metrics = Metrics()
    """Where metrics are found."""
    fleet: Fleet = Fleet()
    """Several machines."""

    @property
    def fleet_folder(self) -> Path:
        """The folder of this machine's archives of a fleet; absolute."""
        return (self.fleet.folder or self.archive.parent / "fleet").absolute()

    def of_site(self, name: str) -> SiteSettings:
        """Return a site's settings, the general ones filled in; only `limit` may be None."""
        general = {
            "schedule": self.schedule.rhythm,
            "limit": self.crawl.limit,
            "backfill_days": self.crawl.backfill_days,
            "delay": self.crawl.delay,
        }
        own = self.sites.get(name) or SiteSettings()
        return SiteSettings.model_construct(**general | own.model_dump(exclude_none=True))

    def enabled(self, names: Sequence[str]) -> list[str]:
        """Return those of the sites that are crawled unless others are named."""
        return [name for name in names if self.of_site(name).enabled]


SECRETS = frozenset(
    {("alerts", "webhook"), ("alerts", "apprise"), ("alerts", "mail", "password"), ("fleet", "dsn")}
)
"""Never shown, not even in an error."""
