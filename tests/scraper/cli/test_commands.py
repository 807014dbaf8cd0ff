"""The commands that read an archive: data on stdout, messages on stderr, one plain line for what
went wrong.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from archive import Archive
from archive.ledger.wording import REASONS, sentence
from scraper.cli.main import COMMANDS, main
from tests.archive.invented import BODY, SITE, announce, keep, link, story, url_of
from tests.scraper.cli.library import fill

Warta = Callable[..., Result]
JSON = ("--json",)


@pytest.fixture(autouse=True)
def library(path: Path, made: Callable[..., Path]) -> Path:
    return Path(copyfile(made(fill), path))


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def text(result: Result) -> str:
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def complaint(result: Result) -> str:
    """The one line of a command that failed."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


# show


@pytest.mark.parametrize(
    "reference",
    [
        "1",
        "kabar-1",
        url_of(1),
        url_of(1) + "/?utm_source=x#atas",
        "http" + url_of(1)[5:],
        url_of(6),
    ],
)
def test_show_finds_a_story_by_number_story_id_or_any_of_its_addresses(
    warta: Warta, reference: str
) -> None:
    assert "Harga Beras Naik" in text(warta("show", reference))


def test_show_prints_the_story_as_it_stands(warta: Warta) -> None:
    assert text(warta("show", "1")).splitlines() == [
        "Ekonomi Desa",
        "Harga Beras Naik",
        "Jembatan selesai, pembeli datang",
        (
            "Sari Melati (editor: Joko Lesmana) · ANTARA · 2026-11-20T08:00:00+07:00 · Ekonomi ·"
            " LAMBUR"
        ),
        f"{url_of(1)} (article 1, revision 2, layout baru)",
        "",
        *BODY.replace("turun", "naik").splitlines(),
    ]


def test_show_keeps_a_long_paragraph_on_one_line(warta: Warta, library: Path) -> None:
    with Archive(library) as archive:
        keep(archive, story(7, body="Air sungai naik perlahan. " * 40 + "Selesai."))
    assert "perlahan. Selesai." in text(warta("show", "kabar-7")).splitlines()[-1]


def test_show_says_that_a_story_was_removed_and_keeps_its_text(warta: Warta) -> None:
    shown = text(warta("show", "2"))
    assert "Removed by the site; noticed 2026-11-21T03:04:05+00:00" in shown
    assert "(no headline)" in shown
    assert "Pasar Tanjung kembali ramai" in shown


def test_show_says_what_is_doubtful_and_who_opted_out(warta: Warta) -> None:
    shown = text(warta("show", "88"))
    assert "Doubtful: no_date" in shown
    assert "Opted out of text mining by robots.txt: GPTBot" in shown


def test_show_prints_brackets_as_text(warta: Warta, library: Path) -> None:
    with Archive(library) as archive:
        keep(
            archive,
            story(7, headline="[bold]Pasar[/bold] [/]", body="Kata [red]merah[/red] dan [/x]."),
        )
    shown = text(warta("show", "kabar-7"))
    assert "[bold]Pasar[/bold] [/]" in shown
    assert "Kata [red]merah[/red] dan [/x]." in shown


def test_show_as_json_is_the_row_of_latest_with_real_lists(warta: Warta) -> None:
    (row,) = lines(warta("show", "1", options=JSON))
    assert row["authors"] == ["Sari Melati"]
    assert row["tags"] == ["pasar", "beras"]
    assert (row["article_id"], row["revision"], row["removed_at"], row["cluster_id"]) == (
        1,
        2,
        None,
        1,
    )


# log


def test_log_lists_the_revisions(warta: Warta) -> None:
    shown = text(warta("log", "1"))
    assert url_of(1) in shown
    for word in (
        "first",
        "publisher",
        "headline, body",
        "2026-11-20T04:04:05+00:00",
        "Harga Beras Naik",
    ):
        assert word in shown


def test_log_as_json_is_a_row_a_revision(warta: Warta) -> None:
    assert [
        (row["number"], row["kind"], row["changed"])
        for row in lines(warta("log", "1", options=JSON))
    ] == [(1, "first", []), (2, "publisher", ["headline", "body"])]


def test_log_of_an_address_with_brackets_is_printed(warta: Warta, library: Path) -> None:
    odd = "https://www.kabar.example/berita/7[/b]"
    with Archive(library) as archive:
        keep(archive, story(7, url=odd, canonical_url=odd))
    assert odd in text(warta("log", "kabar-7"))


# diff


def test_diff_shows_the_newest_change_word_by_word(warta: Warta) -> None:
    shown = text(warta("diff", "1"))
    assert (
        "Revision 1 (2026-11-20T03:04:05+00:00) → revision 2 of 2 (2026-11-20T04:04:05+00:00)"
        in shown
    )
    assert "Harga beras [-turun-]{+naik+} dua ratus rupiah" in shown


def test_diff_between_a_revision_and_itself_says_so(warta: Warta) -> None:
    assert "No difference in any field." in text(warta("diff", "1", "1", "1"))


def test_diff_takes_two_numbers_in_any_order(warta: Warta) -> None:
    assert "[-naik-]{+turun+}" in text(warta("diff", "1", "2", "1"))


def test_diff_of_a_story_with_one_revision_says_so(warta: Warta) -> None:
    result = warta("diff", "88")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "There is only one revision: nothing has changed.\n"
    assert "No difference in any field." in text(warta("diff", "88", "1"))


def test_diff_as_json_is_a_line_a_changed_field(warta: Warta) -> None:
    headline, body = lines(warta("diff", "1", options=JSON))
    assert (headline["field"], body["field"]) == ("headline", "body")
    assert {"kind": "added", "text": "naik"} in body["edits"]
    assert "".join(edit["text"] for edit in body["edits"] if edit["kind"] != "added") == BODY


@pytest.mark.parametrize("number", ["0", "3", "99"])
def test_diff_with_a_revision_that_is_not_there_is_reported_plainly(
    warta: Warta, number: str
) -> None:
    assert (
        complaint(warta("diff", "1", "1", number)) == f"Error: article 1 has no revision {number}"
    )


# search


@pytest.mark.parametrize(
    ("query", "explained"),
    [("gajah or unta", True), ("gajah OR unta", False), ('"gajah or unta"', False)],
)
def test_an_or_in_small_letters_that_finds_nothing_is_explained(
    warta: Warta, query: str, explained: bool
) -> None:
    found = warta("search", query)
    assert (found.exit_code, found.stdout) == (0, "")
    assert ("OR in capitals" in found.stderr) is explained


def test_parentheses_in_a_query_group_nothing_and_a_line_says_so(warta: Warta) -> None:
    found = warta("search", "(harga OR tarif)", "beras")
    assert (found.exit_code, "Harga Beras Naik" in found.stdout) == (0, True)
    line, _total = found.stderr.splitlines()
    assert line.startswith("(harga: parentheses do not group words")
    assert line.endswith("; searched for: harga OR tarif beras")


# explain


def test_explain_tells_the_life_of_a_url(warta: Warta) -> None:
    assert text(warta("explain", url_of(1))).splitlines() == [
        url_of(1),
        "Site kabar, state kept.",
        "First announced 2026-11-20T03:04:05+00:00 by https://www.kabar.example/sitemap.xml.",
        "Requested 2026-11-20T03:04:05+00:00: status 200, kept, 1.3 kB.",
        "Requested 2026-11-20T04:04:05+00:00: status 200, kept, 1.3 kB.",
        "Due again 2026-11-21T04:04:05+00:00.",
        "It is article 1:",
        "  revision 1 (first) 2026-11-20T03:04:05+00:00",
        "  revision 2 (publisher, changed headline, body) 2026-11-20T04:04:05+00:00",
    ]


def test_explain_gives_the_reason_of_a_refusal_as_a_sentence(warta: Warta) -> None:
    shown = text(warta("explain", url_of(4)))
    assert "Site kabar, state refused: a video page, not an article." in shown
    assert "Never requested." in shown
    assert "Not due again by itself." in shown


def test_explain_gives_the_reason_of_a_failure_and_when_it_is_tried_again(warta: Warta) -> None:
    shown = text(warta("explain", url_of(5)))
    assert "no answer, failed (the server did not answer in time), 0 B." in shown
    assert "Due again 2026-11-20T04:04:05+00:00." in shown


@pytest.mark.parametrize("reference", ["omong-kosong", "9999", "-", "tidak.ada"])
def test_explain_of_what_is_no_address_says_what_every_command_says(
    warta: Warta, reference: str
) -> None:
    (told,) = {complaint(warta(command, reference)) for command in ("explain", "show")}
    assert told == (
        f"Error: {reference}: no article in the archive has this URL, story id or number"
    )


def test_explain_of_an_address_that_no_source_announced(warta: Warta) -> None:
    url = "https://www.kabar.example/tidak-ada"
    assert complaint(warta("explain", url)) == f"Error: {url}: this address is not in the ledger"


def test_explain_takes_an_address_as_it_stands_in_a_browser(warta: Warta) -> None:
    assert url_of(1) in text(warta("explain", url_of(1) + "?utm_source=x#komentar"))


def test_explain_says_of_another_address_which_story_it_is(warta: Warta) -> None:
    assert "It is article 1:" in text(warta("explain", url_of(6)))


def test_explain_names_the_story_of_an_address_that_was_announced_before_the_story_was_kept(
    warta: Warta, library: Path
) -> None:
    with Archive(library) as archive:
        announce(archive, link(8), link(9, key=f"{SITE}-8"))
        keep(archive, story(8))
    assert "It is article 4:" in text(warta("explain", url_of(9)))


def test_explain_as_json_holds_the_checks_and_the_revisions_without_their_text(
    warta: Warta,
) -> None:
    (life,) = lines(warta("explain", url_of(1), options=JSON))
    assert [each["outcome"] for each in life["history"]] == ["kept", "kept"]
    assert [made["kind"] for made in life["revisions"]] == ["first", "publisher"]
    assert "body" not in life["revisions"][0]


def test_explain_of_an_address_that_nobody_announced_is_reported_plainly(warta: Warta) -> None:
    assert (
        complaint(warta("explain", url_of(404)))
        == f"Error: {url_of(404)}: this address is not in the ledger"
    )


def test_every_reason_is_a_sentence_without_its_full_stop() -> None:
    assert all(words and not words.endswith(".") for words in REASONS.values())
    assert sentence("kode_dari_versi_lain") == "kode_dari_versi_lain"
    assert sentence(None) == ""


# search


def test_search_lists_the_stories_that_hold_the_words(warta: Warta) -> None:
    result = warta("search", "harga", "naik")
    assert "Harga Beras Naik" in result.stdout
    assert "«" in result.stdout
    assert result.stderr == "1 of 1 story\n"


def test_search_as_json_is_a_line_a_story(warta: Warta) -> None:
    assert [
        row["article_id"] for row in lines(warta("search", '"harga beras naik"', options=JSON))
    ] == [1]


def test_search_can_be_narrowed_to_a_site_and_cut_short(warta: Warta) -> None:
    assert [
        row["site"]
        for row in lines(warta("search", "pasar", options=("--site", "warta", "--json")))
    ] == ["warta"]
    assert len(lines(warta("search", "pasar", options=("--limit", "1", "--json")))) == 1


def test_search_without_a_find_says_so_beside_the_data(warta: Warta) -> None:
    result = warta("search", "bulan")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Nothing found.\n")
    assert lines(warta("search", "bulan", options=JSON)) == []


@pytest.mark.parametrize("words", ["NEAR(", "c++", '"AND"', "'; pasar --", "pasar " * 2_000])
def test_search_takes_any_words(warta: Warta, words: str) -> None:
    assert warta("search", words).exit_code == 0


@pytest.mark.parametrize("words", ["harga AND", "headline: harga", '"harga', "(harga"])
def test_a_query_that_is_not_well_formed_is_searched_by_its_words(warta: Warta, words: str) -> None:
    result = warta("search", words)
    assert (result.exit_code, "searched for: " in result.stderr) == (0, True)
    rows = warta("search", words, options=JSON)
    plain = words.strip('-"() AND').replace(":", "")
    assert lines(rows) == lines(warta("search", plain, options=JSON))
    assert "searched for: " in rows.stderr


@pytest.mark.parametrize("words", ['"', "*", "'; --"])
def test_a_query_without_a_word_finds_nothing_and_a_line_says_why(warta: Warta, words: str) -> None:
    result = warta("search", words)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[1:] == ["Nothing found."]
    assert "; nothing is searched for\n" in result.stderr


def test_a_word_with_a_minus_is_no_option(path: Path, warta: Warta) -> None:
    def found(*arguments: str) -> list[int]:
        command = ["search", "--json", *arguments, "--archive", str(path)]
        return [row["article_id"] for row in lines(CliRunner().invoke(main, command))]

    everything = found("pasar")
    assert found("pasar", "-harga") == found("pasar", "NOT", "harga") != everything
    assert found("-harga", "pasar", "--limit", "9") == found("pasar", "-harga")


def test_search_takes_the_filters_of_all_commands(warta: Warta) -> None:
    def found(*options: str) -> set[int]:
        return {row["article_id"] for row in lines(warta("search", "pasar", options=options))}

    assert found("--json", "--section", "EKONOMI") == found("--json")
    assert found("--json", "--section", "bola") == set()
    assert found("--json", "--author", "melati") == found("--json") - {2}
    assert found("--json", "--since", "2026-11-21") == set()
    assert found("--json", "--removed") == {2}
    result = warta("search", "pasar", options=("--site", "tidak-ada"))
    assert (result.exit_code, "no site is called tidak-ada" in result.stderr) == (2, True)


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_search_for_less_than_one_story_is_wrong_usage(warta: Warta, limit: str) -> None:
    assert warta("search", "pasar", options=("--limit", limit)).exit_code == 2


# stats


def test_stats_counts_a_row_a_site(warta: Warta) -> None:
    ours, other, _whole = lines(warta("stats", options=JSON))
    assert (ours["site"], other["site"]) == ("kabar", "warta")
    names = (
        "articles",
        "revisions",
        "publisher_edits",
        "removed",
        "opted_out",
        "urls",
        "due",
        "refused",
        "failed",
        "snapshots",
    )
    assert [ours[name] for name in names] == [2, 4, 1, 1, 0, 6, 1, 1, 1, 3]
    assert [other[name] for name in names] == [1, 1, 0, 0, 1, 1, 0, 0, 0, 1]
    assert ours["bytes_sent"] > ours["bytes_kept"] > 0


def test_the_last_line_of_stats_as_json_is_about_the_whole_file(
    warta: Warta, library: Path
) -> None:
    whole = lines(warta("stats", options=JSON))[-1]
    assert whole["site"] is None
    assert set(whole["bytes"]) == {
        "snapshots",
        "dictionaries",
        "text",
        "search",
        "ledger",
        "index",
        "other",
        "free",
    }
    assert sum(whole["bytes"].values()) == library.stat().st_size
    assert whole["bytes_per_article"] == library.stat().st_size // 3


def test_stats_prints_a_table_under_the_name_of_the_archive(warta: Warta, library: Path) -> None:
    shown = text(warta("stats"))
    assert library.name in shown
    for word in ("publisher edits", "bytes kept", "kabar", "warta", "kB"):
        assert word in shown


def test_stats_of_an_empty_archive_is_an_empty_table(warta: Warta, tmp_path: Path) -> None:
    Archive(tmp_path / "kosong.db").close()
    assert "articles" in text(warta("stats", archive=tmp_path / "kosong.db"))
    (whole,) = lines(warta("stats", options=JSON, archive=tmp_path / "kosong.db"))
    assert whole["site"] is None


@pytest.mark.parametrize("name", ["arsip [lama].db", "arsip[/lama].db"])
def test_stats_of_an_archive_with_brackets_in_its_name_is_printed(
    warta: Warta, tmp_path: Path, name: str
) -> None:
    odd = tmp_path / name
    odd.parent.mkdir(exist_ok=True)
    Archive(odd).close()
    assert name in text(warta("stats", archive=odd)).replace("\n", "")


def test_a_table_in_a_pipe_has_one_line_a_row(warta: Warta, library: Path) -> None:
    with Archive(library) as archive:
        keep(
            archive,
            story(
                7,
                headline="Sungai " + "Lambur " * 20 + "Surut",
                body="Hulu " * 12 + "menyurut " + "hilir " * 12,
            ),
        )
    (line,) = (line for line in warta("search", "menyurut").stdout.splitlines() if "Sungai" in line)
    assert "Surut" in line


# What goes wrong

READING = {
    "show": ["1"],
    "log": ["1"],
    "diff": ["1"],
    "changes": [],
    "search": ["beras"],
    "list": [],
    "explain": [url_of(1)],
    "page": ["1"],
    "stats": [],
    "datasette": [],
    "verify": [],
    "clusters": [],
    "cluster": ["1"],
    "syndication": ["matrix"],
    "corpus": ["build", "korpus", "--plan"],
    "coverage": [],
}
ARGUMENTS = READING | {
    "export": ["berita.csv"],
    "backup": ["salinan.db"],
    "remove": ["1"],
    "compact": [],
}
OPTIONS = {
    "remove": ("--reason", "diminta keluarga", "--yes"),
    "coverage": ("--since", "2026-11-20"),
}


@pytest.fixture
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a command might leave behind is left there."""
    folder = tmp_path / "kerja"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_every_command_on_an_archive_is_tried_here() -> None:
    rooms = ("reading.", "export.", "clusters.", "maintenance.", "corpus")
    found = {name for name, (target, _line) in COMMANDS.items() if target.startswith(rooms)}
    assert (found | {"coverage"}) - {"help", "merge", "restore", "serve"} == set(ARGUMENTS)


@pytest.mark.parametrize("command", ARGUMENTS)
def test_a_missing_archive_is_reported_plainly_and_not_made(
    warta: Warta, in_a_folder_of_its_own: Path, command: str
) -> None:
    nowhere = in_a_folder_of_its_own / "tidak-ada.db"
    told = complaint(
        warta(command, *ARGUMENTS[command], archive=nowhere, options=OPTIONS.get(command, ()))
    )
    assert "there is no archive here" in told
    assert list(in_a_folder_of_its_own.iterdir()) == []


@pytest.mark.parametrize("command", ARGUMENTS)
def test_a_file_that_is_no_archive_is_reported_plainly(
    warta: Warta, in_a_folder_of_its_own: Path, command: str
) -> None:
    recipe = in_a_folder_of_its_own / "resep.txt"
    recipe.write_text("Dua sendok kopi.")
    told = complaint(
        warta(command, *ARGUMENTS[command], archive=recipe, options=OPTIONS.get(command, ()))
    )
    assert "not an SQLite file" in told
    assert recipe.read_text() == "Dua sendok kopi."
    assert list(in_a_folder_of_its_own.iterdir()) == [recipe]


@pytest.mark.parametrize("command", sorted(ARGUMENTS.keys() - {"datasette"}))  # which reads no row
def test_a_damaged_archive_is_reported_plainly(
    warta: Warta, library: Path, in_a_folder_of_its_own: Path, command: str
) -> None:
    vandal = sqlite3.connect(library)
    roots = vandal.execute(
        "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%' AND"
        " rootpage > 0"
    )
    places = [(root - 1) * 4096 for (root,) in roots.fetchall()]
    vandal.close()
    content = bytearray(library.read_bytes())
    for place in places:
        content[place : place + 4096] = b"\xaa" * 4096
    library.write_bytes(content)
    result = warta(command, *ARGUMENTS[command], options=OPTIONS.get(command, ()))
    if (
        command == "verify" and result.stdout
    ):  # where SQLite can still tell what is wrong, so does verify
        assert result.exit_code == 1
        assert all(line.startswith("file: ") for line in result.stderr.splitlines())
    else:
        assert "the database file is damaged" in complaint(result)
    assert list(in_a_folder_of_its_own.iterdir()) == []


@pytest.mark.parametrize("command", ["show", "log", "diff", "cluster"])
@pytest.mark.parametrize(
    "reference",
    ["99", "-7", "0", "tidak-ada", url_of(404), url_of(4), "²", "", "9" * 40, "https://["],
)
def test_an_unknown_story_is_reported_plainly(warta: Warta, command: str, reference: str) -> None:
    assert (
        complaint(warta(command, reference))
        == f"Error: {reference}: no article in the archive has this URL, story id or number"
    )


def test_a_story_id_of_two_sites_is_reported_plainly(warta: Warta, library: Path) -> None:
    with Archive(library) as archive:
        keep(archive, story(7, story_id="88"))
    assert complaint(warta("show", "88")) == "Error: 88: it is the story id of several articles"


@pytest.mark.parametrize("command", ["show", "log", "diff", "explain", "search"])
def test_bytes_that_are_no_text_are_reported_plainly(warta: Warta, command: str) -> None:
    result = warta(command, "berita\udcff")
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    "command",
    [
        name
        for name, arguments in ARGUMENTS.items()
        if arguments and name not in ("syndication", "corpus")
    ],
)
def test_a_command_without_its_argument_is_wrong_usage(warta: Warta, command: str) -> None:
    result = warta(command, options=OPTIONS.get(command, ()))
    assert result.exit_code == 2
    assert "Missing argument" in result.stderr


@pytest.mark.parametrize("command", READING)
def test_reading_leaves_the_archive_as_it_is(warta: Warta, library: Path, command: str) -> None:
    before = library.read_bytes()
    assert warta(command, *ARGUMENTS[command]).exit_code == 0
    assert library.read_bytes() == before


@pytest.mark.parametrize("name", ARGUMENTS)
def test_every_command_explains_itself_and_its_options(name: str) -> None:
    command = main.commands[name]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_the_environment_names_the_archive(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARTA_ARCHIVE", str(library))
    assert "Harga Beras Naik" in text(CliRunner().invoke(main, ["show", "1"]))
