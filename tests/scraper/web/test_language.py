"""Indonesian and English: by the browser's languages, and by a switch."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ledger.wording import REASONS, plural, word, worded
from scraper.web.language import LANGUAGES, choose, translations
from tests.scraper.web.messages import WORDS, of_errors, of_sentences, of_templates
from tests.scraper.web.visiting import Site


def test_the_browsers_language_is_used(demo_site: Site) -> None:
    page = demo_site.get("/", accept_language="id-ID,id;q=0.9,en;q=0.8")
    assert '<html lang="id">' in page.text
    assert "Suntingan terbaru" in page.words
    assert '<html lang="en">' in demo_site.get("/", accept_language="fr").text


def test_the_switch_is_remembered_in_a_cookie(demo_site: Site) -> None:
    page = demo_site.get("/changes?lang=id", accept_language="en")
    assert "Apa yang diubah penerbit" in page.words
    cookie = page.headers["set-cookie"].partition(";")[0]
    assert "Suntingan" in demo_site.get("/changes", cookie=cookie).words
    assert "Edits" in demo_site.get("/changes", cookie="warta_language=xx").words


def test_an_error_is_in_the_readers_language(demo_site: Site) -> None:
    assert "Tidak ada artikel 999." in demo_site.get("/article/999?lang=id").words


def test_health_and_the_history_of_an_address_are_in_the_readers_language(demo_site: Site) -> None:
    words = demo_site.get("/?lang=id").words
    assert "tidak ada perayapan sejak 2026-11-" in words
    assert "seharusnya paling lama setiap 4 jam 10 menit" in words
    url = demo_site.get("/article/1.json").json["article"]["url"]
    life = demo_site.get(f"/explain?url={url}&lang=id").words
    assert "Pertama kali diumumkan 2026-11-20T" in life
    assert "keadaan tersimpan" in life
    assert "revisi 2 (penerbit, berubah headline, body)" in life
    assert "First announced" in demo_site.get(f"/explain?url={url}&lang=en").words
    assert "no crawl since" in demo_site.get("/.json?lang=id").text  # names and JSON are English


@given(st.text(alphabet="{}a!:0[]. ", max_size=12))
def test_words_of_an_archive_are_no_patterns(text: str) -> None:
    said = worded("{first}: {second}", first=word(text), second=plural(2, "page"))
    assert said == f"{text}: 2 pages"
    assert (
        said.translated(lambda it: {"{count} pages": "{count} halaman"}.get(it, it))
        == f"{text}: 2 halaman"
    )


def test_every_message_is_translated_with_the_same_fields() -> None:
    indonesian = translations("id")
    of_the_archive = {*of_sentences(), *REASONS.values(), *WORDS}
    for message in {*of_templates(), *of_errors(), *of_the_archive}:
        translated = indonesian._messages.get(message)
        assert translated, message
        assert fields(translated) == fields(message), message


def fields(message: str) -> set[str | None]:
    """The fields in braces and the %(fields)s."""
    percents = {part.partition(")")[0] for part in message.split("%(")[1:]}
    return {name for _, name, _, _ in string.Formatter().parse(message) if name} | percents


def test_reasons_that_are_translated_are_todays() -> None:
    """A reworded reason needs its translation reworded."""
    messages = {*of_templates(), *of_errors(), *of_sentences(), *REASONS.values(), *WORDS}
    unknown = set(translations("id")._messages) - messages - SINGLE
    assert unknown == set()


SINGLE = {
    "The archive is not there any more.",
    "There is no article {number}.",
    "Article {number} was not yet in the archive at that time.",
    "Article {number} was taken down: {reason}",
    "Search for its words, or look its address up under “Explain a URL”.",
    "finished",
}
"""Messages that the source holds in variables."""


@given(st.text(alphabet="id-EN;q=01.,* \t\x00é", max_size=60))
def test_any_header_gives_a_language(header: str) -> None:
    assert choose(header) in LANGUAGES


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("id", "id"),
        ("ID-id", "id"),
        ("en;q=0.5, id;q=0.8", "id"),
        ("id;q=0, en", "en"),
        ("id;q=2", "en"),
        ("*", "en"),
        ("jv, su, id", "id"),
    ],
)
def test_the_wish_with_the_highest_quality_counts(header: str, language: str) -> None:
    assert choose(header) == language
