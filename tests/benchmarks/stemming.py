"""Indonesian stemmers side by side: which forms of a word meet, which words must not, how fast.

    python -m tests.benchmarks.stemming [--words 20000]

Peers that are not installed are skipped; `pip install --target DIR PACKAGE` and PYTHONPATH bring
them. `forms`: of the forms of one word, the share that gets the stem of its root. `apart`: of pairs
of different words that look alike, the share that gets two stems. Times are CPU seconds of this
process; words a second are of invented words, which no dictionary has: the slowest.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from random import Random
from time import process_time
from typing import Any

from scraper.cli.rendering.terminal import columns, print_table
from tests.benchmarks import prose

FAMILIES = """
baik perbaiki memperbaiki diperbaiki perbaikan kebaikan membaik terbaik sebaiknya
ajar belajar mengajar diajarkan pelajaran pengajar pembelajaran mempelajari diajar pelajar
tulis menulis ditulis tulisan penulis menuliskan tertulis penulisan dituliskannya
sapu menyapu disapu penyapu sapuan menyapukan
pukul memukul dipukul pukulan pemukul memukuli terpukul
kirim mengirim dikirim kiriman pengirim pengiriman mengirimkan dikirimkannya terkirim
bangun membangun dibangun bangunan pembangunan terbangun membangunkan pembangun
jalan berjalan perjalanan menjalankan dijalankan pejalan menjalani jalanan
adil keadilan mengadili pengadilan diadili peradilan seadilnya
naik menaikkan dinaikkan kenaikan menaiki dinaiki penaikan
turun menurun menurunkan diturunkan penurunan turunan keturunan
besar membesar membesarkan terbesar kebesaran sebesar pembesaran memperbesar
main bermain pemain permainan memainkan dimainkan mainan
tani petani pertanian bertani
dagang pedagang perdagangan berdagang dagangan memperdagangkan
tanam menanam ditanam tanaman penanaman menanami penanam
pimpin memimpin dipimpin pemimpin pimpinan kepemimpinan
kerja bekerja pekerja pekerjaan mengerjakan dikerjakan
tahan bertahan menahan ditahan tahanan pertahanan penahanan mempertahankan
hukum menghukum dihukum hukuman penghukum terhukum
selidik menyelidiki diselidiki penyelidikan penyelidik
sidik menyidik disidik penyidik penyidikan
usul mengusulkan diusulkan usulan pengusul
satu bersatu persatuan menyatukan disatukan kesatuan penyatuan mempersatukan
duduk penduduk menduduki kedudukan kependudukan pendudukan
lindung melindungi dilindungi perlindungan pelindung terlindung
temu bertemu menemukan ditemukan pertemuan penemuan temuan
lapor melapor melaporkan dilaporkan laporan pelapor pelaporan
pilih memilih dipilih pemilih pilihan pemilihan terpilih
tarik menarik ditarik tarikan penarikan tertarik
aman mengamankan diamankan pengamanan keamanan pengaman
sekolah bersekolah menyekolahkan disekolahkan persekolahan
rumah perumahan rumahnya merumahkan dirumahkan
harga dihargai menghargai penghargaan berharga harganya
ubah mengubah diubah perubahan berubah pengubahan
makan memakan dimakan makanan pemakan termakan
"""
"""A root and forms of it, a family a line."""

APART = """
beras berasal
bera berat
kepala kelapa
palu pal
mengarang karangan-laut
batu batuk
bata bataan
pasar sasar
sawah bawah
malam alam
mala malam
ulang pulang
akan pakan
ikan akan
tan tani
pemuda mudah
beruang uang
kelas las
kemudi mudi
petir petik
sekarang karang
kapan kapal
berita rita
peran perang
jalan jala
hutan hutang
buku bukan
lapangan lapan
gula gulai
sungai sunga
pantai panta
kopi kop
dinas nas
sela selam
benda bendahara
medan meda
polisi polis
makna makan
terminal minal
menteri teri
setan tan
pulau pula
laku lakon
menara nara
kecamatan kecam
bupati pati
pemilu pilu
korupsi korup-siang
dalam dalang
tekan tekanan-darah
"""
"""Two words a line that a search must not take for each other."""

Stem = Callable[[str], str]


def _sastrawi() -> Stem:
    factory = import_module("Sastrawi.Stemmer.StemmerFactory").StemmerFactory()
    return factory.create_stemmer().stem  # type: ignore[no-any-return]


def _snowball() -> Stem:
    return import_module("Stemmer").Stemmer("indonesian").stemWord  # type: ignore[no-any-return]


def _simplemma(language: str) -> Stem:
    lemmatize = import_module("simplemma").lemmatize
    return lambda word: lemmatize(word, lang=language).lower()


def _nusantara() -> Stem:
    return import_module("nusantara.stemmer").Stemmer().stem  # type: ignore[no-any-return]


def _indo_text() -> Stem:
    return import_module("indo_text_preprocessing.stemmer").stem  # type: ignore[no-any-return]


PEERS: dict[str, Callable[[], Stem]] = {
    "none": lambda: str,
    "PyStemmer": _snowball,
    "PySastrawi, or Sastrawi": _sastrawi,
    "simplemma id": lambda: _simplemma("id"),
    "simplemma ms": lambda: _simplemma("ms"),
    "nusantara-nlp": _nusantara,
    "indo-text-preprocessing": _indo_text,
}


def measured(name: str, words: int) -> dict[str, Any]:
    """One stemmer: the time of its first word, its rate, and both shares."""
    begun = process_time()
    stem = PEERS[name]()
    stem("memperbaiki")
    first = process_time() - begun
    families = [line.split() for line in FAMILIES.split("\n") if line]
    met = [stem(form) == stem(root) for root, *forms in families for form in forms]
    pairs = [line.split() for line in APART.split("\n") if line]
    apart = [stem(one) != stem(other) for one, other in pairs]
    unknown = [f"men{word}kan" for word in Random(1).sample(prose.RARE, words)]
    begun = process_time()
    for word in unknown:
        stem(word)
    rate = words / (process_time() - begun)
    return {
        "stemmer": name,
        "forms": f"{sum(met)} of {len(met)}",
        "apart": f"{sum(apart)} of {len(apart)}",
        "first_ms": round(1000 * first),
        "words_a_second": round(rate),
    }


def rows(words: int) -> Iterator[dict[str, Any]]:
    """All stemmers that are installed."""
    for name in PEERS:
        with suppress(ImportError):
            yield measured(name, words)


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=20_000)
    keys = columns("stemmer forms apart first_ms words_a_second", first_ms="first word, ms")
    print_table(list(rows(parser.parse_args().words)), keys)


if __name__ == "__main__":
    main()
