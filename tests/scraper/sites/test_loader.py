"""Profiles are found in installed packages and in folders; one that is broken is a line, and keeps
no other from being used.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper import spiders
from scraper.sites.folders import VARIABLE, Folder, adopt, folders, of_environment, using
from scraper.sites.loader import GROUP, Publishers
from tests.documents import MANUAL, blocks
from tests.scraper.sites.own import profile, written

FIVE = ["islamtimes", "medcom", "republika", "rmol", "suara"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sites").mkdir()
    return tmp_path / "sites"


def found(*paths: Path, named: bool = False) -> Publishers:
    with using(lambda: tuple(Folder(path=path, named=named) for path in paths)):
        return spiders.publishers()


def lines(publishers: Publishers) -> list[str]:
    return [str(broken) for broken in publishers.broken]


def test_a_file_of_a_folder_is_a_publisher_like_the_five(folder: Path) -> None:
    file = written(folder)
    known = found(folder)
    assert list(known.sites) == sorted([*FIVE, "kabar"])
    assert (known.origins["kabar"], known.origins["suara"]) == (str(file), "warta")
    assert known.broken == ()


def test_its_stories_are_known_by_their_addresses(folder: Path) -> None:
    written(folder)
    with using(lambda: (Folder(path=folder),)):
        site = spiders.site_of("https://www.kabar.example/desa/7/saluran-air")
        assert site is spiders.sites()["kabar"]
        assert spiders.story_of("http://kabar.example/desa/7/x?utm_source=a") == ("kabar", "7")
        assert spiders.site_of("https://bukankabar.example/") is None
    assert spiders.site_of("https://www.kabar.example/") is None, "after the block it is unknown"


def test_names_are_known_without_running_a_file(folder: Path) -> None:
    (folder / "kabar.py").write_text("SITE = 1 / 0")
    (folder / "Lain.py").write_text("")
    (folder / "catatan.txt").write_text("")
    with using(lambda: (Folder(path=folder),)):
        assert spiders.names() == sorted([*FIVE, "kabar"])
        assert "kabar" not in spiders.sites()


def test_files_are_read_anew_by_the_next_command(folder: Path) -> None:
    written(folder)
    assert "kabar" in found(folder).sites
    written(folder, "kabar", ("K1", "K2"))
    assert found(folder).sites["kabar"].layouts[0].name == "K2"


def test_files_share_what_begins_with_an_underscore(folder: Path) -> None:
    (folder / "_bersama.py").write_text('BADAN = "div.isi"\n')
    for name in ("kabar", "lereng"):
        text = profile(name, ('body="div.isi"', "body=BADAN"))
        text = f"from ._bersama import BADAN\n{text}"
        (folder / f"{name}.py").write_text(text)
    known = found(folder)
    assert lines(known) == []
    assert {known.sites[name].layouts[0].body for name in ("kabar", "lereng")} == {"div.isi"}
    assert not [name for name in sys.modules if name.startswith("warta_sites")]


def test_a_profile_goes_to_other_processes_as_data(folder: Path) -> None:
    written(folder)
    site = found(folder).sites["kabar"]
    assert pickle.loads(pickle.dumps(site)).layouts[0].body == "div.isi"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SITE = Site(\n", "line 1: '(' was never closed"),
        ("SITE = 'a'\n\x00", ""),  # in other words in each version of Python
        ("# -*- coding: tidak-ada -*-\nSITE = 1\n", "unknown encoding: tidak-ada"),
        ("x = 1\n", "it defines no SITE; files of something else begin with _ or belong elsewhere"),
        ("", "it defines no SITE; files of something else begin with _ or belong elsewhere"),
        ("SITE = None\n", "SITE has to be a Site of scraper.sites.site, and is None"),
        ("SITE = {'name': 'x'}\n", "SITE has to be a Site of scraper.sites.site, and is a dict"),
        ("if 0:\n    SITE = 1\n", "SITE has to be a Site of scraper.sites.site, and is None"),
        (
            "\nimport tidak_ada\nSITE = 1\n",
            "line 2: ModuleNotFoundError: No module named 'tidak_ada'",
        ),
        ("from ._tidak_ada import SITE\n", "line 1: ModuleNotFoundError: No module named"),
        ("import sys\nsys.exit(0)\nSITE = 1\n", "line 2: it ends the program"),
        ("raise SystemExit\nSITE = 1\n", "line 1: it ends the program"),
        ("def f(): f()\nf()\nSITE = 1\n", "line 1: RecursionError: maximum recursion depth"),
        ("SITE = 1 / 0\n", "line 1: ZeroDivisionError: division by zero"),
        ("assert False\nSITE = 1\n", "line 1: AssertionError"),
        (
            "from scraper.sites.site import Site\nSITE = Site(nama='kabar')\n",
            "line 2: Site has no field nama; did you mean name?",
        ),
        (
            "from scraper.sites.site import Layout\nSITE = [\n Layout(name='a', bodi='p')]\n",
            "line 3: Layout has no field bodi; did you mean body?",
        ),
        (
            "from scraper.sites.site import Rule\nSITE = Rule(name='a')\n",
            "line 2: Rule needs pattern",
        ),
        (
            "from scraper.sites.sources import Sitemap\nSITE = Sitemap('x', halaman=1)\n",
            "line 2: Sitemap has no field halaman",
        ),
        (
            "from scraper.sites.sources import Peta\nSITE = 1\n",
            "line 1: ImportError: cannot import name 'Peta' from 'scraper.sites.sources'",
        ),
    ],
)
def test_a_broken_file_is_one_line_that_names_it(folder: Path, text: str, why: str) -> None:
    file = folder / "kabar.py"
    file.write_text(text)
    written(folder, "lereng")
    known = found(folder)
    (line,) = lines(known)
    assert line.startswith(f"{file}: {why}")
    assert "\n" not in line
    assert list(known.sites) == sorted([*FIVE, "lereng"])
    assert known.broken[0].name == "kabar"


@given(st.binary(max_size=40), st.sampled_from([b"", b"SITE = ", b"# SITE\n"]))
def test_no_bytes_of_a_file_raise(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, before: bytes
) -> None:
    place = tmp_path_factory.getbasetemp() / "bytes"
    place.mkdir(exist_ok=True)
    (place / "kabar.py").write_bytes(before + text)
    known = found(place)
    assert (list(known.sites), len(known.broken)) == (FIVE, 1)


def test_ctrl_c_while_a_file_runs_ends_the_program(folder: Path) -> None:
    (folder / "kabar.py").write_text("raise KeyboardInterrupt\nSITE = 1\n")
    with pytest.raises(KeyboardInterrupt):
        found(folder)


def test_what_a_file_prints_is_no_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "kabar.py").write_text("print('halo')\n" + profile())
    assert "kabar" in found(folder).sites
    assert capsys.readouterr() == ("", "halo\n")


def test_a_file_without_a_profile_is_not_run(folder: Path, tmp_path: Path) -> None:
    (folder / "kerja.py").write_text(f"open({str(tmp_path / 'jejak')!r}, 'w')\n")
    found(folder)
    assert not (tmp_path / "jejak").exists()


@pytest.mark.parametrize(
    "name", ["Kabar", "kabar lembah", "kabar.example", "7kabar", "-kabar", "k" * 41, "kabár"]
)
def test_a_name_is_small_letters_digits_and_signs(folder: Path, name: str) -> None:
    (folder / f"{name}.py").write_text(profile("kabar", ('name="kabar"', f'name="{name}"')))
    known = found(folder)
    assert list(known.sites) == FIVE
    assert "cannot be the name of a publisher; expected small letters" in lines(known)[0]


@pytest.mark.parametrize("name", ["alerts", "schedule", "folder", "unknown", "doctor", "fallback"])
def test_a_name_that_means_something_else_is_refused(folder: Path, name: str) -> None:
    written(folder, name)
    (line,) = lines(found(folder))
    assert line.endswith(f"{name!r} cannot be the name of a publisher: warta uses it already")


@pytest.mark.parametrize("name", ["kabar-pagi", "kabar_pagi", "k", "kabar24"])
def test_other_names_are_taken(folder: Path, name: str) -> None:
    written(folder, name, host="kabar.example")
    assert name in found(folder).sites


# Two that want the same: the first stands.


def test_the_name_of_one_of_the_five_is_theirs(folder: Path) -> None:
    written(folder, "suara")
    known = found(folder)
    assert known.sites["suara"].domains == ("suara.com",)
    assert lines(known) == [f"{folder / 'suara.py'}: warta has a publisher suara already"]


@pytest.mark.parametrize("host", ["rmol.id", "berita.rmol.id", "rmol.co"])
def test_a_domain_of_one_of_the_five_is_theirs(folder: Path, host: str) -> None:
    written(folder, "kabar", host=host)
    known = found(folder)
    assert lines(known) == [f"{folder / 'kabar.py'}: {host} is a domain of rmol (warta)"]
    assert spiders.site_of(f"https://{host}/") is spiders.sites()["rmol"]


def test_a_domain_around_that_of_another_publisher_is_refused(folder: Path) -> None:
    written(folder, "bukit", host="bukit.lembah.example")
    written(folder, "lembah", host="lembah.example")
    known = found(folder)
    assert "bukit" in known.sites
    assert lines(known) == [
        f"{folder / 'lembah.py'}: lembah.example is a domain of bukit ({folder / 'bukit.py'})"
    ]


def test_of_two_folders_the_first_stands(folder: Path, tmp_path: Path) -> None:
    written(folder)
    second = written(tmp_path / "lain", "kabar", host="lain.example")
    known = found(folder, second.parent)
    assert known.sites["kabar"].domains == ("kabar.example",)
    assert lines(known) == [f"{second}: {folder / 'kabar.py'} has a publisher kabar already"]


def test_names_that_are_the_same_in_variables_are_one(folder: Path) -> None:
    written(folder, "kabar-pagi", host="pagi.example")
    written(folder, "kabar_pagi", host="malam.example")
    assert len(lines(found(folder))) == 1


def test_the_name_in_the_file_is_the_file_s(folder: Path) -> None:
    written(folder).rename(folder / "lereng.py")
    (line,) = lines(found(folder))
    assert line.endswith("name is 'kabar', but the file or the entry point is called 'lereng'")


# Packages.

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package with entry points where Python finds it, as pip does."""
    place = tmp_path / "site-packages"
    place.mkdir()
    monkeypatch.syspath_prepend(str(place))
    before = set(sys.modules)

    def installed(package: str, points: dict[str, str], **modules: str) -> Path:
        about = place / f"{package}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        written = "".join(f"{name} = {value}\n" for name, value in points.items())
        (about / "entry_points.txt").write_text(f"[{GROUP}]\n{written}")
        for module, text in modules.items():
            (place / f"{module}.py").write_text(text)
        return place

    yield installed
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_an_entry_point_of_a_package_is_a_publisher(install: Install) -> None:
    install("kabar-warta", {"kabar": "kabar_warta:SITE"}, kabar_warta=profile())
    known = found()
    assert "kabar" in known.sites
    assert known.origins["kabar"] == "kabar_warta:SITE (package kabar-warta)"
    assert "kabar" in spiders.names()


def test_an_entry_point_may_name_the_module(install: Install) -> None:
    install("kabar-warta", {"kabar": "kabar_warta"}, kabar_warta=profile())
    assert "kabar" in found().sites


def test_a_package_may_have_several_publishers(install: Install) -> None:
    points = {"kabar": "satu:SITE", "lereng": "dua:SITE"}
    install("grup", points, satu=profile(), dua=profile("lereng"))
    assert {"kabar", "lereng"} <= set(found().sites)


@pytest.mark.parametrize(
    ("value", "text", "why"),
    [
        ("tidak_ada:SITE", "", "ModuleNotFoundError: No module named 'tidak_ada'"),
        ("rusak:SITES", "SITE = 1\n", "AttributeError: module 'rusak' has no attribute 'SITES'"),
        ("rusak:SITE", "SITE = Site(\n", "{place}/rusak.py, line 1: '(' was never closed"),
        ("rusak:SITE", "SITE = 1 / 0\n", "{place}/rusak.py, line 1: ZeroDivisionError: division"),
        (
            "rusak:SITE",
            "import sys\nsys.exit(1)\n",
            "{place}/rusak.py, line 2: it ends the program",
        ),
        ("rusak:SITE", "SITE = 3\n", "SITE has to be a Site of scraper.sites.site, and is an int"),
        ("rusak", "x = 3\n", "SITE has to be a Site of scraper.sites.site, and is None"),
        ("bukan nama", "", "the entry point is no `module:SITE`"),
        ("rusak:", "", "the entry point is no `module:SITE`"),
    ],
)
def test_a_broken_package_is_one_line(install: Install, value: str, text: str, why: str) -> None:
    place = install("grup", {"kabar": value}, rusak=text)
    known = found()
    (line,) = lines(known)
    assert line.startswith(f"{value} (package grup): {why.format(place=place)}")
    assert list(known.sites) == FIVE


def test_of_two_packages_the_first_by_name_stands(install: Install) -> None:
    install("beta", {"kabar": "dua:SITE"}, dua=profile(host="dua.example"))
    install("alfa", {"kabar": "satu:SITE"}, satu=profile(host="satu.example"))
    known = found()
    assert known.sites["kabar"].domains == ("satu.example",)
    assert lines(known) == [
        "dua:SITE (package beta): satu:SITE (package alfa) has a publisher kabar already"
    ]


def test_a_package_stands_before_a_file(install: Install, folder: Path) -> None:
    install("grup", {"kabar": "satu:SITE"}, satu=profile(host="satu.example"))
    file = written(folder)
    known = found(folder)
    assert known.sites["kabar"].domains == ("satu.example",)
    assert lines(known) == [f"{file}: satu:SITE (package grup) has a publisher kabar already"]


# Which folders.


def test_a_folder_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    (only,) = folders(tmp_path / "situs", tmp_path / "news.db")
    assert only == Folder(path=tmp_path / "situs", named=True)


def test_without_a_name_it_is_the_one_beside_the_archive_and_the_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    beside, own = folders(None, tmp_path / "arsip" / "news.db")
    assert (beside.path, beside.named) == (tmp_path / "arsip" / "sites", False)
    assert own.path == tmp_path / "config" / "warta" / "sites"
    assert folders(None, None) == (own,)


def test_a_library_has_the_folders_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(written(tmp_path / "situs").parent))
    assert "kabar" in spiders.sites()
    monkeypatch.setenv(VARIABLE, "")
    assert "kabar" not in spiders.sites()
    monkeypatch.setenv("WARTA_ARCHIVE", str(tmp_path / "news.db"))
    assert of_environment()[0].path == tmp_path / "sites"


def test_a_process_that_was_spawned_adopts_them(tmp_path: Path) -> None:
    adopt((Folder(path=written(tmp_path / "situs").parent),))
    try:
        assert "kabar" in spiders.sites()
        with using(lambda: ()):
            assert "kabar" not in spiders.sites(), "the command line knows better"
    finally:
        adopt(None)
    assert "kabar" not in spiders.sites()


def test_a_usual_folder_need_not_be_there_and_a_named_one_must(tmp_path: Path) -> None:
    place = tmp_path / "tidak-ada"
    assert lines(found(place)) == []
    known = found(place, named=True)
    why = "it cannot be read"
    assert lines(known) == [f"{place}: {why} (No such file or directory)"]
    assert list(known.sites) == FIVE
    place.write_text("")
    assert lines(found(place, named=True)) == [f"{place}: {why} (Not a directory)"]


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_that_everybody_may_write_is_not_read(folder: Path, named: bool) -> None:
    written(folder)
    folder.chmod(0o777)
    known = found(folder, named=named)
    assert list(known.sites) == FIVE
    assert lines(known) == [f"{folder}: all users may write it; `chmod o-w {folder}`"]


@pytest.mark.parametrize("named", [True, False])
def test_a_file_that_everybody_may_write_is_not_run_and_the_others_are(
    folder: Path, named: bool
) -> None:
    file = written(folder)
    written(folder, "lereng")
    file.chmod(0o666)
    known = found(folder, named=named)
    assert list(known.sites) == sorted([*FIVE, "lereng"])
    assert lines(known) == [f"{file}: all users may write it; `chmod o-w {file}`"]


@pytest.mark.parametrize("name", ["_bersama", "umum"])
def test_no_other_file_imports_it(folder: Path, name: str) -> None:
    (folder / f"{name}.py").write_text("SITE = BADAN = 'div.isi'\n")
    (folder / f"{name}.py").chmod(0o666)
    (folder / "kabar.py").write_text(f"from .{name} import BADAN\n{profile()}")
    written(folder, "lereng")
    known = found(folder)
    assert list(known.sites) == sorted([*FIVE, "lereng"])
    said = dict(line.split(": ", 1) for line in lines(known))
    assert said[f"{folder / name}.py"].startswith("all users may write it")
    assert said[f"{folder / 'kabar.py'}"].startswith("line 1: ModuleNotFoundError")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
def test_a_file_of_somebody_else_is_run_only_where_the_folder_was_named(folder: Path) -> None:
    file = written(folder)
    os.chown(file, 65534, 65534)
    assert lines(found(folder)) == [
        f"{file}: it belongs to another user; name its folder to trust it"
    ]
    assert "kabar" in found(folder, named=True).sites


def test_an_editor_s_lock_and_a_link_to_nowhere_harm_no_other_file(folder: Path) -> None:
    written(folder)
    (folder / ".#kabar.py").symlink_to("ratna@komputer.4711")
    (folder / "lereng.py").symlink_to("tidak-ada.py")
    (folder / "_bersama.py").symlink_to("tidak-ada.py")
    known = found(folder)
    assert "kabar" in known.sites
    why = "it cannot be read (No such file or directory)"
    assert lines(known) == [f"{folder / name}: {why}" for name in ("_bersama.py", "lereng.py")]


def test_a_folder_that_cannot_be_read_is_one_line(folder_of_a_user: Path) -> None:
    place = folder_of_a_user / "sites"
    written(place)
    place.chmod(0)
    assert lines(found(place)) == [f"{place}: it cannot be read (Permission denied)"]


def test_a_file_that_cannot_be_read_is_one_line(folder_of_a_user: Path) -> None:
    file = written(folder_of_a_user / "sites")
    written(folder_of_a_user / "sites", "lereng")
    file.chmod(0)
    known = found(file.parent)
    assert lines(known) == [f"{file}: it cannot be read (Permission denied)"]
    assert "lereng" in known.sites


def test_a_folder_called_like_a_file_is_no_profile(folder: Path) -> None:
    (folder / "kabar.py").mkdir()
    (line,) = lines(found(folder))
    assert line == f"{folder / 'kabar.py'}: it cannot be read (Is a directory)"


def test_the_profile_of_the_manual_is_well(folder: Path) -> None:
    (text,) = [block.text for block in blocks(MANUAL / "sites.md") if block.language == "python"]
    (folder / "kabar.py").write_text(text)
    known = found(folder)
    assert (lines(known), "kabar" in known.sites) == ([], True)


def test_the_lines_of_the_manual_are_those_that_are_said(folder: Path) -> None:
    (said,) = [block.text for block in blocks(MANUAL / "sites.md") if block.language == "text"]
    (folder / "kabar.py").write_text(
        "from scraper.sites.site import Site\n\n\nSITE = Site(domain=1)\n"
    )
    written(folder, "lereng", ("K1", "L1"), ("div.isi", "div["))
    assert [
        line.replace(f"{folder}", "sites") for line in lines(found(folder))
    ] == said.splitlines()
