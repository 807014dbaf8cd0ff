"""The demo's wire story: one text on three sites, labelled while it is crawled."""

from __future__ import annotations

import json
from itertools import groupby

from click.testing import CliRunner

from archive import Archive
from scraper.cli.main import main


def told(*command):
    result = CliRunner().invoke(main, [*command, "--json"])
    assert (result.exit_code, result.stderr) == (0, "")
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_wire_story_is_one_cluster_on_its_three_sites(tmp_path):
    archive = str(tmp_path / "demo.db")
    assert CliRunner().invoke(main, ["demo", "--archive", archive]).exit_code == 0
    (cluster,) = told("clusters", "--archive", archive)
    assert (cluster["members"], cluster["sites"], cluster["agency"]) == (
        3,
        ["medcom", "republika", "suara"],
        "ANTARA",
    )
    assert [
        (row["site"], row["relation"], row["minutes"])
        for row in told("cluster", cluster["url"], "--archive", archive)
    ] == [("suara", None, 0), ("republika", "copy", 34), ("medcom", "copy", 162)]
    assert (
        CliRunner().invoke(main, ["clusters", "rebuild", "--archive", archive]).stderr
        == "0 memberships changed.\n"
    )


def test_its_sites_are_crawled_in_turn_so_that_articles_have_the_same_numbers_each_time(tmp_path):
    archive = tmp_path / "demo.db"
    assert CliRunner().invoke(main, ["demo", "--archive", str(archive)]).exit_code == 0
    with Archive(archive, read_only=True) as opened:
        sites = [kept.article.site for kept in opened.articles()]
    assert [site for site, _stories in groupby(sites)] == [
        "islamtimes",
        "medcom",
        "republika",
        "rmol",
        "suara",
    ]
