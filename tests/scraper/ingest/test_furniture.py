"""Furniture that is learnt from a site's own pages: what stands on many of them and is no one
story's text, and never the refrain of a series.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from shutil import copyfile

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Archive, Page
from archive.maintenance.verify import verify
from archive.revisions.furniture import MAX_GROWTH, MIN_PAGES, SAMPLE
from scraper.cli.main import main
from scraper.extraction.article import extractor_of
from scraper.extraction.workers import Limits, Workers
from scraper.ingest.furniture import MIN_STORIES, Seen, furnished, learn, see
from scraper.ingest.reextraction import Report, reextract, waiting
from scraper.spiders.rmol import SITE
from tests.scraper.ingest.reextraction.kept import NOW, crawled
from tests.scraper.ingest.stories_of_a_site import (
    BOX,
    BOX_TEXT,
    LINE,
    LINE_TEXT,
    REFRAIN,
    keep_all,
    prose_of,
    story_page,
)

Warta = Callable[..., Result]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "news.db"


@pytest.fixture
def warta(path: Path) -> Warta:
    def run(*words: str) -> Result:
        done = CliRunner().invoke(main, [*words, "--archive", str(path)])
        assert done.exit_code == 0, (done.output, done.exception)
        return done

    return run


def learnt(pages: Iterator[Page] | list[Page]) -> set[str]:
    seen = [found for page in pages if (found := see(page, SITE)) is not None]
    return set(learn(seen, {}))


# What is furniture


def test_a_box_that_stands_on_every_page_is_furniture() -> None:
    assert learnt([story_page(n, among=BOX) for n in range(30)]) == {BOX_TEXT}


def test_a_box_on_every_third_page_of_all_kinds_of_stories_is_furniture() -> None:
    pages = [story_page(n, among=BOX if n % 3 == 0 else "") for n in range(60)]
    assert learnt(pages) == {BOX_TEXT}


def test_a_line_with_a_link_is_furniture_wherever_it_stands() -> None:
    line = '<p>Ikuti kabar desa kami di <a href="https://kanal.example/">saluran ini</a> juga.</p>'
    pages = [story_page(n, below=line if n % 2 else "") for n in range(40)]
    assert learnt(pages) == {"Ikuti kabar desa kami di saluran ini juga."}


def test_a_plain_line_among_the_paragraphs_of_most_unrelated_stories_is_furniture() -> None:
    assert learnt([story_page(n, below=LINE) for n in range(30)]) == {LINE_TEXT}


def test_a_box_on_a_few_pages_is_none() -> None:
    pages = [story_page(n, among=BOX if n < 9 else "") for n in range(60)]
    assert learnt(pages) == set()


def test_a_plain_line_on_fewer_than_half_of_the_pages_is_none() -> None:
    pages = [story_page(n, below=LINE if n % 3 == 0 else "") for n in range(60)]
    assert learnt(pages) == set()


def test_nothing_is_learnt_from_fewer_than_thirty_pages() -> None:
    assert learnt([story_page(n, among=BOX) for n in range(MIN_PAGES - 1)]) == set()


def test_short_lines_among_the_paragraphs_are_cross_headings() -> None:
    assert learnt([story_page(n, among="<p>Latar belakang</p>") for n in range(40)]) == set()


def test_a_box_whose_numbers_differ_is_furniture() -> None:
    pages = [
        story_page(n, among=f'<div class="n">Disimpan {n} pembaca setia.</div>') for n in range(30)
    ]
    assert learnt(pages) == {"Disimpan 0 pembaca setia."}


def test_paragraphs_that_differ_only_in_their_numbers_are_prose() -> None:
    prose = [f"Warga menanam {{0}} batang padi di petak {place}." for place in range(5)]
    pages = [story_page(n, among=BOX, prose=[text.format(n) for text in prose]) for n in range(30)]
    assert learnt(pages) == {BOX_TEXT}


def test_times_and_scores_in_boxes_of_their_own_are_none() -> None:
    times = '<div class="jam">08.{0} WIB</div><div class="skor">{0}-1</div>'
    assert learnt([story_page(n, among=times.format(n)) for n in range(30)]) == set()


@given(st.permutations(range(40)))
@settings(max_examples=20)
def test_the_order_of_the_pages_does_not_matter(order: list[int]) -> None:
    pages = [
        seen("R5", {f"Kanal {n % 3} kami.": False, "Tamat.": True}, ("tag", str(n % 7)))
        for n in range(40)
    ]
    assert learn([pages[n] for n in order], {}) == learn(pages, {})


PAGES = st.lists(
    st.builds(
        Seen,
        layout=st.sampled_from(["R4", "R5"]),
        traits=st.frozensets(st.tuples(st.just("tag"), st.sampled_from("abcd"))),
        blocks=st.dictionaries(st.sampled_from(["Satu.", "Dua.", "Tiga."]), st.booleans()),
        length=st.integers(0, 200),
    ),
    min_size=MIN_PAGES,
    max_size=MIN_PAGES + 20,
)


@given(PAGES)
@settings(max_examples=30)
def test_whatever_is_learnt_stands_on_many_pages(pages: list[Seen]) -> None:
    for text in learn(pages, {}):
        assert sum(text in page.blocks for page in pages) >= MIN_STORIES


# What is a series' refrain


@pytest.mark.parametrize("refrain", [REFRAIN, f'<div class="penutup">{REFRAIN}</div>'])
@pytest.mark.parametrize("stories", [12, 25, 40])
def test_the_refrain_of_a_channel_is_no_furniture(refrain: str, stories: int) -> None:
    series = [story_page(n, below=refrain, channel="dongeng") for n in range(stories)]
    others = [story_page(100 + n) for n in range(40)]
    assert learnt([*series, *others]) == set()


@pytest.mark.parametrize("refrain", [REFRAIN, f'<div class="penutup">{REFRAIN}</div>'])
def test_the_refrain_of_stories_whose_headlines_share_a_word_is_no_furniture(refrain: str) -> None:
    series = [
        story_page(n, below=refrain, headline=f"Dongeng Nenek: {prose_of(n)[0][:20]}")
        for n in range(20)
    ]
    assert learnt([*series, *(story_page(100 + n) for n in range(30))]) == set()


def test_a_refrain_that_two_series_share_is_no_furniture() -> None:
    one = [story_page(n, below=REFRAIN, channel="dongeng") for n in range(15)]
    two = [story_page(100 + n, below=REFRAIN, channel="pantun") for n in range(15)]
    assert learnt([*one, *two, *(story_page(200 + n) for n in range(30))]) == set()


def test_an_archive_of_one_series_keeps_its_refrain() -> None:
    pages = [
        story_page(n, below=REFRAIN, headline=f"Dongeng Nenek Malam Ke-{n}") for n in range(40)
    ]
    assert learnt(pages) == set()


def test_both_kinds_on_one_site_are_told_apart() -> None:
    series = [story_page(n, among=BOX, below=REFRAIN, channel="dongeng") for n in range(15)]
    others = [story_page(100 + n, among=BOX, below=LINE) for n in range(40)]
    assert learnt([*series, *others]) == {BOX_TEXT, LINE_TEXT}


def test_stories_that_are_filled_in_templates_show_nothing() -> None:
    prices = [f"Harga {thing} di pasar desa hari ini masih sama." for thing in ("beras", "kopi")]
    assert learnt([story_page(n, prose=(*prices, f"Dicatat ke-{n}.")) for n in range(40)]) == set()


def test_the_background_of_a_running_story_is_no_furniture() -> None:
    background = "<p>Sebelumnya, jembatan kayu di hulu sungai itu roboh pada bulan Maret lalu.</p>"
    running = [
        story_page(n, below=background, headline=f"Jembatan Roboh, Hari Ke-{n}") for n in range(30)
    ]
    assert learnt([*running, *(story_page(100 + n) for n in range(20))]) == set()


# In an archive


def bodies(path: Path) -> list[str]:
    with Archive(path, read_only=True) as archive:
        return [kept.article.body for kept in archive.articles()]


def revisions(path: Path) -> set[tuple[str, str]]:
    with Archive(path, read_only=True) as archive:
        rows = archive.db.query("SELECT kind, changed FROM history")
        return {(row["kind"], row["changed"]) for row in rows}


def with_boxes(archive: Archive) -> None:
    keep_all(archive, (story_page(n, among=BOX) for n in range(30)))


@pytest.fixture
def kept(path: Path, made: Callable[..., Path]) -> Path:
    """An archive of thirty stories with a box, which was crawled before anything was learnt."""
    return Path(copyfile(made(with_boxes), path))


def test_what_is_learnt_is_a_technical_revision_and_never_an_edit(kept: Path, warta: Warta) -> None:
    assert all(BOX_TEXT in body for body in bodies(kept))
    assert warta("reextract", "-j", "1").stderr == "30 stories changed.\n"
    assert not any(BOX_TEXT in body for body in bodies(kept))
    assert revisions(kept) == {("first", "[]"), ("technical", '["body"]')}
    assert warta("reextract", "-j", "1").stderr.startswith("Nothing to read")


def test_a_dry_run_shows_it_and_learns_nothing(kept: Path, warta: Warta) -> None:
    assert "30 stories would change" in warta("reextract", "--dry-run", "-j", "1").stderr
    with Archive(kept, read_only=True) as archive:
        assert archive.furniture.newest("rmol") is None


def test_while_its_site_is_crawled_nothing_is_learnt(kept: Path, warta: Warta) -> None:
    with FileLock(kept.with_name("news.db.rmol.lock"), is_singleton=False):
        assert warta("reextract", "-j", "1").stderr.startswith("Nothing to read")
    with Archive(kept, read_only=True) as archive:
        assert archive.furniture.newest("rmol") is None
    assert warta("reextract", "-j", "1").stderr == "30 stories changed.\n"


def test_what_a_crawl_has_learnt_meanwhile_is_not_undone(kept: Path) -> None:
    now = NOW + timedelta(hours=1)
    with Archive(kept) as archive, Workers(1, Limits()) as workers:
        run = partial(reextract, workers=workers, advance=lambda _n: None, now=now, dry_run=False)
        under_way = list(waiting(archive, [SITE], again=True))
        with archive.transaction(now):
            archive.furniture.write("rmol", {BOX_TEXT: False})
        meanwhile = waiting(archive, [furnished(archive, SITE)])
        assert len(list(run(archive, meanwhile, Report()))) == 30
        assert list(run(archive, under_way, Report())) == []
    assert not any(BOX_TEXT in body for body in bodies(kept))


def test_the_extractors_name_changes_with_what_is_learnt(kept: Path, warta: Warta) -> None:
    warta("reextract", "-j", "1")
    with Archive(kept, read_only=True) as archive:
        site = furnished(archive, SITE)
        assert site.furniture is not None
        assert extractor_of(site) == f"{extractor_of(SITE)}.{site.furniture.digest}"
        assert {each.article.extractor for each in archive.articles()} == {extractor_of(site)}


def test_a_site_of_which_nothing_is_learnt_is_read_as_before(path: Path) -> None:
    with Archive(path) as archive:
        keep_all(archive, (story_page(n) for n in range(3)))
        assert furnished(archive, SITE) is SITE


def test_two_archives_of_the_same_pages_learn_the_same(kept: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with Archive(other) as archive:
        keep_all(archive, (story_page(n, among=BOX) for n in range(30)))
    digests = set()
    for path in (kept, other):
        CliRunner().invoke(main, ["reextract", "-j", "2", "--archive", str(path)])
        with Archive(path, read_only=True) as archive:
            furniture = archive.furniture.newest("rmol")
            assert furniture is not None
            digests.add((furniture.digest, *furniture.blocks.items()))
    assert len(digests) == 1


def test_a_quotation_of_the_same_words_in_a_paragraph_stays(kept: Path, warta: Warta) -> None:
    warta("reextract", "-j", "1")
    with Archive(kept) as archive:
        quoting = story_page(50, among=BOX, below=f"<p>{BOX_TEXT}</p>")
        revision = crawled(archive, quoting, site=furnished(archive, SITE))
        assert revision is not None
        body = archive.article(quoting.url).article.body
    assert body.split("\n\n") == [*prose_of(50), BOX_TEXT]


def test_explain_names_what_was_taken_out_and_since_when(kept: Path, warta: Warta) -> None:
    url = story_page(3).url
    assert json.loads(warta("explain", url, "--json").stdout)["furniture"] == []
    warta("reextract", "-j", "1")
    (block,) = json.loads(warta("explain", url, "--json").stdout)["furniture"]
    assert block["text"] == BOX_TEXT
    with Archive(kept, read_only=True) as archive:
        assert block["since"] == archive.furniture.learnt_at("rmol", BOX_TEXT).isoformat()
    assert f': "{BOX_TEXT}"' in warta("explain", url).stdout


def test_extract_takes_out_what_an_archive_has_learnt(
    kept: Path, warta: Warta, tmp_path: Path
) -> None:
    page, file = story_page(70, among=BOX), tmp_path / "page.html"
    file.write_bytes(page.body)
    before = json.loads(warta("extract", str(file), "--url", page.url).stdout)
    assert BOX_TEXT in before["body"]  # no page of the archive is read for this one
    warta("reextract", "-j", "1")
    after = json.loads(warta("extract", str(file), "--url", page.url, "--explain").stdout)
    assert BOX_TEXT not in after["body"]
    assert {"rule": "site_furniture", "text": BOX_TEXT} in after["evidence"]["taken"]
    alone = CliRunner().invoke(main, ["extract", str(file), "--url", page.url])
    assert BOX_TEXT in json.loads(alone.stdout)["body"]


def test_the_archive_reads_as_it_was_before_and_is_sound(kept: Path, warta: Warta) -> None:
    warta("reextract", "-j", "1")
    with Archive(kept, read_only=True) as archive:
        assert [finding for finding in verify(archive) if not finding.ok] == []
        with archive.as_of(NOW) as past:
            assert list(past.db.query("SELECT * FROM furniture")) == []
            assert BOX_TEXT in past.article(1).article.body


# When it is learnt


def counted(archive: Archive, pages: int) -> None:
    with archive.transaction(NOW):
        archive.db.execute("UPDATE packing SET pages = ? WHERE site = 'rmol'", [pages])


def learn_at(archive: Archive, pages: int) -> None:
    counted(archive, pages)
    with archive.transaction(NOW + timedelta(minutes=pages)):
        archive.furniture.write("rmol", {"Kabar desa.": False})


@pytest.mark.parametrize(
    ("last", "pages", "due"),
    [
        (30, 59, False),
        (30, 60, True),
        (2_000, 2_000 + MAX_GROWTH - 1, False),
        (2_000, 2_000 + MAX_GROWTH, True),
    ],
)
def test_it_is_learnt_anew_when_the_pages_have_doubled_or_are_many_more(
    kept: Path, last: int, pages: int, due: bool
) -> None:
    with Archive(kept) as archive:
        assert len(archive.furniture.due("rmol")) == 30
        learn_at(archive, last)
        counted(archive, pages)
        assert (archive.furniture.due("rmol") != []) is due


def test_of_a_large_archive_the_newest_pages_and_some_of_all_others_are_compared(
    path: Path,
) -> None:
    with Archive(path) as archive:
        keep_all(archive, (story_page(n) for n in range(SAMPLE + 50)))
        chosen = archive.furniture.due("rmol")
    assert len(chosen) == len(set(chosen)) == SAMPLE
    assert chosen[-SAMPLE // 2 :] == list(range(SAMPLE // 2 + 51, SAMPLE + 51))
    assert chosen[0] == 1


def seen(layout: str, blocks: dict[str, bool], *traits: tuple[str, str]) -> Seen:
    return Seen(layout=layout, traits=frozenset(traits), blocks=blocks, length=10_000)


def test_what_was_learnt_stays_when_the_site_no_longer_shows_it() -> None:
    today = [seen("R5", {"Kanal baru kami.": False}) for _page in range(40)]
    before = {"Kanal lama kami.": False}
    assert learn(today, before) == {"Kanal baru kami.": False, **before}


def test_what_was_learnt_goes_when_it_turns_out_to_be_a_series() -> None:
    series = [seen("R5", {"Tamat sudah.": False}, ("tag", "dongeng")) for _page in range(20)]
    others = [seen("R5", {}) for _page in range(20)]
    assert learn([*series, *others], {"Tamat sudah.": False}) == {}


def test_the_pages_of_each_layout_are_judged_by_themselves() -> None:
    old = [seen("R4", {}, ("channel", "lama")) for _page in range(80)]
    new = [seen("R5", {"Kanal baru kami.": False}, ("channel", f"baru{n % 5}")) for n in range(20)]
    assert learn([*old, *new], {}) == {"Kanal baru kami.": False}


@pytest.mark.parametrize("in_prose", [True, False])
def test_a_series_may_have_a_layout_of_its_own(in_prose: bool) -> None:
    series = [seen("seri", {"Tamat sudah ceritanya.": in_prose}, ("tag", "dongeng"))] * 20
    others = [seen("R5", {}, ("tag", str(n))) for n in range(40)]
    assert learn([*series, *others], {}) == {}


def test_sets_follow_each_other_and_a_block_knows_its_own(path: Path) -> None:
    with Archive(path) as archive:
        for hours, blocks in enumerate(({"a": False}, {"a": False, "b": True}, {"b": True})):
            with archive.transaction(NOW + timedelta(hours=hours)):
                archive.furniture.write("rmol", blocks)
        newest = archive.furniture.newest("rmol")
        assert newest is not None
        assert newest.blocks == {"b": True}
        assert archive.furniture.learnt_at("rmol", "b") == NOW + timedelta(hours=1)
        with archive.as_of(NOW + timedelta(hours=1)) as past:
            rows = past.db.query("SELECT text FROM furniture WHERE ended_set IS NULL ORDER BY 1")
            assert [row["text"] for row in rows] == ["a", "b"]
