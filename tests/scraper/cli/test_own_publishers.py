"""Publishers of the user's own in commands: where their files are, what is said of broken ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive import Archive
from scraper.cli.main import main
from tests.archive.invented import keep, story
from tests.scraper.cli.test_completion import completed
from tests.scraper.sites.own import written

Run = Callable[..., Result]
FIVE = ["islamtimes", "medcom", "republika", "rmol", "suara"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a folder of its own, without variables."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, **environment: str) -> Result:
        return CliRunner().invoke(main, words, env=environment)

    return invoke


def names(shown: Result) -> list[str]:
    return [row["site"] for row in map(json.loads, shown.stdout.splitlines())]


# Where the files are.


def test_they_are_beside_the_archive_that_is_used_without_saying(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "sites")
    assert names(run("sites", "--json")) == sorted([*FIVE, "kabar"])


def test_they_are_beside_the_archive_that_a_command_names(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arsip").mkdir()
    written(tmp_path / "arsip" / "sites")
    archive = str(tmp_path / "arsip" / "news.db")
    assert names(run("schedule", "show", "--json", "--archive", archive)) == sorted(
        [*FIVE, "kabar"]
    )
    assert names(run("sites", "--json", WARTA_ARCHIVE=archive)) == sorted([*FIVE, "kabar"])
    assert names(run("sites", "--json", "--archive", archive)) == sorted([*FIVE, "kabar"])
    assert names(run("sites", "--json")) == FIVE


def test_a_site_may_be_named_before_the_archive_is(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arsip").mkdir()
    written(tmp_path / "arsip" / "sites")
    archive = str(tmp_path / "arsip" / "news.db")
    Archive(archive).close()
    shown = run("list", "--site", "https://www.kabar.example/", "--archive", archive)
    assert (shown.exit_code, shown.stderr) == (0, "No articles.\n")


def test_they_are_in_the_configuration_folder_of_the_user(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config" / "warta").mkdir(parents=True)
    written(tmp_path / "config" / "warta" / "sites")
    shown = run("sites", "--json", XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert "kabar" in names(shown)


def test_the_configuration_names_their_folder_from_its_own(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "konfigurasi"
    place.mkdir()
    (place / "warta.toml").write_text('[sites]\nfolder = "situs"\n[sites.kabar]\ndelay = 7.5\n')
    written(place / "situs")
    written(tmp_path / "sites", "lereng")
    config = str(place / "warta.toml")
    assert names(run("sites", "--json", "--config", config)) == sorted([*FIVE, "kabar"])
    assert names(run("--config", config, "sites", "--json")) == sorted([*FIVE, "kabar"])
    shown = run("config", "--json", "--config", config)
    rows = {
        row["key"]: (row["value"], row["origin"])
        for row in map(json.loads, shown.stdout.splitlines())
    }
    assert rows["sites.folder"] == (str(place / "situs"), config)
    assert rows["sites.kabar.delay"] == (7.5, config)


def test_a_variable_stands_before_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "warta.toml").write_text('[sites]\nfolder = "situs"\n')
    written(tmp_path / "situs")
    written(tmp_path / "lain", "lereng")
    assert "kabar" in names(run("sites", "--json"))
    shown = run("sites", "--json", WARTA_SITES_FOLDER=str(tmp_path / "lain"))
    assert names(shown) == sorted([*FIVE, "lereng"])
    shown = run("config", "--json", WARTA_SITES_FOLDER="lain", WARTA_SITES_LERENG_LIMIT="9")
    assert '"key": "sites.lereng.limit", "value": 9' in shown.stdout
    assert shown.stderr == ""


def test_a_name_with_a_dash_is_set_by_variables_with_an_underscore(
    run: Run, tmp_path: Path
) -> None:
    written(tmp_path / "sites", "kabar-pagi", host="pagi.example")
    shown = run("config", "--json", WARTA_SITES_KABAR_PAGI_LIMIT="9")
    assert '"key": "sites.kabar-pagi.limit", "value": 9' in shown.stdout


def test_a_folder_that_is_named_and_is_not_there_is_a_line(run: Run, tmp_path: Path) -> None:
    shown = run("sites", WARTA_SITES_FOLDER="tidak-ada")
    assert shown.exit_code == 3
    line = f"{tmp_path / 'tidak-ada'}: it cannot be read (No such file or directory)\n"
    assert shown.stderr == line


@pytest.mark.parametrize("text", ["[sites]\nfolder = 3\n", "[sites.folder]\nlimit = 3\n"])
def test_a_folder_that_is_no_path_is_a_line(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "warta.toml").write_text(text)
    shown = run("config")
    assert shown.exit_code == 2
    assert "warta.toml: sites.folder: expected a path in quotes" in shown.stderr


def test_a_broken_configuration_does_not_stop_what_needs_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / "warta.toml").write_text('[sites\nfolder = "situs"\n')
    written(tmp_path / "sites")
    assert names(run("sites", "--json")) == sorted([*FIVE, "kabar"])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_their_names_and_runs_no_file(
    run: Run, tmp_path: Path, shell: str
) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "kabar.py").write_text("SITE = 1 / 0")
    assert completed(shell, "warta crawl ka") == ["kabar"]
    (tmp_path / "arsip" / "sites").mkdir(parents=True)
    (tmp_path / "arsip" / "sites" / "kapur.py").write_text("")
    assert completed(shell, "warta list --archive arsip/news.db --site ka") == ["kapur"]


def test_settings_of_sites_in_a_folder_that_cannot_be_read_stop_nothing(
    run: Run, tmp_path: Path
) -> None:
    written(tmp_path / "sites").parent.chmod(0o777)
    (tmp_path / "warta.toml").write_text("[sites.kabar]\ndelay = 3\n[sites.suara]\ndelay = 2\n")
    shown = run("config", "--json")
    assert shown.exit_code == 0
    assert "sites.kabar: unknown site" in shown.stderr
    assert '"key": "sites.suara.delay", "value": 2' in shown.stdout
    (tmp_path / "sites").chmod(0o700)
    assert "unknown site" not in run("config").stderr


# What is listed.


def test_sites_says_where_each_comes_from_once_there_are_others(run: Run, tmp_path: Path) -> None:
    assert "from" not in run("sites").stdout.splitlines()[0]
    file = written(tmp_path / "sites")
    shown = run("sites")
    assert shown.stdout.splitlines()[0].endswith("from")
    assert str(file) in shown.stdout
    assert shown.exit_code == 0


def test_sites_lists_broken_profiles_on_stderr_and_in_json(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "sites")
    file = written(tmp_path / "sites", "lereng", ("Asia/Makassar", "Asia/Makasar"))
    why = "timezone: unknown time zone 'Asia/Makasar'; expected a name like Asia/Jakarta"
    shown = run("sites")
    assert (shown.exit_code, shown.stderr) == (3, f"{file}: {why}\n")
    assert "lereng" not in shown.stdout
    row = json.loads(run("sites", "--json").stdout.splitlines()[-1])
    assert (row["site"], row["origin"], row["error"]) == ("lereng", str(file), why)
    assert {row["home"], row["domains"], row["sources"]} == {None}


def test_all_broken_ones_are_reported_where_one_looks_for_them(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "sites", "lereng", ("Asia/Makassar", "Asia/Makasar"))
    for words in (["sites"], ["config"], ["doctor", "lereng"], ["crawl", "lereng"]):
        assert f"{file}: timezone: unknown time zone" in run(*words).stderr


def test_what_a_file_says_of_itself_stays_text(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "sites", "lereng", ("Asia/Makassar", r"\x1b]0;judul\x07"))
    for words in (["sites"], ["sites", "--json"], ["config"]):
        assert "\x1b" not in run(*words).output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["crawl", "lereng"], 1),
        (["crawl", "suara", "lereng"], 1),
        (["doctor", "lereng"], 1),
        (["clean", "--site", "lereng", "teks.txt"], 1),
        (["reextract", "--site", "lereng"], 1),
        (["list", "--site", "lereng"], 1),
    ],
)
def test_a_command_for_a_broken_one_says_what_is_wrong_with_it(
    run: Run, tmp_path: Path, words: list[str], code: int
) -> None:
    Archive(tmp_path / "news.db").close()
    (tmp_path / "teks.txt").write_text("Panen raya.")
    file = written(tmp_path / "sites", "lereng", ("Asia/Makassar", "Asia/Makasar"))
    shown = run(*words)
    assert shown.exit_code == code, shown.output
    assert f"Error: lereng cannot be used: {file}: timezone: unknown" in shown.stderr


def test_a_broken_one_does_not_break_its_configuration_nor_its_timetable(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "lereng.py").write_text("")
    (tmp_path / "warta.toml").write_text('[sites.lereng]\nschedule = "5 * * * *"\n')
    shown = run("schedule", "show", "--json")
    row = next(row for row in map(json.loads, shown.stdout.splitlines()) if row["site"] == "lereng")
    assert row["schedule"] == "5 * * * *"


def test_stories_of_a_broken_one_are_read_as_before(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "kabar.py").write_text("SITE = (")
    with Archive(tmp_path / "news.db") as archive:
        keep(archive, story(site="kabar"))
    shown = run("list", "--site", "kabar", "--json")
    assert (shown.exit_code, len(shown.stdout.splitlines())) == (0, 1)
    assert "cannot be used" not in shown.stderr
