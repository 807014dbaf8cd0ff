"""Invented news for corpora: texts that every filter lets through and that no other text resembles,
an archive of all fates, and builds.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from archive import Archive
from archive.corpus import build, executors
from archive.corpus.build import BuildOptions, last_written_at, load_selection
from archive.corpus.filters.thresholds.loading import load_thresholds
from archive.corpus.output import finish
from archive.corpus.output.summary import Summary
from archive.corpus.recipe import Recipe
from archive.maintenance.takedown import take_down as erase
from tests.archive.invented import DAY, HOUR, NOW, story, take_down, url_of
from tests.archive.syndication.syndicated import ran

_PLACES = (
    "Lambur Sendang Kedung Randu Wanasari Telaga Karang Gumuk Pelataran Sumber Cempaka Jatirejo"
    " Bantaran".split()
)
_PEOPLE = (
    "Ratna Wening Darto Ngatmi Gunadi Sari Joko Melati Bagus Tirta Lestari Prasetyo Wulan Aditya"
    " Kinasih Surya Dewi".split()
)
_WHAT = (
    "jembatan sawah sekolah pasar waduk perpustakaan balai koperasi lumbung kebun terminal"
    " puskesmas bengkel museum dermaga".split()
)
_SENTENCES = (
    (
        "Warga {place} bergotong royong memperbaiki {what} yang rusak sejak {number} hari lalu"
        " karena hujan deras di hulu."
    ),
    (
        "{who} mengatakan bahwa pekerjaan itu akan selesai dalam {number} pekan bila bahan datang"
        " tepat waktu dari kota."
    ),
    (
        "Pemerintah daerah menyiapkan {number} karung beras untuk keluarga yang tidak dapat bekerja"
        " selama {what} ditutup."
    ),
    (
        "Anak-anak dari {place} belajar di rumah {who} dengan buku pinjaman, kata kepala desa"
        " kepada wartawan pada sore hari."
    ),
    (
        "Menurut {who}, harga di {what} sudah turun {number} ratus rupiah dibandingkan dengan bulan"
        " yang lalu."
    ),
    (
        "Sebanyak {number} relawan dari {place} memasang lampu di sekitar {what} agar jalan terang"
        " pada malam hari."
    ),
    (
        "Polisi masih mencari pemilik perahu yang hanyut dari {place} dan tersangkut di bawah"
        " {what} sejak kemarin."
    ),
    (
        "{who} berharap kunjungan wisatawan ke {place} kembali ramai setelah {what} dibuka untuk"
        " umum bulan depan."
    ),
    (
        "Rapat di {what} berlangsung selama {number} jam dan menghasilkan kesepakatan tentang"
        " pembagian air untuk petani."
    ),
    (
        "Di tempat lain, petani {place} memilih menanam jagung pada {number} petak karena pupuk"
        " sulit didapat tahun ini."
    ),
    (
        "Kelompok musik pimpinan {who} akan tampil di halaman {what} dengan lagu-lagu yang jarang"
        " dimainkan orang."
    ),
    (
        "Dinas setempat mencatat {number} rumah di {place} belum memiliki sambungan air bersih dari"
        " {what} yang baru."
    ),
    (
        "Bagi {who}, pengalaman merawat {what} selama {number} tahun adalah pelajaran yang tidak"
        " ada di bangku kuliah."
    ),
)
ENGLISH = (
    "The village council of the northern hills met again on Monday to decide what should be done"
    " about the old bridge.\n\nSeveral farmers said that they had been waiting for six years and"
    " that the money which was promised had never come.\n\nA spokesman for the district told them"
    " that the work would begin in spring, when the river is low and the roads are dry.\n\nNobody"
    " in the hall seemed to believe him, but they thanked him for the coffee and went home before"
    " it grew dark."
)
MAKER = (
    "Surat pembaca dapat dikirim ke sari.melati@kabar.example atau 0812-3456-7890 pada hari kerja."
)
OFFER = "Ikuti saluran pesan Kabar Desa untuk membaca berita pilihan setiap pagi."


def told(number: int, *, paragraphs: int = 6) -> str:
    """A text of its own for each number, some ninety words long."""
    picked = [
        (number * 5 + step * (1 + number % 3)) % len(_SENTENCES) for step in range(paragraphs)
    ]
    return "\n\n".join(
        _SENTENCES[which].format(
            place=_PLACES[(number * 7 + step * 3) % len(_PLACES)]
            + f" {'Kulon Wetan Lor Kidul Tengah'.split()[(number + step) % 5]}",
            who=(
                f"{_PEOPLE[(number * 11 + step * 5) % len(_PEOPLE)]}"
                f" {_PEOPLE[(number * 3 + step * 7 + 1) % len(_PEOPLE)]}"
            ),
            what=(
                f"{_WHAT[(number * 13 + step * 4) % len(_WHAT)]}"
                f" {_PLACES[(number + step * 5) % len(_PLACES)]}"
            ),
            number=11 + (number * 37 + step * 17) % 300,
        )
        for step, which in enumerate(picked)
    )


def kept(
    archive: Archive,
    number: int,
    site: str = "kabar",
    *,
    body: str | None = None,
    day: int = 0,
    **fields: Any,
) -> None:
    """A site runs a text, its own unless `body` is given, so many days after the first."""
    published = fields.pop("published", NOW + day * DAY)
    ran(
        archive,
        told(number) if body is None else body,
        site=site,
        number=number,
        at=NOW + day * DAY,
        published=published,
        **fields,
    )


def opt_out(
    archive: Archive,
    number: int,
    site: str = "kabar",
    *,
    rule: str = "robots.txt: GPTBot",
    day: int = 0,
) -> None:
    with archive.transaction(NOW + day * DAY):
        archive.history.note_rights(archive.history.article_id(site, f"{site}-{number}"), rule)


def gone(archive: Archive, number: int, site: str = "kabar", *, day: int = 0) -> None:
    """Its site took it away (404)."""
    take_down(archive, story(number, site=site), at=NOW + day * DAY)


def taken_down(archive: Archive, number: int, site: str = "kabar", *, day: int = 0) -> None:
    """What `warta remove` does."""
    erase(
        archive,
        site,
        f"{site}-{number}",
        url=url_of(number, site=site),
        reason="diminta keluarga",
        now=NOW + day * DAY,
    )


DOUBTED = {"layout": "fallback", "warnings": ("layout_missed", "missing_headline")}


def all_fates(archive: Archive) -> None:
    """Thirty stories alone, and one or more for each fate; every cluster is of kabar first, then
    berita, then warta.
    """
    for number in range(1, 31):
        kept(archive, number, "kabar" if number % 3 else "berita", day=number % 5)
    for number, first in ((40, {}), (41, {}), (42, {}), (43, DOUBTED), (44, {})):
        for step, site in enumerate(("kabar", "berita", "warta")):
            kept(
                archive,
                number,
                site,
                body=told(number),
                published=NOW + step * HOUR,
                **(first if site == "kabar" else {}),
            )
    opt_out(archive, 41)
    gone(archive, 42)
    taken_down(archive, 44)
    kept(archive, 50, body=ENGLISH)
    kept(archive, 51, body="Terlalu pendek untuk sebuah berita.")
    kept(archive, 52, body=f"{told(52)}\n\n{MAKER}")
    kept(archive, 53, published=None)
    kept(archive, 54, body="Naskah lama: " + told(54))
    kept(archive, 54, body="Naskah baru: " + told(54), day=1)
    for site in ("kabar", "berita"):
        kept(archive, 60, site, body="Foto bersama di depan lumbung, istimewa.")


SPLITS = (("train", Decimal("0.8")), ("test", Decimal("0.2")))


class InThisProcess:
    """Stands for `archive.database.parallel.Readers`, without the seconds that another process
    takes to import everything.
    """

    def map(self, work: Callable[[int], int], tasks: Iterable[int]) -> Iterator[int]:
        return map(work, tasks)


@contextmanager
def in_this_process(_jobs: int, start: Callable[..., None], *given: Any) -> Iterator[InThisProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", sys.stderr)  # `start` closes its own eyes, not ours
        start(*given)
        silent = sys.stderr
        try:
            yield InThisProcess()
        finally:
            silent.close()


def recipe_of(path: Path, **fields: Any) -> Recipe:
    """Everything there is, with filters that judge nothing, unless `fields` say otherwise;
    `filters` may be their name or file.
    """
    filters = load_thresholds(str(fields.pop("filters", "none")))
    as_of = fields.pop("as_of", None) or last_written_at(path)
    return Recipe(
        **{"archive": path, "as_of": as_of, "thresholds": filters, "splits": SPLITS} | fields
    )


def built(
    path: Path,
    out: Path,
    *,
    jobs: int | None = None,
    overwrite: bool = False,
    pictures: bool = False,
    **fields: Any,
) -> Summary:
    """Build in this process, or in `jobs` others; without the pictures, which take most of the time
    of a small corpus.
    """
    recipe = recipe_of(path, **fields)
    with pytest.MonkeyPatch.context() as patch:
        if jobs is None:
            patch.setattr(executors, "readers", in_this_process)
        if not pictures:
            patch.setattr(finish, "draw", lambda _summary, _folder: [])
        means = BuildOptions(jobs=jobs or 1, overwrite=overwrite)
        summary = build.build(recipe, load_selection(recipe), out, means, advance=lambda _: None)
    assert summary is not None
    return summary


def documents(out: Path, split: str | None = None) -> list[dict[str, Any]]:
    """The exported rows, in the order of the files."""
    files = sorted((out / "data").glob(f"{split or ''}*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def by_id(out: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in documents(out)}


def dropped(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(out / "dropped.parquet").to_pylist()
    return found


def reasons(out: Path) -> dict[str, str]:
    """Id -> why it is not there."""
    return {row["id"]: row["reason"] for row in dropped(out)}


def tree(folder: Path) -> dict[str, str]:
    """Digest of each file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
