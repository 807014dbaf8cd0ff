"""Files of collections: every record comes with its own line, and a bad one spoils no other."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.ingest.collections import rows as rows_module
from scraper.ingest.collections.columns import given as given_of
from scraper.ingest.collections.columns import text
from scraper.ingest.collections.files import kind_of, opened
from scraper.ingest.collections.markup import without_markup
from scraper.ingest.collections.rows import Unreadable, rows

NAMES = ("url", "title", "content")
RECORDS = st.lists(
    st.fixed_dictionaries(
        dict.fromkeys(NAMES, st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    ),
    max_size=8,
)


def read(content: bytes, kind: str = "jsonl") -> list[tuple[int, Any]]:
    return [(row.line, row.bad or row.fields) for row in rows(io.BytesIO(content), kind)]


def written(
    records: list[dict[str, str]], *, mark: str = ",", quoting: int = csv.QUOTE_MINIMAL
) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, NAMES, delimiter=mark, quoting=quoting)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


@given(RECORDS, st.booleans())
def test_json_lines_come_back_as_they_were_written(
    records: list[dict[str, str]], ascii_only: bool
) -> None:
    lines = "".join(
        json.dumps(record, ensure_ascii=ascii_only) + "\n" for record in records
    ).encode()
    assert read(lines) == list(enumerate(records, 1))


@given(RECORDS, st.sampled_from([None, 0, 2]), st.integers(1, 40))
def test_an_array_comes_back_whatever_its_layout_and_wherever_it_is_cut_into_chunks(
    records: list[dict[str, str]], indent: int | None, chunk: int
) -> None:
    content = json.dumps(records, indent=indent, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "CHUNK", chunk)
        found = list(rows_module._array_rows(io.BytesIO(content)))
    assert [row.fields for row in found] == records
    lines = content.split(b"\n")
    assert all(b"{" in lines[row.line - 1] for row in found)


@pytest.mark.parametrize("first", [b"sep=;\r\n", b"\xef\xbb\xbfsep=;\n", b'"sep=;"\n', b"SEP=;\n"])
def test_the_first_line_of_excel_names_the_delimiter_and_is_no_header(first: bytes) -> None:
    content = first + b"judul;isi\nKolam;Air, lumpur, batu, pasir, ikan\n"
    assert [(row.line, row.fields) for row in rows(io.BytesIO(content), "csv")] == [
        (3, {"judul": "Kolam", "isi": "Air, lumpur, batu, pasir, ikan"})
    ]


@given(RECORDS, st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_csv_comes_back_with_the_line_that_each_record_begins_on(
    records: list[dict[str, str]], mark: str, quoting: int
) -> None:
    content = written(records, mark=mark, quoting=quoting)
    found = list(rows(io.BytesIO(content), "csv"))
    assert [row.fields for row in found] == records
    for row in found:
        rest = b"\n".join(content.split(b"\n")[row.line - 1 :]).decode()
        assert next(csv.reader(io.StringIO(rest, newline=""), delimiter=mark)) == list(
            row.fields.values()
        )


@given(
    st.binary(max_size=300),
    st.sampled_from(["jsonl", "csv"]),
    st.sampled_from([b"", b"[", b'{"a":1}\n', b"a,b\n"]),
)
def test_any_bytes_are_read_to_their_end_or_refused_in_a_sentence(
    content: bytes, kind: str, before: bytes
) -> None:
    try:
        found = read(before + content, kind)
    except Unreadable as error:
        assert str(error)
    else:
        assert [line for line, _what in found] == sorted(line for line, _what in found)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'\xef\xbb\xbf{"a": 1}\n', [(1, {"a": 1})]),
        (b'{"a": 1}\n\n  \n{"a": 2}', [(1, {"a": 1}), (4, {"a": 2})]),
        (b'{"a": 1}\r\n{"a": 2}\r\n', [(1, {"a": 1}), (2, {"a": 2})]),
        (b'{"a": 1,}\n{"a": 2}\n', [(1, "not_json"), (2, {"a": 2})]),
        (
            b'{"a": 1}\n[1]\n"x"\nnull\n',
            [(1, {"a": 1}), (2, "not_a_record"), (3, "not_a_record"), (4, "not_a_record")],
        ),
        (b'{"a": "\xff"}\n{"a": 2}\n', [(1, "not_utf8"), (2, {"a": 2})]),
        (b'{"a": "x\ty\x00"}\n', [(1, {"a": "x\ty\x00"})]),
        (b'{"a": 1}\n{"a": "terpo', [(1, {"a": 1}), (2, "cut_off")]),
        (b"[" * 5000 + b"\n", [(1, "cut_off")]),
        (b'{"a":' * 5000 + b"\n", [(1, "not_json")]),
        (
            b'[\n  {"a": "],{\\""},\n  5,\n  {"a": {"b": [1]}}\n]\n',
            [(2, {"a": '],{"'}), (3, "not_a_record"), (4, {"a": {"b": [1]}})],
        ),
        (b'[{"a": 1},\n{"a":},\n{"a": 3}]', [(1, {"a": 1}), (2, "not_json"), (3, {"a": 3})]),
        (b'[{"a": 1},\n{"a": "terpo', [(1, {"a": 1}), (2, "cut_off")]),
        (b'[{"a": 1},', [(1, {"a": 1}), (1, "cut_off")]),
        (b"[]", []),
    ],
)
def test_json_that_is_bad_is_reported_with_its_line_and_the_rest_goes_on(
    content: bytes, expected: list[tuple[int, Any]]
) -> None:
    assert read(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b'\xef\xbb\xbfa,b\n1,"x\ny"\n\n2,z\n',
            [(2, {"a": "1", "b": "x\ny"}), (5, {"a": "2", "b": "z"})],
        ),
        (b"a;b\n1;2,5\n", [(2, {"a": "1", "b": "2,5"})]),
        (
            b"a,b\n1\n1,2,3\n1,2,,\n",
            [(2, "row_too_short"), (3, "row_too_long"), (4, {"a": "1", "b": "2"})],
        ),
        (b"a,b\n\xff,2\n3,4\n", [(2, "not_utf8"), (3, {"a": "3", "b": "4"})]),
        (b'a,b\n1,2\n3,"terpo\ntong', [(2, {"a": "1", "b": "2"}), (3, "cut_off")]),
        (b"a,b\n1,2\n3", [(2, {"a": "1", "b": "2"}), (3, "cut_off")]),
        (b'a,b\n1,pipa 5" retak\n', [(2, {"a": "1", "b": 'pipa 5" retak'})]),
        (b",a,\n0,1,2\n", [(2, {"a": "1"})]),
        (b"a,b\n1,\x00\n", [(2, {"a": "1", "b": "\x00"})]),
        (b"a,b\n", []),
    ],
)
def test_csv_that_is_bad_is_reported_with_its_line_and_the_rest_goes_on(
    content: bytes, expected: list[tuple[int, Any]]
) -> None:
    assert read(content, "csv") == expected


def test_a_record_that_is_too_long_is_passed_over_in_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows_module, "MAX_BYTES", 100)
    monkeypatch.setattr(rows_module, "CHUNK", 16)
    long = b'{"a": "' + b"x" * 500 + b'"}'
    assert read(long + b'\n{"a": 1}\n') == [(1, "too_long"), (2, {"a": 1})]
    assert read(b"[" + long + b',\n{"a": 1}]') == [(1, "too_long"), (2, {"a": 1})]
    assert read(b"a,b\n1," + b"x" * 500 + b"\n1,2\n", "csv") == [
        (2, "too_long"),
        (3, {"a": "1", "b": "2"}),
    ]
    found = read(b'a,b\n1,"never closed\n' + b"a line of it\n" * 50, "csv")
    assert found[0] == (2, "too_long")
    assert rows_module.MAX_BYTES == 100


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "it is empty"),
        ("a.jsonl", b"\xef\xbb\xbf \n", "it is empty"),
        ("a.xlsx", b"PK\x03\x04...", "Excel"),
        ("a.csv.gz", b"\x1f\x8b...", "compressed"),
        ("a.csv", "url,isi\n".encode("utf-16"), "UTF-16"),
        ("a.parquet", b"PAR1...", "Parquet"),
        ("a.txt", b"Pasar ramai lagi.", "add --jsonl or --csv"),
    ],
)
def test_a_file_that_is_no_collection_is_refused_in_a_sentence(
    name: str, content: bytes, sentence: str
) -> None:
    with pytest.raises(Unreadable, match=sentence):
        kind_of(Path(name), io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.CSV", b"x", "csv"),
        ("a.tsv", b"x", "csv"),
        ("a.json", b"[]", "jsonl"),
        ("-", b'{"a":1}', "jsonl"),
        ("a", b" [", "jsonl"),
    ],
)
def test_the_kind_of_a_file_stands_in_its_name_or_its_first_character(
    name: str, content: bytes, kind: str
) -> None:
    assert kind_of(Path(name), io.BytesIO(content)) == kind


def test_what_cannot_be_opened_is_reported_in_the_systems_words(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "tiada.csv", Path("a\0b")):
        with pytest.raises(Unreadable), opened(path):
            pass


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(Unreadable, match="two columns are called isi"):
        read(b"isi,judul,isi\n1,2,3\n", "csv")


@pytest.mark.parametrize(
    ("record", "field", "value"),
    [
        ({"Link": "a"}, "url", "a"),
        ({"publishDate": "a"}, "published_at", "a"),
        ({"Tanggal Terbit": "a"}, "published_at", "a"),
        ({"title": "a", "headline": ""}, "headline", "a"),
        ({"title": "a", "headline": "b"}, "headline", "b"),
        ({"body": float("nan"), "content": "a"}, "body", "a"),
        ({"author": "Unknown"}, "authors", None),
        ({"keyword": "ihsg"}, "tags", None),
        ({"judul": None}, "headline", None),
    ],
)
def test_fields_are_found_by_their_usual_names(
    record: dict[str, Any], field: str, value: object
) -> None:
    assert given_of(record, {})[field] == value


def test_a_mapped_column_wins_over_every_usual_name() -> None:
    assert given_of({"title": "a", "t": "b"}, {"headline": "t"})["headline"] == "b"
    assert given_of({"title": "a"}, {"headline": "t"})["headline"] is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" a\r\nb ", "a\nb"),
        ("a\x00\x07b\ud83d", "ab"),
        (["a", "b"], "a\n\nb"),
        ({"name": "Sari"}, "Sari"),
        ({"x": 1}, None),
        ([1], None),
        (True, None),
        (7, "7"),
        ("nan", None),
        # A Python list that a table holds as text
        ("['Air naik.', 'Warga pindah.']", "Air naik.\n\nWarga pindah."),
        ('["Jum\'at", "Sabtu"]', "Jum'at\n\nSabtu"),
        ("['Jum'at', 'Sabtu']", "Jum'at\n\nSabtu"),
        ("['Air\\xa0naik.']", "Air\xa0naik."),
        ("['a', " + "[" * 9000, "['a', " + "[" * 9000),
        ("['a', 7, 'b']", "['a', 7, 'b']"),
        ("[Foto: Sari]", "[Foto: Sari]"),
        # Line breaks that a program wrote in letters
        (r"Air naik.\n\nWarga pindah.", "Air naik.\n\nWarga pindah."),
        (r"Air naik.\r\nWarga \"pindah\" \u2013 semua.", 'Air naik.\nWarga "pindah" – semua.'),
        (r"Berkas di C:\naskah\tahun", r"Berkas di C:\naskah\tahun"),
    ],
)
def test_values_become_texts(value: object, expected: str | None) -> None:
    assert text(value) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Air naik.\n\nWarga pindah.", "Air naik.\n\nWarga pindah."),
        (
            "<p>Air naik.</p>\n<p>Warga <a href='x'>pindah</a>.</p><script>x()</script>",
            "Air naik.\nWarga pindah.",
        ),
        ("Air naik.<br/><br/>Warga pindah.", "Air naik.\nWarga pindah."),
        ("Air <b>naik</b>.\n\nWarga pindah.", "Air naik.\n\nWarga pindah."),
        ("<h2>Banjir</h2>\n\nAir naik.\n\nWarga pindah.", "Banjir\nAir naik.\nWarga pindah."),
        ("&lt;p&gt;Air &amp;amp; lumpur&lt;/p&gt;", "Air & lumpur"),
        ("Harga &quot;naik&quot; &amp; turun", 'Harga "naik" & turun'),
        ("3 < 5 & 7 > 2", "3 < 5 & 7 > 2"),
        ("<p>", ""),
    ],
)
def test_markup_goes_and_words_stay(body: str, expected: str) -> None:
    assert without_markup(body) == expected


@given(st.text(max_size=300))
def test_any_text_with_any_markup_is_read_without_an_error(body: str) -> None:
    assert isinstance(without_markup(f"<p>{body}&lt;<b>"), str)
    assert isinstance(without_markup(body), str)
