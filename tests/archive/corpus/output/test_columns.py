"""What a row says of where its text came from, and of the text itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rensa import RMinHash

from archive import Archive
from archive.corpus.build import load_selection
from archive.corpus.filters.prose import words
from archive.corpus.filters.score import quality
from archive.corpus.filters.tokens import Words
from archive.corpus.measures import measured
from archive.corpus.output.summary import Summary
from archive.errors import ArchiveDamaged
from archive.syndication.signatures import shingles, split_words
from tests.archive.corpus.newsroom import built, by_id, documents, kept, recipe_of, told
from tests.archive.corpus.newsroom import dropped as dropped_rows

Made = tuple[Path, Summary]

_PAGES = """SELECT a.site || ':' || a.key, s.fetched_at, s.digest, r.extractor
    FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    LEFT JOIN snapshots s ON s.id = r.snapshot_id"""


def test_a_row_names_the_page_its_text_was_read_from_and_what_read_it(
    fates: Path, judged: Made
) -> None:
    with closing(sqlite3.connect(fates)) as db, db:
        pages = {story: rest for story, *rest in db.execute(_PAGES)}
    for row in documents(judged[0]):
        fetched_at, digest, extractor = pages[row["id"]]
        assert datetime.fromisoformat(row["fetched_at"]) == datetime.fromisoformat(fetched_at)
        assert row["fetched_at"].endswith("+00:00")
        assert (row["snapshot_digest"], row["extractor"]) == (digest, extractor)
        assert row["authors"] == ["Sari Melati"]


def test_a_later_revision_names_its_own_page(path: Path, tmp_path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        kept(archive, 1, body="Ralat: " + told(1), day=2, authors=())
    built(path, tmp_path / "now")
    built(path, tmp_path / "then", as_of=datetime.fromisoformat("2026-11-21T03:04:05+00:00"))
    (now,), (then,) = documents(tmp_path / "now"), documents(tmp_path / "then")
    assert (then["revision"], now["revision"]) == (1, 2)
    passed = datetime.fromisoformat(now["fetched_at"]) - datetime.fromisoformat(then["fetched_at"])
    assert passed == timedelta(days=2)
    assert (then["authors"], now["authors"]) == (["Sari Melati"], [])


def test_an_imported_story_names_no_page(path: Path, tmp_path: Path) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER revisions_never_change")
        db.execute("UPDATE revisions SET snapshot_id = NULL")
    built(path, tmp_path / "out")
    (row,) = documents(tmp_path / "out")
    assert row["fetched_at"] is row["snapshot_digest"] is None


def test_the_first_of_a_cluster_is_named_also_where_it_was_dropped(
    fates: Path, judged: Made, all_of_it: Made
) -> None:
    with closing(sqlite3.connect(fates)) as db, db:
        firsts = dict(
            db.execute("SELECT cluster_id, site || ':' || url FROM syndication WHERE is_first")
        )
    rows = [*documents(judged[0]), *documents(all_of_it[0])]
    clustered = [row for row in rows if row["cluster_id"] is not None]
    for row in clustered:
        assert firsts[row["cluster_id"]].startswith(f"{row['cluster_first_site']}:")
        is_it = firsts[row["cluster_id"]] == f"{row['site']}:{row['url']}"
        assert row["is_cluster_first"] == is_it
    assert {row["is_cluster_first"] for row in clustered} == {True, False}
    for row in rows:
        if row["cluster_id"] is None:
            assert (row["cluster_first_site"], row["is_cluster_first"]) == (None, True)


def test_measures_are_those_of_the_exported_text(fates: Path, judged: Made) -> None:
    """Also where numbers were masked in it: everybody can compute them again."""
    recipe = recipe_of(fates, filters="news")
    masked = False
    for row in documents(judged[0]):
        masked |= "<PHONE>" in row["text"]
        again = measured(row["text"], row["language_score"], recipe)
        assert again == {name: row[name] for name in again}
        assert row["word_count"] == len(words(row["text"]))
        assert row["token_count"] == len(Words().word_tokenize(row["text"]))
        assert row["quality"] == quality(row["text"], row["language_score"], recipe.thresholds)
    assert masked


def test_the_measures_follow_when_a_repeated_paragraph_is_taken_out(
    path: Path, tmp_path: Path
) -> None:
    with Archive(path) as archive:
        for number in range(6):
            headline = f"{told(number).split()[1]} {number}"
            body = f"{told(number)}\n\nIkuti saluran pesan kami setiap pagi hari."
            kept(archive, number, body=body, headline=headline)
    summary = built(path, tmp_path / "out", filters="news")
    assert summary.cleaned == (6, 6)
    recipe = recipe_of(path, filters="news")
    for row in documents(tmp_path / "out"):
        again = measured(row["text"], row["language_score"], recipe)
        assert again == {name: row[name] for name in again}


def test_minhash_is_made_as_the_card_says(judged: Made) -> None:
    row = documents(judged[0])[0]
    run = shingles(split_words(row["text"]))
    (minima,) = RMinHash.digest_matrix_from_flat_token_hashes(run, (0, len(run)), 60, 7).to_rows()
    assert row["minhash"] == list(minima)
    card = (judged[0] / "README.md").read_text("utf-8")
    assert f"rensa-{RMinHash.ALGORITHM_VERSION}, seed 7" in card
    assert "30 bands of 2 places" in card


def test_near_duplicates_agree_in_most_places_and_others_in_few(path: Path, tmp_path: Path) -> None:
    with Archive(path) as archive:
        for number in range(1, 6):
            kept(archive, number)
        kept(archive, 1, "berita", body=told(1).replace("Warga", "Penduduk", 1))
    built(path, tmp_path / "out", dedup="none")
    rows = by_id(tmp_path / "out")

    def agreement(one: str, other: str) -> int:
        pairs = zip(rows[one]["minhash"], rows[other]["minhash"], strict=True)
        return sum(a == b for a, b in pairs)

    assert agreement("kabar:kabar-1", "berita:berita-1") > 45
    assert agreement("kabar:kabar-1", "kabar:kabar-2") < 20


def test_a_text_too_short_to_be_compared_has_no_minhash(all_of_it: Made) -> None:
    short = [row for row in documents(all_of_it[0]) if len(split_words(row["text"])) < 20]
    assert short
    assert all(row["minhash"] == [] for row in short)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE snapshots SET fetched_at = '2026-11-20T09:09:09+00:00'", "fetched_at"),
        ("UPDATE snapshots SET digest = 'ff'", "snapshot_digest"),
        ("UPDATE revisions SET extractor = 'lain'", "extractor"),
    ],
)
def test_the_digest_of_the_archive_covers_them(path: Path, statement: str, what: str) -> None:
    with Archive(path) as archive:
        kept(archive, 1)

    def digest() -> str:
        return load_selection(recipe_of(path)).archive_digest

    before = digest()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER revisions_never_change")
        db.execute(statement)
    assert digest() != before, what


def test_what_was_dropped_names_its_page_and_extractor_but_no_file(
    fates: Path, judged: Made
) -> None:
    rows = dropped_rows(judged[0])
    with closing(sqlite3.connect(fates)) as db, db:
        pages = {story: rest for story, *rest in db.execute(_PAGES)}
    for row in rows:
        assert [row["fetched_at"], row["snapshot_digest"], row["extractor"]] == pages[row["id"]]
    assert all(row["contaminated_by"] is row["contaminated_ngram"] is None for row in rows)


def test_card_and_manifest_say_tokens_and_quality(judged: Made) -> None:
    out, summary = judged
    rows = documents(out)
    assert summary.tokens == sum(row["token_count"] for row in rows)
    assert summary.qualities.total() == len(rows)
    card = (out / "README.md").read_text("utf-8")
    assert f"| Tokens | {summary.tokens:,}, by `spacy-id` |" in card


@pytest.mark.parametrize(
    ("authors", "reason"), [('["\\ud800"]', "broken_text"), ('["Sari\\u0000"]', "broken_text")]
)
def test_an_author_that_no_file_may_contain_drops_the_story(
    path: Path, tmp_path: Path, authors: str, reason: str
) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
        kept(archive, 2)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER revisions_never_change")
        db.execute("UPDATE revisions SET authors = ? WHERE article_id = 1", (authors,))
    built(path, tmp_path / "out")
    assert [row["reason"] for row in dropped_rows(tmp_path / "out")] == [reason]


@pytest.mark.parametrize("authors", ["Sari", "{}", "[1]", "null"])
def test_authors_that_are_no_list_are_one_sentence(
    path: Path, tmp_path: Path, authors: str
) -> None:
    with Archive(path) as archive:
        kept(archive, 1)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER revisions_never_change")
        db.execute("UPDATE revisions SET authors = ?", (authors,))
    with pytest.raises(ArchiveDamaged, match="article 1: its authors are not a JSON list"):
        built(path, tmp_path / "out")
