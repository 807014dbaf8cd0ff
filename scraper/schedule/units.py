"""The rhythms for systemd's timers and cron: unit files and crontab lines."""

import getpass
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self

from archive.errors import ArchiveError
from archive.printable import in_line
from scraper.configuration import Loaded, Scheduling
from scraper.configuration.rhythm import parsed
from scraper.politeness.locks import locks_folder
from scraper.schedule.processes import LATE
from scraper.schedule.program import program
from scraper.schedule.schedule import WAIT
from scraper.schedule.timetable import Timetable

_WEEKDAYS = "Sun Mon Tue Wed Thu Fri Sat".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where warta runs; all paths absolute."""

    archive: Path
    config: Path | None
    """The configuration's file; None: there is none."""
    program: Sequence[str] = field(default_factory=program)
    """The words that start warta."""
    keys: Scheduling = field(default_factory=Scheduling)
    """How long crawls may take, and how often health is checked."""
    locks: Path = field(default_factory=locks_folder)
    """The folder of the sites' locks, shared with crawls by hand."""

    def __post_init__(self) -> None:
        """Raise ArchiveError for a path that would end its line, whose units would run it."""
        for path in filter(None, (self.archive, self.config, self.locks)):
            check_name(path)

    @classmethod
    def of(cls, known: Loaded, archive: Path) -> Self:
        """Return the deployment of what is configured here."""
        return cls(
            archive=archive.absolute(),
            config=known.file and known.file.absolute(),
            keys=known.configuration.schedule,
        )

    def command(self, *words: str) -> list[str]:
        """Return `warta` with these words, and the archive."""
        return [*self.program_with_config(*words), "--archive", str(self.archive)]

    def program_with_config(self, *words: str) -> list[str]:
        """Return `warta` with these words."""
        config = ["--config", str(self.config)] if self.config else []
        return [*self.program, *config, *words]


def check_name(path: Path) -> None:
    """Raise ArchiveError for a name that would end its line."""
    if in_line(str(path)) != str(path):
        raise ArchiveError(f"{path}: the name has characters that no unit and no crontab can hold")


def variables_not_passed_on(known: Loaded) -> str:
    """Return a warning about variables set here that units will not have, or ""."""
    origins = {origin for key, origin in known.origins.items() if key != ("archive",)}
    names = ", ".join(sorted(origin for origin in origins if origin.startswith("WARTA_")))
    return names and f"Set by variables here, which cron and systemd do not pass on: {names}"


_SANDBOX = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictNamespaces=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
UMask=0027
"""
"""A crawl writes only beside its archive, to the metrics' file and to the locks."""


def service(place: Deployment, writable: Sequence[Path] = ()) -> dict[str, str]:
    """Return file name and text of the service that runs `warta schedule run`."""
    description = "warta: crawls Indonesian news sites on schedule"
    text = _service(description, place, ["schedule", "run"], writable, "simple")
    # 2: a wrong configuration. SIGTERM reaches the schedule alone, which stops its crawls.
    text += "Restart=on-failure\nRestartSec=60\nRestartPreventExitStatus=2\nKillMode=mixed\n"
    text += f"TimeoutStopSec={place.keys.grace + 20}\n\n[Install]\nWantedBy=multi-user.target\n"
    return {"warta.service": text}


def timers(
    place: Deployment, timetable: Timetable, writable: Sequence[Path] = ()
) -> dict[str, str]:
    """Return file names and texts of services and timers for each site, and for alerts."""
    crawl = _service("warta: crawls %i", place, ["schedule", "once", "%i"], writable, "oneshot")
    check = _service("warta: sends alerts", place, ["alerts", "send"], writable, "oneshot")
    # A crawl waits for a site's lock and stops at its time limit: this is for one that does not.
    limit = place.keys.longest * 60 + place.keys.grace + WAIT.total_seconds() + LATE + 60
    stop = f"KillMode=mixed\nTimeoutStartSec={limit:.0f}\nTimeoutStopSec={place.keys.grace + 20}\n"
    every = f"{place.keys.check_every}min"
    units = {
        # 3: finished, and something needs a look, which is what alerts are for.
        "warta@.service": f"{crawl}SuccessExitStatus=3\n{stop}",
        "warta-alerts.service": f"{check}SuccessExitStatus=3\nTimeoutStartSec=900\n",
        "warta-alerts.timer": _timer(
            "warta: checks health", f"OnActiveSec={every}\nOnUnitInactiveSec={every}\n"
        ),
    }
    for site, rhythm in timetable.rhythms.items():
        calendar = on_calendar(rhythm.crontab, rhythm.zone.key)
        times = "".join(f"OnCalendar={line}\n" for line in calendar)
        if rhythm.jitter:
            times += f"RandomizedDelaySec={rhythm.jitter:g}\n"
        times += f"Persistent=yes\nUnit=warta@{site}.service\n"
        units[f"warta-{site}.timer"] = _timer(f"warta: crawls {site}", times)
    return units


def _timer(description: str, times: str) -> str:
    install = "[Install]\nWantedBy=timers.target\n"
    return f"[Unit]\nDescription={description}\n\n[Timer]\n{times}\n{install}"


def worker(
    place: Deployment, folder: Path, writable: Sequence[Path] = (), secret: Path | None = None
) -> dict[str, str]:
    """Return file name and text of the service that runs `warta fleet worker`.

    `folder`: that of the worker's archives. `secret`: a file with the DSN, which systemd reads as
    root and hands to this service alone; without one, the DSN is in /etc/warta.env or warta.toml.
    """
    words = place.program_with_config("fleet", "worker")
    folders = [folder, *writable]
    text = _unit("warta: a worker of a fleet", words, folders, place.locks, "simple")
    if secret is not None:
        check_name(secret)
        credential = _quoted(f"dsn:{secret}")
        text += f"LoadCredential={credential}\nEnvironment=WARTA_FLEET_DSN_FILE=%d/dsn\n"
    # It ends by itself when it is drained, and is not started again then. 2: wrong configuration.
    text += "Restart=on-failure\nRestartSec=10\nRestartPreventExitStatus=2\nKillMode=mixed\n"
    text += f"TimeoutStopSec={place.keys.grace + 20}\n\n[Install]\nWantedBy=multi-user.target\n"
    return {"warta-worker.service": text}


def _service(
    description: str, place: Deployment, words: Sequence[str], writable: Sequence[Path], kind: str
) -> str:
    folders = [place.archive.parent, *(path.parent for path in writable)]
    return _unit(description, place.command(*words), folders, place.locks, kind)


def _unit(
    description: str, words: Sequence[str], folders: Sequence[Path], locks: Path, kind: str
) -> str:
    """Return a unit without what it does at its end; it runs in the first folder."""
    paths = " ".join(_quoted(str(path)) for path in dict.fromkeys(folders))
    command = " ".join(_quoted(word, variables=True) for word in words)
    # Behind the minus, the folder need not exist.
    environment, locked = _quoted(f"WARTA_LOCKS={locks}"), _quoted(f"-{locks}")
    return (
        f"[Unit]\nDescription={description}\n"
        "Wants=network-online.target\nAfter=network-online.target\n\n"
        f"[Service]\nType={kind}\nUser={getpass.getuser()}\nExecStart={command}\n"
        f"WorkingDirectory={_escaped(str(folders[0]))}\nEnvironmentFile=-/etc/warta.env\n"
        f"{_SANDBOX}ReadWritePaths={paths}\nEnvironment={environment}\nReadWritePaths={locked}\n"
    )


def _escaped(text: str) -> str:
    """Escape systemd's specifiers, except that of the site's name."""
    return text if text == "%i" else text.replace("%", "%%")


def _quoted(text: str, *, variables: bool = False) -> str:
    """Quote a word of a unit's line; only commands expand variables."""
    plain = _escaped(text).replace("\\", "\\\\").replace('"', '\\"')
    if variables:
        plain = plain.replace("$", "$$")
    if any(letter in plain for letter in " \t\"'\\;"):
        return f'"{plain}"'
    return plain


def on_calendar(crontab: str, zone: str) -> list[str]:
    """Return systemd's OnCalendar lines; two if a matching day or weekday is enough."""
    fields = parsed(crontab)
    weekdays = sorted({day % 7 for day in fields.weekdays if isinstance(day, int)})
    names = "" if len(weekdays) == 7 else ",".join(_WEEKDAYS[day] for day in weekdays) + " "
    days = _numbers(fields.days, 31)
    dates = [(names, days)] if fields.day_and else [("", days), (names, "*")]
    time = f"{_numbers(fields.hours, 24)}:{_numbers(fields.minutes, 60)}:00 {zone}"
    months = _numbers(fields.months, 12)
    return [f"{weekday}*-{months}-{day} {time}" for weekday, day in dates]


def _numbers(numbers: Collection[int], whole: int) -> str:
    if len(numbers) == whole:
        return "*"
    return ",".join(f"{number:02}" for number in sorted(numbers))


def crontab_lines(place: Deployment, timetable: Timetable, logs: Path) -> Iterator[str]:
    """Yield lines for `crontab -e`, whose commands write to a file per month in a folder."""
    minutes = WAIT // timedelta(minutes=1)
    log = f">>{_in_crontab([str(logs / 'warta-')])}$(date +\\%Y-\\%m).log 2>&1"
    yield f"# warta: a crawl waits {minutes} minutes for another crawl of its site, then gives up."
    for zone in {rhythm.zone.key for rhythm in timetable.rhythms.values()}:
        yield f"# Times are in {zone}: cronie reads CRON_TZ; other crons, such as Debian's,"
        yield "# use the time zone of the system."
        yield f"CRON_TZ={zone}"
    for site, rhythm in timetable.rhythms.items():
        yield f"{rhythm.crontab} {_in_crontab(place.command('schedule', 'once', site))} {log}"
    look = _in_crontab(place.command("alerts", "send"))
    yield f"{even_steps(place.keys.check_every)} {look} {log}"


def even_steps(minutes: int) -> str:
    """Return the crontab of the shortest even steps of at least so many minutes, at most a day.

    >>> even_steps(15), even_steps(25), even_steps(90)
    ('*/15 * * * *', '*/30 * * * *', '0 */2 * * *')
    """
    step = next((step for step in range(minutes, 31) if 60 % step == 0), None)
    if step is not None:
        return "* * * * *" if step == 1 else f"*/{step} * * * *"
    hours = next((step for step in range(-(-minutes // 60), 13) if 24 % step == 0), 24)
    return {1: "0 * * * *", 24: "0 0 * * *"}.get(hours, f"0 */{hours} * * *")


def _in_crontab(command: Sequence[str]) -> str:
    """Quote a command for a crontab, where an unescaped % ends it."""
    return shlex.join(command).replace("%", "\\%")
