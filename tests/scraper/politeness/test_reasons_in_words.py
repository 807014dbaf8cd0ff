"""The numbers in the sentences of reasons are those of the rules that give the reasons.

`archive` keeps the sentences and imports nothing of `scraper`, where the rules are.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from archive.ledger.wording import sentence
from scraper.crawling.discovery import MAX_LINKS, MAX_PAGE_LINKS
from scraper.crawling.middlewares.download_handler import MAX_CODINGS
from scraper.ingest.collections.rows import MAX_BYTES
from scraper.politeness import revisit, rules

WORDS = "one two three four five six seven eight twenty".split()
NUMBERS = dict(zip((*range(1, 9), 20), WORDS, strict=True))
SHARES = {Fraction(1, 2): "half", Fraction(1, 5): "a fifth", Fraction(3, 2): "one and a half"}


def share(number: float) -> str:
    return SHARES[Fraction(number).limit_denominator(100)]


RETRIES = len(revisit.FAILURE_WAITS)
SENTENCES = {
    "age": [share(revisit.STALENESS), "an hour"],
    "quiet": [share(revisit.STALENESS), f"{revisit.LONGEST.days} days"],
    "costly": [share(revisit.COSTLY)],
    "settled": [f"{revisit.NEVER_AFTER.days} days"],
    "settled_quiet": [f"{revisit.NEVER_AFTER_QUIET.days} days", NUMBERS[revisit.QUIET_CHECKS]],
    "retry": [f"up to {NUMBERS[RETRIES]} times"],
    "retry_last": [f"up to {NUMBERS[RETRIES]} times"],
    "given_up": [f"{NUMBERS[RETRIES + 1]} times in a row"],
    "overloaded": [f"{NUMBERS[rules.PATIENCE]} addresses", "an hour"],
    "site_failing": [f"{NUMBERS[rules.MANY_FAILURES]} addresses"],
    "encoded_too_often": [f"more than {NUMBERS[MAX_CODINGS]} times"],
    "too_many_links": [f"{MAX_LINKS:,}", f"{MAX_PAGE_LINKS:,}"],
    "too_long": [f"{MAX_BYTES // 2**20} MB"],
}


@pytest.mark.parametrize(("reason", "numbers"), SENTENCES.items())
def test_a_sentence_has_the_numbers_of_the_rule(reason: str, numbers: list[str]) -> None:
    assert [number for number in numbers if number not in sentence(reason)] == []


def test_an_hour_is_an_hour() -> None:
    assert revisit.SHORTEST == rules.REST
    assert revisit.SHORTEST.total_seconds() == 3600
