"""For every reason of the filters one text that it takes and one that it leaves: invented prose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from datatrove.data import Document

NEWS = """Warga Desa Lambur memperbaiki jembatan gantung yang papan lantainya lapuk sejak musim hujan tahun lalu. Mereka bekerja dengan \
alat seadanya dari pagi sampai sore.

"Kami tidak menunggu bantuan, karena anak-anak harus tetap ke sekolah," kata Kepala Desa Lambur, Suroto, pada Sabtu (14/11/2026). \
Menurut dia, kayu untuk lantai diambil dari kebun milik warga.

Jembatan sepanjang 60 meter itu adalah jalan terdekat menuju pasar dan puskesmas. Jika jembatan ditutup, warga harus memutar dua belas \
kilometer lewat jalan kabupaten.

Dinas Pekerjaan Umum berjanji mengganti tali baja dalam tiga bulan. Pekerjaan itu akan dimulai setelah anggaran perubahan disahkan oleh \
dewan."""

LINES = NEWS.split("\n\n")

TEASER = (
    "Pasar terapung Kali Gending ramai pada hari pertama libur. Pengunjung dari kota tetangga"
    " datang dengan perahu dan sepeda."
)

PRICES = "\n\n".join(
    f"{kind} Rp {price}.500 naik {price} persen 2026"
    for price, kind in enumerate(["Beras", "Gula", "Cabai", "Telur"] * 9, 11)
)

SCHEDULE = "Berikut jadwal kapal dari Pelabuhan Sangkala:\n\n" + "\n\n".join(
    f"{day} tujuan Pulau {island} kapal {ship}"
    for day, island, ship in zip(
        ["Senin pagi", "Selasa sore", "Rabu siang", "Kamis malam"] * 4,
        ["Kenari", "Delima"] * 8,
        ["Mutiara", "Kencana", "Bahari"] * 6,
        strict=False,
    )
)

NUMBERED = "Berikut daftar pemenang lomba:\n\n" + "\n\n".join(
    f"{n}. Kelompok Tani Desa Sumber Rejo {n} Kecamatan Lambur" for n in range(2, 30)
)

ENGLISH = "\n\n".join(
    [
        "The village head said that people of the valley had repaired the old bridge before the"
        " market opened again."
    ]
    * 5
)


def document(text: str = NEWS, **metadata: Any) -> Document:
    """A document as the reader of an archive gives it."""
    return Document(
        text=text,
        id="suara:1",
        metadata={"layout": "S2", "warnings": [], "headline": "Jembatan Lambur", "section": "news"}
        | metadata,
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    block: str
    takes: Document
    leaves: Document = field(default_factory=document)
    thresholds: str = ""
    """TOML laid over `news`."""


def repeated(*lines: str) -> str:
    return "\n\n".join(lines)


CASES: dict[str, Case] = {
    "doubtful_extraction": Case(
        block="fallback",
        takes=document(warnings=["missing_parts"]),
        leaves=document(warnings=["missing_headline", "day_only"]),
    ),
    "fallback_extraction": Case(
        block="fallback",
        takes=document(layout="fallback", warnings=["layout_missed"]),
        leaves=document(layout="fallback", warnings=["missing_published_at"]),
    ),
    "no_words": Case(block="length", takes=document("— … !\n\n“ ”")),
    "too_short": Case(block="length", takes=document(TEASER)),
    "too_long": Case(
        block="length", takes=document(f"{NEWS}\n\n{NEWS}"), thresholds="length.max_words = 150"
    ),
    "gallery": Case(
        block="prose",
        takes=document(TEASER, headline="FOTO: Pasar Terapung Kali Gending"),
        leaves=document(TEASER, headline="Pasar Terapung Ramai, Warga Berbagi Foto"),
    ),
    "mostly_numbers": Case(block="prose", takes=document(PRICES)),
    "not_prose": Case(
        block="prose", takes=document(SCHEDULE), leaves=document(f"{NEWS}\n\n{SCHEDULE}")
    ),
    "gopher_quality/too_few_words": Case(
        block="gopher_quality",
        takes=document(TEASER),
        thresholds="gopher_quality.min_doc_words = 50",
    ),
    "gopher_quality/too_many_words": Case(
        block="gopher_quality",
        takes=document(f"{NEWS}\n\n{NEWS}"),
        thresholds="gopher_quality.max_doc_words = 150",
    ),
    "gopher_quality/short_words": Case(
        block="gopher_quality",
        takes=document("Di RT 2 itu ada ia, si Ali, dan di RW 1 ada si Ida. " * 6),
    ),
    "gopher_quality/long_words": Case(
        block="gopher_quality",
        takes=document(
            "Pertanggungjawaban penyelenggaraan keberlangsungan ketidakpastian dan yang"
            " pemberdayaan. " * 6
        ),
    ),
    "gopher_quality/hash_signs": Case(
        block="gopher_quality",
        takes=document(NEWS + " #lambur #jembatan #desa" * 20),
        leaves=document(NEWS + " #lambur"),
    ),
    "gopher_quality/ellipses": Case(
        block="gopher_quality",
        takes=document(NEWS.replace(" ", " ... ")),
        leaves=document(NEWS + " Begitulah ..."),
    ),
    "gopher_quality/bullet_lines": Case(
        block="gopher_quality",
        takes=document(repeated(*(f"- {line}" for line in LINES))),
        leaves=document(repeated(LINES[0], *(f"- {line}" for line in LINES[1:]))),
        thresholds="gopher_quality.max_bullet_lines_ratio = 0.9",
    ),
    "gopher_quality/ellipsis_lines": Case(
        block="gopher_quality",
        takes=document(repeated(*(f"{line}.." for line in LINES))),
        leaves=document(f"{NEWS}.."),
    ),
    "gopher_quality/few_letters": Case(
        block="gopher_quality",
        takes=document(
            "Hasil pertandingan di Lambur dan di Sangkala:"
            f" {'Mutiara 21 - 17 , Kencana 21 - 11 ; ' * 12}"
        ),
    ),
    "gopher_quality/few_stop_words": Case(block="gopher_quality", takes=document(ENGLISH)),
    "gopher_repetition/lines": Case(
        block="gopher_repetition",
        takes=document("Air naik.\n\n" * 4 + NEWS),
        leaves=document("Air naik.\n\n" * 2 + NEWS),
    ),
    "gopher_repetition/line_characters": Case(
        block="gopher_repetition",
        takes=document(repeated(LINES[0], *LINES)),
        thresholds="gopher_repetition.dup_line_char_frac = 0.1",
    ),
    "gopher_repetition/top_phrase": Case(
        block="gopher_repetition",
        takes=document(
            " ".join(
                f"Jembatan gantung {place}."
                for place in "di Lambur,dekat pasar,lama,baru,kedua,ketiga,milik desa,tua".split(
                    ","
                )
            )
        ),
    ),
    "gopher_repetition/phrases": Case(
        block="gopher_repetition", takes=document(f"{LINES[0]} {LINES[0]} {LINES[3]}")
    ),
    "fineweb_quality/unended_lines": Case(
        block="fineweb_quality",
        takes=document(
            repeated("Kabar dari desa hari ini:", *SCHEDULE.split("\n\n")[1:6], LINES[0])
        ),
    ),
    "fineweb_quality/short_lines": Case(
        block="fineweb_quality",
        takes=document("Air naik.\n\nWarga pindah.\n\nHujan reda."),
        thresholds="fineweb_quality.short_line_thr = 0.67\nfineweb_quality.new_line_ratio = 0.5",
    ),
    "fineweb_quality/repeated_lines": Case(
        block="fineweb_quality",
        takes=document(f"{NEWS}\n\n{LINES[1]}"),
        leaves=document(f"{NEWS}\n\nAir naik."),
    ),
    "fineweb_quality/list_lines": Case(
        block="fineweb_quality",
        takes=document(
            "Air naik.\n\nHujan reda.\n\nWarga pindah.\n\nAngin tenang.\n\nJalan kering."
        ),
    ),
    "c4_quality/lorem_ipsum": Case(
        block="c4_quality", takes=document(f"{NEWS}\n\nLorem ipsum dolor sit amet.")
    ),
    "c4_quality/curly_bracket": Case(
        block="c4_quality",
        takes=document(NEWS + "\n\nvar iklan = {lebar: 300};"),
        thresholds="c4_quality.filter_curly_bracket = true",
    ),
    "program_code": Case(
        block="prose",
        takes=document(NEWS + "\n\nvar iklan = {lebar: 300, tinggi: {batas: 200}}; muat({iklan});"),
        leaves=document(NEWS + "\n\nSkor akhir 2-1 {babak kedua tanpa gol)."),
    ),
    "c4_quality/few_sentences": Case(
        block="c4_quality", takes=document(TEASER), thresholds="c4_quality.min_num_sentences = 5"
    ),
}
