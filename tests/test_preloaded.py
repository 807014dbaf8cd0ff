"""The tests' own way to run a command: one that hangs, or never comes as far as its output, is told
as that.
"""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.preloaded import warta


def test_a_command_that_hangs_is_ended_and_reported_even_before_it_has_written(tmp_path):
    waiting = tmp_path / "warta.toml"
    os.mkfifo(waiting)  # nobody ever writes into it
    for timeout in (0.0, 0.2):
        with pytest.raises(subprocess.TimeoutExpired):
            warta("--config", str(waiting), "config", environment=dict(os.environ), timeout=timeout)


def test_a_command_that_cannot_begin_has_failed_without_a_word(tmp_path):
    done = warta("--version", environment=dict(os.environ), cwd=tmp_path / "tiada")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
