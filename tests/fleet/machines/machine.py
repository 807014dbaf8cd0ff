"""class Machine: one of a fleet's machines, with a folder, locks and network connections of its
own, on which `warta fleet worker` runs as a process that can be killed and stopped.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from scraper.schedule.program import MAIN
from tests.fleet.machines.network import Link
from tests.fleet.machines.sites import Sites, contact
from tests.fleet.servers import Server
from tests.waiting import DEADLINE, alive, children, until

DELAY = 0.3
SETTINGS = ("-s", f"DOWNLOAD_DELAY={DELAY}", "-s", f"SLOWEST_DELAY={DELAY}")
"""Of crawls: less than anybody may configure."""
LEASE = 4.0
"""Seconds; short, so that the tests need not wait."""
QUICK = Path(__file__).with_name("quick.py")
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


class Machine:
    """A machine of a fleet; ends with all its processes."""

    def __init__(
        self, name: str, folder: Path, *, server: Server, database: str, sites: Sites, store: Path
    ) -> None:
        self.name, self.folder, self.store = name, folder / name, store
        self.folder.mkdir()
        self._ends = ExitStack()
        self.to_database = self._ends.enter_context(Link(server.port))
        self.to_sites = self._ends.enter_context(Link(int(sites.url.rpartition(":")[2])))
        self.dsn = server.dsn(database, port=self.to_database.port)
        self.names_database = True
        """Whether its environment names the database; else warta.toml has to."""
        self.is_quick = False
        """Whether its worker looks, reports and tries again more often than those of users."""
        self.process: subprocess.Popen[bytes] | None = None
        self.log = self.folder / "worker.log"
        self.configure()

    def configure(self, more: str = "", *, lease: float = LEASE, patience: float = 600) -> None:
        """Write warta.toml; `more`: tables of it."""
        self.config = self.folder / "warta.toml"
        self.config.write_text(
            f'contact = "{contact(self.name)}"\n'
            '[schedule]\nrhythm = "0 3 * * *"\njitter = 0\n'
            f'[fleet]\nstore = "{self.store}"\nname = "{self.name}"\nfolder = "archives"\n'
            f"lease = {lease}\npatience = {patience}\ncrawls = 2\n{more}",
            "utf-8",
        )

    @property
    def environment(self) -> dict[str, str]:
        """As on a machine of its own: nothing is shared with the others but the network."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WARTA_")}
        own = {"WARTA_LOCKS": str(self.folder / "locks"), "XDG_STATE_HOME": str(self.folder)}
        if self.names_database:
            own["WARTA_FLEET_DSN"] = self.dsn
        own |= dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1")  # who is alerted
        return kept | own | dict.fromkeys(_PROXIES, self.to_sites.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        self._ends.close()

    def _command(self, *words: str, program: Path = MAIN) -> list[str]:
        return [sys.executable, "-P", str(program), "--config", str(self.config), *words]

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command on this machine to its end; its output."""
        done = subprocess.run(
            self._command(*words),
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self) -> None:
        """Start the worker, as systemd would."""
        program = QUICK if self.is_quick else MAIN
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command("fleet", "worker", *SETTINGS, program=program),
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def worker(self) -> int:
        """The number of the worker's process."""
        assert self.process is not None
        return self.process.pid

    def crawls(self) -> dict[str, int]:
        """Site -> the number of the process that crawls it here."""
        found = {}
        for pid in children(self.worker()) if self.process is not None else ():
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                if "crawl" in words:
                    found[words[words.index("crawl") + 1]] = pid
        return found

    def everything(self) -> list[int]:
        """All processes of this machine, the worker's first."""
        found = [self.worker()]
        for pid in found:
            found += children(pid)
        return found

    def kill(self) -> None:
        """SIGKILL to all processes, also to stopped ones."""
        if self.process is None:
            return
        for pid in self.everything():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(DEADLINE)
        self.process = None

    def stop(self) -> int:
        """SIGTERM to the worker; its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(DEADLINE)
        self.process = None
        return code

    def said(self) -> str:
        """What the worker logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def gone(*pids: int) -> None:
    """Wait until processes are gone."""
    until(lambda: not any(alive(pid) for pid in pids))
