"""A schedule stops at the first SIGTERM or SIGINT, whichever thread the kernel gives it to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.waiting import DEADLINE

PROGRAM = """
import os, signal, threading
from scraper.schedule.daemon import stop_signal

sent = signal.Signals[{sent!r}]
crawl = threading.Thread(target=threading.Event().wait, daemon=True)
crawl.start()
with stop_signal() as wait:
    signal.signal(signal.SIGUSR1, lambda *_given: None)
    for number, seconds in ((signal.SIGUSR1, 0.1), (sent, 0.3)):
        threading.Timer(seconds, signal.pthread_kill, (crawl.ident, number)).start()
    wait()
    os.kill(os.getpid(), sent)
    print("stopped once")
"""


@pytest.mark.parametrize("sent", ["SIGTERM", "SIGINT"])
def test_a_signal_stops_the_schedule_also_if_another_thread_is_given_it(sent):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(sent=sent)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert (done.returncode, done.stdout) == (0, "stopped once\n"), done.stderr
