"""A container's classes and ids alone say whether trafilatura discards it."""

import re
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
import trafilatura
from lxml import html
from trafilatura import xpaths

from scraper.extraction.dom.widgets import is_widget

SENTENCE = (
    "warga kampung memperbaiki saluran air di tepi sawah, "
    "lalu mereka makan siang bersama di balai desa."
)
PROSE = tuple(" ".join([f"{word} {SENTENCE}"] * 4) for word in ("Pagi", "Siang", "Sore"))
PAGE = f"<article><p>{PROSE[0]}</p><div><p>{PROSE[1]}</p></div><p>{PROSE[2]}</p></article>"
FORMS = ("{}", "isi {}", "{} teks", "isi-{}-teks", "{}s", "Isi{}", " {} ")


def is_lost(context: str) -> bool:
    """Whether the whole extraction of trafilatura leaves out a container in an article."""
    root = html.document_fromstring(PAGE)
    root.find(".//div").set("class", context)  # type: ignore[union-attr]
    document = trafilatura.bare_extraction(
        root, fast=True, include_comments=False, with_metadata=False, deduplicate=False
    )
    return PROSE[1] not in (getattr(document, "text", None) or "")


def words_of_rules() -> list[str]:
    """Every word of trafilatura's own rules, for articles, boilerplate and metadata."""
    rules = (rule for name, some in vars(xpaths).items() if "XPATH" in name for rule in some)
    paths = (rule.path for rule in rules if hasattr(rule, "path"))
    patterns = (pattern for path in paths for pattern in re.findall(r"['\"]([^'\"]*)['\"]", path))
    words = (re.sub(r"[\^$?()\[\]:!\\*]+", "", part) for p in patterns for part in p.split("|"))
    return sorted(set(filter(None, words)))


def contexts() -> Iterator[str]:
    """Classes as sites write them around those words, alone and several."""
    lot = Random(1)
    words = words_of_rules()
    yield from (form.format(word) for word in words for form in FORMS)
    lot.shuffle(words)
    yield from (f"{one} {other}" for one, other in pairwise(words))
    yield from (" ".join(lot.sample(words, 3)) for _turn in range(500))


def wrongly_judged(judged: list[str]) -> list[str]:
    return [context for context in judged if is_widget(context) != is_lost(context)]


def test_the_rules_alone_judge_as_the_whole_extraction_does() -> None:
    judged = sorted(set(contexts()))
    assert len(judged) > 2_000
    assert wrongly_judged(judged) == []
    assert 0.3 < sum(map(is_widget, judged)) / len(judged) < 0.8


@pytest.mark.parametrize(
    ("context", "verdict"),
    [
        ("artikel isi", False),
        ("", False),
        ("newsletter-form", True),
        ("komentar comments", False),
        ("comments", True),
        ("article-content newsletter", False),
        ("article-content infinite-scroll", True),
        ("Teaser", True),
    ],
)
def test_a_container_that_is_the_article_itself_is_no_widget(context: str, verdict: bool) -> None:
    assert is_widget(context) is verdict


def test_no_extraction_runs_for_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trafilatura, "bare_extraction", None)
    is_widget.cache_clear()
    assert is_widget("sidebar-kanan")
