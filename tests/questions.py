"""Commands that ask on a terminal, in a process with a pseudo-terminal for stdin and stderr."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import sys
import termios
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    code: int
    stdout: str
    terminal: str
    """All that stood on the terminal, what was typed included."""


def dialogue(*words: str, typed: str, question: str = "[y/N]") -> Dialogue:
    """Run `warta`, and type when the question stands there."""
    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "scraper", *words]
    with subprocess.Popen(
        command,
        stdin=inner,
        stdout=subprocess.PIPE,
        stderr=inner,
        start_new_session=True,
        preexec_fn=_take_the_terminal,
    ) as process:
        os.close(inner)
        seen, waiting = b"", True
        with suppress(OSError):  # the other end was closed
            while piece := os.read(outer, 65_536):
                seen += piece
                if waiting and question.encode() in seen:
                    os.write(outer, typed.encode())
                    waiting = False
        stdout, _nothing = process.communicate(timeout=300)
    os.close(outer)
    terminal = seen.decode().replace("\r\n", "\n").replace("\x1b[0m", "")
    return Dialogue(code=process.returncode, stdout=stdout.decode(), terminal=terminal)


def _take_the_terminal() -> None:
    """Of the new session: Ctrl-C reaches its processes only then."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
