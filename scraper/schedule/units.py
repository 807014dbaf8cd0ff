"""The same rhythms for those who prefer systemd's timers or cron: unit files and crontab lines."""

from __future__ import annotations

import getpass
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scraper.configuration import Loaded
from scraper.configuration.crontab import WEEKDAYS, Crontab
from scraper.politeness.locks import locks_folder
from scraper.schedule.processes import LATE
from scraper.schedule.schedule import WAIT
from scraper.schedule.timetable import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where warta runs; all paths absolute."""

    archive: Path
    config: Path | None
    python: str = sys.executable
    grace: int = 10
    """Seconds that a crawl gets to end."""
    longest: int = 1440
    """Minutes that a crawl may take."""
    check_every: int = 15
    """Minutes between two looks at health."""
    locks: Path | None = None
    """The folder of the sites' locks, which crawls by hand share."""

    @property
    def folder(self) -> Path:
        """The folder that the archive, its log and its locks are written to."""
        return self.archive.parent

    def command(self, *words: str) -> list[str]:
        """`warta` with these words."""
        config = ["--config", str(self.config)] if self.config else []
        return [self.python, "-m", "scraper", *config, *words, "--archive", str(self.archive)]


def place_of(known: Loaded, path: Path) -> Place:
    """Where units and crontab lines run what is configured here."""
    config, keys = (
        known.file.absolute() if known.file is not None else None,
        known.configuration.schedule,
    )
    return Place(
        archive=path.absolute(),
        config=config,
        grace=keys.grace,
        longest=keys.longest,
        check_every=keys.check_every,
        locks=locks_folder(),
    )


def borrowed(known: Loaded) -> str | None:
    """A sentence on what only a variable of this moment sets."""
    lent = sorted(
        {
            origin
            for key, origin in known.origins.items()
            if origin.startswith("WARTA_") and key != ("archive",)
        }
    )
    return (
        f"Set here by a variable, which what is started later will not know: {', '.join(lent)}"
        if lent
        else None
    )


_HARDENED = """\
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
UMask=0027"""
"""What a crawl does not need is closed to it; it writes beside its archive, and the metrics' file."""


def service(place: Place, writable: Sequence[Path] = ()) -> dict[str, str]:
    """One service that runs `warta schedule run`: file name -> text."""
    text = _service(
        "warta: crawls Indonesian news sites on schedule",
        place,
        place.command("schedule", "run"),
        writable,
        "simple",
    )
    # 2: a configuration that will be no better then
    again = "Restart=on-failure\nRestartSec=60\nRestartPreventExitStatus=2\n"
    # SIGTERM goes to the schedule alone, which tells its crawls; what is left after the time goes
    # with it.
    stop = f"KillMode=mixed\nTimeoutStopSec={place.grace + 20}\n"
    return {"warta.service": f"{text}{again}{stop}\n[Install]\nWantedBy=multi-user.target\n"}


def timers(place: Place, timetable: Timetable, writable: Sequence[Path] = ()) -> dict[str, str]:
    """A service for any site and a timer for each, and the same for alerts and metrics: file name
    -> text.
    """
    crawls = _service(
        "warta: crawls %i", place, place.command("schedule", "once", "%i"), writable, "oneshot"
    )
    tells = _service(
        "warta: tells what went wrong", place, place.command("alerts", "tell"), writable, "oneshot"
    )
    # 3: it is done, and something needs a look, which is what alerts are for.
    # One that finds its site taken waits, one that takes too long ends by itself: systemd's own
    # limit is for what does neither.
    most = place.longest * 60 + place.grace + WAIT.total_seconds() + LATE + 60
    longest = f"SuccessExitStatus=3\nKillMode=mixed\nTimeoutStartSec={most:.0f}\n"
    found = {
        "warta@.service": f"{crawls}{longest}TimeoutStopSec={place.grace + 20}\n",
        "warta-alerts.service": f"{tells}SuccessExitStatus=3\nTimeoutStartSec=900\n",
        "warta-alerts.timer": (
            "[Unit]\nDescription=warta: when health is looked at\n\n[Timer]\n"
            f"OnActiveSec={place.check_every}min\nOnUnitInactiveSec={place.check_every}min\n\n[Install]\nWantedBy=timers.target\n"
        ),
    }
    for site, rhythm in timetable.rhythms.items():
        calendars = "".join(
            f"OnCalendar={line}\n" for line in on_calendar(rhythm.crontab, rhythm.zone.key)
        )
        late = f"RandomizedDelaySec={rhythm.jitter:g}\n" if rhythm.jitter else ""
        found[f"warta-{site}.timer"] = (
            f"[Unit]\nDescription=warta: when {site} is crawled\n\n[Timer]\n{calendars}{late}Persistent=yes\nUnit=warta@{site}.service\n"
            "\n[Install]\nWantedBy=timers.target\n"
        )
    return found


def _service(
    description: str, place: Place, command: Sequence[str], writable: Sequence[Path], kind: str
) -> str:
    paths = " ".join(
        _quoted(str(path))
        for path in dict.fromkeys([place.folder, *(path.parent for path in writable)])
    )
    locks = ""
    if place.locks is not None:  # behind the minus it need not be there
        locks = f"Environment={_quoted(f'WARTA_LOCKS={place.locks}')}\nReadWritePaths={_quoted(f'-{place.locks}')}\n"
    words = " ".join(_quoted(word, variables=True) for word in command)
    return (
        f"[Unit]\nDescription={description}\nWants=network-online.target\nAfter=network-online.target\n\n"
        f"[Service]\nType={kind}\nUser={getpass.getuser()}\nExecStart={words}\nWorkingDirectory={_escaped(str(place.folder))}\n"
        f"EnvironmentFile=-/etc/warta.env\n{_HARDENED}\nReadWritePaths={paths}\n{locks}"
    )


def _escaped(text: str) -> str:
    """Without specifiers of systemd, but for the site's name."""
    return text if text == "%i" else text.replace("%", "%%")


def _quoted(text: str, *, variables: bool = False) -> str:
    """A word of a unit's line; only a command knows variables."""
    plain = _escaped(text).replace("\\", "\\\\").replace('"', '\\"')
    plain = plain.replace("$", "$$") if variables else plain
    return f'"{plain}"' if any(letter in plain for letter in " \t\"'\\;") else plain


def on_calendar(crontab: Crontab, zone: str) -> Iterator[str]:
    """What systemd calls the times of a crontab; two where a day or a weekday is enough."""
    for days, weekdays in crontab.calendars():
        names = (
            ""
            if len(weekdays) == 7
            else ",".join(WEEKDAYS[day].title() for day in sorted(weekdays)) + " "
        )
        date = f"*-{_list(crontab.months, 12)}-{_list(days, 31)}"
        yield f"{names}{date} {_list(crontab.hours, 24)}:{_list(crontab.minutes, 60)}:00 {zone}"


def _list(numbers: frozenset[int], whole: int) -> str:
    return "*" if len(numbers) == whole else ",".join(f"{number:02}" for number in sorted(numbers))


def crontab_lines(place: Place, timetable: Timetable) -> Iterator[str]:
    """Lines for `crontab -e`."""
    zones = sorted({rhythm.zone.key for rhythm in timetable.rhythms.values()})
    yield "# warta: a crawl waits a quarter of an hour for a site that is being crawled already, then leaves it to the next one."
    for zone in zones:
        yield f"# Times are in {zone}: cronie reads CRON_TZ; other crons, as Debian's, use the zone of the computer."
        yield f"CRON_TZ={zone}"
    for site, rhythm in timetable.rhythms.items():
        yield f"{rhythm.crontab.text} {_in_crontab(place.command('schedule', 'once', site))}"
    yield f"{even_steps(place.check_every)} {_in_crontab(place.command('alerts', 'tell'))}"


def even_steps(minutes: int) -> str:
    """The crontab of the shortest even steps that are not shorter than so many minutes; from half a
    day on once a day.

    >>> even_steps(15), even_steps(25), even_steps(90)
    ('*/15 * * * *', '*/30 * * * *', '0 */2 * * *')
    """
    step = next((step for step in range(minutes, 31) if 60 % step == 0), None)
    if step is not None:
        return "* * * * *" if step == 1 else f"*/{step} * * * *"
    hours = next((step for step in range(-(-minutes // 60), 13) if 24 % step == 0), 24)
    return {1: "0 * * * *", 24: "0 0 * * *"}.get(hours, f"0 */{hours} * * *")


def _in_crontab(command: Sequence[str]) -> str:
    """A command of a crontab's line, where an unescaped % ends it."""
    return shlex.join(command).replace("%", "\\%")
