"""One page under many addresses: a wrong cache, a captcha, a notice in place of the stories."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Archive
from archive.maintenance.verify import verify
from archive.monitoring import health
from archive.monitoring.incidents import Incident
from scraper.cli.demo.proxy import Answer, Answers, ReplayProxy
from scraper.ingest.same_body import fits_address
from tests.scraper.crawling.conftest import Crawl, home, rows, run, small_site, story, story_url
from tests.scraper.crawling.contents import assert_whole
from tests.scraper.crawling.newsroom import prose

NUMBERS = range(1, 13)
MORNING, NOON, EVENING = (f"NOW=2026-11-21T{hour}:00:00+00:00" for hour in ("00", "05", "12"))

Serve = Callable[[Answers], ReplayProxy]


def healthy(*numbers: int) -> dict[str, Answer]:
    """A small site whose stories share no paragraph."""
    return small_site() | _with_home({story_url(n): told(n) for n in numbers or NUMBERS})


def told(number: int, *, headline: str | None = None, head: str = "") -> Answer:
    answer = story(number, headline=headline, prose=prose(number))
    return replace(answer, body=answer.body.replace(b"</head>", head.encode() + b"</head>"))


def _with_home(stories: dict[str, Answer]) -> dict[str, Answer]:
    return {"https://rmol.id/": home(*stories)} | stories


def everywhere(page: Answer, site: dict[str, Answer], *, but: int = 0) -> dict[str, Answer]:
    """The site, whose stories all have this page from the n-th on."""
    stories = [url for url in site if "/read/" in url]
    return site | dict.fromkeys(stories[but:], page)


def captcha(*, token: int = 1, headline: str = "Pemeriksaan Keamanan") -> Answer:
    """A page of no known wording, in no layout of the site."""
    text = (
        f"Sebelum melanjutkan, sistem kami perlu menilai sambungan Anda dari alamat 10.0.0.{token}."
        " Mohon tunggu beberapa detik, lalu geser gambar di bawah ini sampai potongannya cocok."
        " Bila halaman ini tidak berpindah sendiri, muat ulang lewat tombol di kanan atas layar."
        f" Nomor rujukan permintaan adalah {token * 7919}; sertakan nomor itu bila menghubungi kami"
        " lewat surat elektronik layanan pelanggan pada hari dan jam kerja."
    )
    page = f"<html><head><title>{headline}</title></head><body><h1>{headline}</h1><p>{text}</p>"
    return Answer(body=f"{page}</body></html>".encode())


def had(news: Path) -> dict[str, str]:
    """URL -> headline."""
    return {str(r["url"]): str(r["headline"]) for r in rows(news, "SELECT * FROM latest")}


def right(*numbers: int) -> dict[str, str]:
    return {
        story_url(n): f"Saluran Air Kampung Damar Diperbaiki Tahap {n}" for n in numbers or NUMBERS
    }


def doubted(news: Path) -> set[str]:
    found = rows(
        news,
        "SELECT url FROM ledger WHERE state = 'failed'"
        " AND reason IN ('same_body_elsewhere', 'names_another_story', 'challenge_page')",
    )
    return {str(row["url"]) for row in found}


def said(serve: Serve, news: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(serve({}), "scraper", *words, "--archive", str(news))


def kinds(news: Path) -> set[str]:
    return {str(row["kind"]) for row in rows(news, "SELECT DISTINCT kind FROM history")}


def assert_well(news: Path) -> None:
    """Every story is had, as it is, and nothing passed for an edit."""
    assert had(news) == right()
    assert doubted(news) == set()
    assert kinds(news) <= {"first", "technical"}
    with Archive(news, read_only=True) as archive:
        assert [finding for finding in verify(archive) if not finding.ok] == []


# A cache that answers with one story for all


def test_a_cache_that_has_one_story_for_all_edits_none_that_is_known(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    proxy = serve(healthy())
    crawl(proxy, "rmol", "-s", MORNING)
    proxy.answers = everywhere(told(3), healthy())
    crawl(proxy, "rmol", "-s", NOON)
    assert had(news) == right()
    assert doubted(news) == {story_url(n) for n in NUMBERS} - {story_url(3)}
    proxy.answers = healthy()
    crawl(proxy, "rmol", "-s", EVENING)
    assert_well(news)
    assert kinds(news) == {"first"}


def test_a_cache_that_has_one_story_for_all_makes_no_articles_of_it(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    proxy = serve(everywhere(told(3), healthy()))
    done = crawl(proxy, "rmol", "-s", MORNING)
    assert had(news) == right(3)
    assert "11 same_body_elsewhere" in done.stdout
    proxy.answers = healthy()
    crawl(proxy, "rmol", "-s", NOON)
    assert_well(news)


def test_a_cache_is_noticed_where_addresses_say_nothing_of_their_headlines(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    def site() -> dict[str, Answer]:
        pages = {story_url(n, "x"): told(n, headline=f"Kabar Lain {n + 50}") for n in NUMBERS}
        return small_site() | _with_home(pages)

    proxy, wrong = serve(site()), told(3, headline="Kabar Lain 53")
    crawl(proxy, "rmol", "-s", MORNING)
    before = had(news)
    proxy.answers = everywhere(wrong, site())
    crawl(proxy, "rmol", "-s", NOON)
    assert had(news) == before
    assert doubted(news) == before.keys() - {story_url(3, "x")}
    proxy.answers = site()
    crawl(proxy, "rmol", "-s", EVENING)
    assert (had(news), doubted(news), kinds(news)) == (before, set(), {"first"})


@pytest.mark.parametrize("order", [NUMBERS, tuple(reversed(NUMBERS)), (5, 3, 9, 1, 12, 2)])
def test_the_order_of_the_copies_makes_no_difference(
    serve: Serve, crawl: Crawl, news: Path, order: tuple[int, ...]
) -> None:
    site = _with_home({story_url(n): told(3) for n in order})
    crawl(serve(small_site() | site), "rmol", "-s", MORNING)
    assert had(news) == right(3)


def test_headlines_that_stay_over_the_text_of_another_story_are_doubted(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    wrong = {
        story_url(n): story(n, prose=prose(3)).body.replace(b"(%d)" % n, b"(3)") for n in NUMBERS
    }
    proxy = serve(healthy())
    crawl(proxy, "rmol", "-s", MORNING)
    proxy.answers = healthy() | {url: Answer(body=body) for url, body in wrong.items()}
    crawl(proxy, "rmol", "-s", NOON)
    assert doubted(news) == {story_url(n) for n in NUMBERS} - {story_url(3)}
    assert kinds(news) == {"first"}
    proxy.answers = healthy()
    crawl(proxy, "rmol", "-s", EVENING)
    assert_well(news)


def test_new_headlines_over_one_text_are_doubted_and_had_when_all_is_well(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    wrong = {
        story_url(n): story(n, prose=prose(3)).body.replace(b"(%d)" % n, b"(3)") for n in NUMBERS
    }
    proxy = serve(healthy() | {url: Answer(body=body) for url, body in wrong.items()})
    crawl(proxy, "rmol", "-s", MORNING)
    assert doubted(news) == {story_url(n) for n in NUMBERS}
    proxy.answers = healthy()
    crawl(proxy, "rmol", "-s", NOON)
    assert_well(news)


# A captcha


@pytest.mark.parametrize("but", [0, 4])
def test_a_captcha_is_no_article_whichever_page_it_begins_with(
    serve: Serve, crawl: Crawl, news: Path, but: int
) -> None:
    proxy = serve(everywhere(captcha(), healthy(), but=but))
    crawl(proxy, "rmol", "-s", MORNING)
    assert had(news) == right(*list(NUMBERS)[:but]) if but else had(news) == {}
    assert len(doubted(news)) == len(NUMBERS) - but
    proxy.answers = healthy()
    crawl(proxy, "rmol", "-s", NOON)
    assert_well(news)


def test_a_captcha_with_a_number_of_its_own_in_each_copy_is_no_article(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    site = healthy() | {story_url(n): captcha(token=n) for n in NUMBERS}
    crawl(serve(site), "rmol", "-s", MORNING)
    assert had(news) == {}
    assert len(doubted(news)) == len(NUMBERS)


def test_a_captcha_that_lasts_is_known_by_the_next_crawl_from_its_first_page_on(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    proxy = serve(everywhere(captcha(), healthy(1, 2)))
    crawl(proxy, "rmol", "-s", MORNING)
    proxy.answers = everywhere(captcha(), healthy(1, 2, 3))
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T00:20:00+00:00")
    assert had(news) == {}
    assert story_url(3) in doubted(news)


def test_the_first_copy_that_was_alone_in_its_crawl_is_doubted_with_the_second(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    proxy = serve(everywhere(captcha(), healthy(1)))
    crawl(proxy, "rmol", "-s", MORNING)
    assert len(had(news)) == 1  # nothing to compare it with yet
    proxy.answers = everywhere(captcha(), healthy(1, 2))
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T00:20:00+00:00")
    assert doubted(news) == {story_url(1), story_url(2)}
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T02:00:00+00:00")
    assert doubted(news) == {story_url(1), story_url(2)}  # it lasts
    proxy.answers = healthy(1, 2)
    crawl(proxy, "rmol", "-s", EVENING)
    assert had(news) == right(1, 2)
    assert kinds(news) == {"first", "technical"}
    assert_whole(news)


def test_a_captcha_in_place_of_known_stories_is_no_redesign(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    proxy = serve(healthy())
    crawl(proxy, "rmol", "-s", MORNING)
    proxy.answers = everywhere(captcha(), healthy())
    crawl(proxy, "rmol", "-s", NOON)
    reasons = rows(news, "SELECT DISTINCT reason FROM ledger WHERE state = 'failed'")
    assert reasons == [{"reason": "same_body_elsewhere"}]
    assert len(doubted(news)) == len(NUMBERS)
    assert rows(news, "SELECT * FROM drifts") == []
    assert had(news) == right()


def test_known_wordings_of_captchas_are_refused_at_once(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    page = captcha(headline="Just a moment...")
    crawl(serve(healthy(1, 2) | {story_url(2): page}), "rmol", "-s", MORNING)
    assert had(news) == right(1)
    assert rows(news, "SELECT reason FROM ledger WHERE url = ?", story_url(2)) == [
        {"reason": "challenge_page"}
    ]


# What a page says of itself


@pytest.mark.parametrize(
    "head", ['<link rel="canonical" href="{url}">', '<meta property="og:url" content="{url}">']
)
def test_a_page_that_names_another_story_is_not_this_one(
    serve: Serve, crawl: Crawl, news: Path, head: str
) -> None:
    named = told(3, head=head.format(url=story_url(3)))
    crawl(serve(everywhere(named, healthy())), "rmol", "-s", MORNING)
    assert had(news) == right(3)
    reasons = rows(news, "SELECT DISTINCT reason FROM ledger WHERE state = 'failed'")
    assert reasons == [{"reason": "names_another_story"}]


# Legitimate repeats


def test_a_story_that_its_site_runs_twice_under_one_headline_is_had_twice(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    first, again = story_url(1, "panen-raya").removesuffix("-1"), story_url(2, "panen-raya")
    page = story(1, headline="Panen Raya Kampung Damar", prose=prose(1))
    crawl(serve(small_site() | _with_home({first: page, again: page})), "rmol", "-s", MORNING)
    assert set(had(news)) == {first, again}


def test_a_story_that_its_site_runs_again_under_another_headline_is_had_with_the_second_look(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    first, second = story_url(1), story_url(2, "panen-raya")
    body = told(7).body
    pages = {
        first: Answer(body=body.replace(b"Tahap 7", b"Tahap 1")),
        second: Answer(
            body=body.replace(b"Saluran Air Kampung Damar Diperbaiki Tahap 7", b"Panen Raya 2")
        ),
    }
    proxy = serve(small_site() | _with_home(pages))
    crawl(proxy, "rmol", "-s", MORNING)
    assert len(had(news)) == len(doubted(news)) == 1
    crawl(proxy, "rmol", "-s", NOON)
    assert set(had(news)) == set(pages)
    assert doubted(news) == set()


def test_a_correction_of_a_story_that_runs_twice_is_an_edit_of_both(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    first, again = story_url(1, "panen-raya").removesuffix("-1"), story_url(2, "panen-raya")
    page, mended = (
        story(1, headline="Panen Raya Kampung Damar", prose=prose(1, rewritten=edited))
        for edited in (False, True)
    )
    proxy = serve(small_site() | _with_home({first: page, again: page}))
    crawl(proxy, "rmol", "-s", MORNING)
    proxy.answers = small_site() | _with_home({first: mended, again: mended})
    crawl(proxy, "rmol", "-s", NOON, "--recheck", "all")
    assert doubted(news) == set()
    edits = rows(news, "SELECT url FROM history WHERE kind = 'publisher'")
    assert {row["url"] for row in edits} == {first, again}


def test_a_story_that_was_imported_without_its_address_does_not_make_its_page_doubtful(
    serve: Serve, crawl: Crawl, news: Path, tmp_path: Path
) -> None:
    url = story_url(1, "judul-lama")
    record = {"title": "Kabar", "content": "\n\n".join(f"{p} (1)" for p in prose(1))}
    (tmp_path / "a.jsonl").write_text(json.dumps(record | {"source": "rmol"}))
    said(serve, news, "import", str(tmp_path / "a.jsonl"), "--site", "rmol")
    crawl(serve(small_site() | _with_home({url: told(1, headline="Kabar")})), "rmol", "-s", MORNING)
    assert len(rows(news, "SELECT * FROM latest")) == 2
    assert doubted(news) == set()


def test_texts_of_one_form_with_other_facts_are_no_doubt(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    form = (
        "Jadwal salat untuk wilayah {city} dan sekitarnya pada tanggal {n} November 2026 menurut"
        " hitungan kantor wilayah adalah sebagai berikut.",
        "Subuh pukul 04.{n:02}, zuhur pukul 11.{m:02}, asar pukul 15.{n:02}, magrib pukul"
        " 17.{m:02}, isya pukul 19.{n:02}, semuanya dalam waktu setempat.",
        "Warga diminta memeriksa kembali jadwal di masjid terdekat karena perbedaan letak dapat"
        " menggeser waktu satu sampai dua menit.",
    )
    pages = {}
    for n, city in enumerate(("Damar", "Lembayung", "Sangkala", "Amparan"), start=11):
        text = tuple(line.format(city=city, n=n, m=n + 20) for line in form)
        url = story_url(n, f"jadwal-salat-{city.lower()}")
        pages[url] = story(n, headline=f"Jadwal Salat {city} {n} November", prose=text)
    crawl(serve(small_site() | _with_home(pages)), "rmol", "-s", MORNING)
    assert set(had(news)) == set(pages)


def test_addresses_that_say_nothing_of_their_headlines_are_had_at_once(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    pages = {story_url(n, "x"): told(n, headline=f"Kabar Lain Nomor {n + 50}") for n in NUMBERS}
    crawl(serve(small_site() | _with_home(pages)), "rmol", "-s", MORNING)
    assert set(had(news)) == set(pages)


# What the program says of it


def test_three_such_pages_are_an_incident_until_they_are_had(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    def incidents() -> list[Incident]:
        now = datetime(2026, 11, 21, 6, tzinfo=UTC)
        with Archive(news, read_only=True) as archive:
            found = health.incidents(archive, now=now, limits=health.Limits(disk_free=0))
        return [each for each in found if each.kind == "wrong_pages"]

    proxy = serve(healthy())
    crawl(proxy, "rmol", "-s", MORNING)
    proxy.answers = everywhere(told(3), healthy(), but=10)
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T02:00:00+00:00")
    assert incidents() == []  # two
    proxy.answers = everywhere(told(3), healthy())
    crawl(proxy, "rmol", "-s", NOON, "--recheck", "all")
    (incident,) = incidents()
    assert incident.site == "rmol"
    assert "11 pages are not the story of their address" in incident.why
    assert set(incident.urls) <= {story_url(n) for n in NUMBERS}
    assert len(incident.urls) == health.SHOWN
    proxy.answers = healthy()
    crawl(proxy, "rmol", "-s", EVENING, "--recheck", "all")
    assert incidents() == []


def test_explain_says_why_a_page_was_not_believed(serve: Serve, crawl: Crawl, news: Path) -> None:
    proxy = serve(everywhere(captcha(), healthy(1)))
    crawl(proxy, "rmol", "-s", MORNING)
    proxy.answers = everywhere(captcha(), healthy(1, 2))
    crawl(proxy, "rmol", "-s", "NOW=2026-11-21T00:20:00+00:00")
    first, second = (said(serve, news, "explain", story_url(n)).stdout for n in (1, 2))
    assert "Its kept page was doubted, as other stories have its text, too," in first
    assert "failed (other stories of the site have the same text: a wrong page?)" in second


def test_the_evidence_is_kept_and_no_other_extractor_makes_an_article_of_it(
    serve: Serve, crawl: Crawl, news: Path
) -> None:
    crawl(serve(everywhere(captcha(), healthy())), "rmol", "-s", MORNING)
    kept = rows(news, "SELECT count(*) AS n FROM snapshots")[0]["n"]
    assert kept == len(NUMBERS)
    assert said(serve, news, "reextract", "--all").returncode == 0
    assert had(news) == {}


# One rule, by itself

FITTING = [
    ("harga-beras-naik", "Harga Beras Naik Sepekan", True),
    ("rp-125-miliar-untuk-jembatan", "Rp1,25 Miliar untuk Jembatan", True),
    ("jumat-pasar-tutup", "Jum'at, Pasar Tutup", True),
    ("pasar-lama-dibuka-kembali", "Pasar Lama Kembali Buka", True),
    ("kabar-desa-7", "Kabar Desa Nomor 7", True),
    ("kabar-desa-7", "Kabar Desa Nomor 3", False),
    ("harga-beras-naik", "Pemeriksaan Keamanan", False),
    ("harga-beras-naik", None, False),
    ("", "Harga Beras Naik", None),
    ("1273482", "Harga Beras Naik", None),
]


@pytest.mark.parametrize(("slug", "headline", "fits"), FITTING)
def test_a_headline_is_that_of_its_address_or_not(
    slug: str, headline: str | None, fits: bool | None
) -> None:
    assert fits_address(slug, headline) is fits
