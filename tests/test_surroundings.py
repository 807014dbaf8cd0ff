"""The tests give the same result however they were started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

HEARS = "import signal; assert signal.getsignal(signal.SIGINT) is signal.default_int_handler"


def test_what_a_test_starts_hears_ctrl_c():
    assert subprocess.run([sys.executable, "-c", HEARS], check=False).returncode == 0


def test_what_a_test_starts_hears_ctrl_c_also_when_a_shell_runs_the_tests_in_the_background():
    this = f"{__file__}::{test_what_a_test_starts_hears_ctrl_c.__name__}"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        tests = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", this],
            env={
                name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
            },
            stdout=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    told, _nothing = tests.communicate()
    assert (tests.returncode, "1 passed" in told) == (0, True), told


def test_a_marker_that_pyproject_does_not_tell_of_is_an_error(pytestconfig):
    assert pytestconfig.getoption("strict_markers")
    assert any(line.startswith("processes: ") for line in pytestconfig.getini("markers"))
