"""`warta extract --manifest`: every line answered in order, whatever is wrong with one of them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from scraper.cli.main import main

PAGE = """<html><body><div class="single_post_heading"><h1>Panen Raya di Lereng</h1></div>
<div id="fontResizableText"><p>Warga Desa Sukasari memanen padi sejak pagi, kata
kepala desa itu kepada tamunya.</p></div></body></html>"""
URL = "https://rmol.id/nusantara/read/2024/11/21/645691/panen-raya-di-lereng"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text(PAGE)
    return tmp_path


def extract(
    folder: Path, lines: list[str], *options: str
) -> tuple[int, list[dict[str, object]], str]:
    manifest = folder / "pages.jsonl"
    manifest.write_text("\n".join(lines))
    result = CliRunner().invoke(main, ["extract", "--manifest", str(manifest), *options])
    return (
        result.exit_code,
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stderr,
    )


def test_a_line_that_is_wrong_is_named_with_its_number_and_stops_no_other(folder: Path) -> None:
    good = json.dumps({"url": URL, "html": "page.html"})
    wrong = [
        "no json",
        "[1]",
        '{"url": "x"}',
        json.dumps({"url": URL, "html": "gone.html"}),
        json.dumps({"url": "ftp://x", "html": "page.html"}),
    ]
    code, rows, stderr = extract(folder, [good, "", *wrong, good])
    assert code == 1
    assert [row.get("headline") for row in rows] == [
        "Panen Raya di Lereng",
        *[None] * 5,
        "Panen Raya di Lereng",
    ]
    for number in range(3, 8):
        assert f"pages.jsonl:{number}: " in str(rows[number - 2]["error"])
        assert f"pages.jsonl:{number}: " in stderr
    assert "5 pages gave no article" in stderr


def test_several_processes_give_the_same_lines_in_the_same_order(folder: Path) -> None:
    lines = [
        json.dumps({"url": URL.replace("645691", str(700_000 + n)), "html": "page.html"})
        for n in range(100)
    ]
    lines[40] = "no json"
    one, many = extract(folder, lines, "--jobs", "1"), extract(folder, lines, "--jobs", "2")
    assert one == many
    assert [row.get("story_id") for row in many[1]] == [
        str(700_000 + n) if n != 40 else None for n in range(100)
    ]
