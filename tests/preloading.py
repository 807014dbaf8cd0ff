"""Imported by the fork server, and by nobody else."""

from tests.preloaded import preload

preload()
