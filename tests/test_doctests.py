"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def modules_with_examples() -> list[str]:
    """Only those are imported: `scraper.__main__` would run the command, and importing the spiders
    proves nothing here.
    """
    sources = [
        source
        for package in ("archive", "scraper")
        for source in sorted((ROOT / package).rglob("*.py"))
    ]
    with_examples = [source for source in sources if ">>> " in source.read_text(encoding="utf-8")]
    return [
        ".".join(source.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for source in with_examples
    ]


def test_there_are_examples() -> None:
    assert modules_with_examples()


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_a_module_are_true(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried > 0
    assert failed == 0
