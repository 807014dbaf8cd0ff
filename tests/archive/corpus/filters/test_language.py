"""Indonesian is told from its neighbours; what is not Indonesian, or not surely, is dropped with a
reason.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import dill
import pytest
from datatrove.data import Document
from datatrove.pipeline.writers import JsonlWriter
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from archive.corpus.filters.language import DIGITS, LanguageFilter, language_scores
from archive.corpus.filters.reasons import REASONS

INDONESIAN = (
    "Warga desa di lereng gunung mengungsi ke masjid setelah air sungai naik tadi malam. Menurut"
    " kepala desa, seratus rumah terendam dan jalan ke pasar tidak bisa dilewati. Anak-anak sekolah"
    " diliburkan sampai hari Senin, sedangkan para petani khawatir padinya gagal panen karena sawah"
    " mereka tertutup lumpur."
)
ABOUT_MALAYSIA = (
    "Perdana Menteri Malaysia mengatakan negaranya akan menambah kuota pekerja dari Indonesia."
    " Pernyataan itu disampaikan setelah ia bertemu Menteri Luar Negeri di Putrajaya, Selasa."
    " Menurut dia, izin tinggal para pekerja akan diperpanjang sampai akhir tahun, dan biaya"
    " pengurusannya tidak naik. Sementara itu, sejumlah pekerja yang ditemui di pelabuhan Batam"
    " mengaku belum tahu soal aturan baru tersebut. Mereka berharap pengurusan dokumen tidak lagi"
    " berbelit-belit karena selama ini harus bolak-balik ke kantor imigrasi, bahkan ada yang"
    " menunggu sampai tiga bulan."
)
MALAY = (
    "Pihak bomba menerima panggilan kecemasan pada pukul tujuh pagi selepas sebuah kilang perabot"
    " di pinggir bandar terbakar. Seramai dua puluh anggota bersama tiga buah jentera dikejarkan ke"
    " tempat kejadian. Tiada kemalangan jiwa dilaporkan, namun kerugian dianggarkan mencecah dua"
    " juta ringgit. Orang ramai dinasihatkan supaya tidak menghampiri kawasan berkenaan."
)
JAVANESE = (
    "Warga desa ing lereng gunung iku wiwit ngungsi sawise banyu kali munggah ing wayah esuk."
    " Miturut pak lurah, ana satus omah kang kerendhem lan dalan menyang pasar ora bisa dilewati."
    " Para petani kuwatir yen sawahe gagal panen amarga parine durung wayahe dipanen."
)
SUNDANESE = (
    "Warga lembur di suku gunung éta ngungsi ka masjid sanggeus cai walungan naék peuting kamari."
    " Ceuk pa lurah, aya saratus imah nu kakeueum jeung jalan ka pasar teu bisa dipaké. Patani mah"
    " hariwang paréna moal kapanén lantaran sawahna laleueurna ku leutak."
)
ENGLISH = (
    "Villagers on the slopes of the volcano were moved to a school on Tuesday after the river rose"
    " overnight. The head of the village said that about a hundred houses stood in water and that"
    " the road to the market was closed."
)


VERSE = "الْحَمْدُ لِلَّهِ رَبِّ الْعَالَمِينَ"  # Quran 1:2
SERMON = (
    "Ustaz Ahmad mengajak jamaah bersedekah kepada fakir miskin seusai salat Jumat. Menurut dia,"
    " sedekah menghapus dosa dan mendatangkan rahmat Allah bagi umat yang beriman dan bertakwa."
    " Rasulullah bersabda bahwa amal saleh diterima dari hamba yang ikhlas. Jamaah lalu membaca"
    " ayat berikut, dan bermunajat memohon ampunan serta syafaat pada hari kiamat."
)


def document(text: str, language: str | None = None) -> Document:
    return Document(text=text, id="kabar:1", metadata={"site": "kabar", "page_language": language})


def judged(text: str, language: str | None = None, **options: object) -> tuple[object, Document]:
    doc = document(text, language)
    return LanguageFilter(**options).filter(doc), doc


@pytest.mark.parametrize(
    "text", [INDONESIAN, ABOUT_MALAYSIA, INDONESIAN.upper(), INDONESIAN.replace(". ", ".\n\n")]
)
def test_indonesian_stays_and_carries_its_score(text: str) -> None:
    verdict, doc = judged(text)
    assert verdict is True
    assert doc.metadata["language"] == "id"
    assert 0.6 < doc.metadata["language_score"] <= 1
    assert doc.text == text


@pytest.mark.parametrize(("text", "language"), [(MALAY, "ms"), (JAVANESE, "jv"), (ENGLISH, "en")])
def test_a_neighbour_is_dropped_under_its_own_name(text: str, language: str) -> None:
    verdict, doc = judged(text)
    assert verdict == (False, "language")
    assert doc.metadata["language"] == language
    assert language_scores(text)["id"] < 0.25


@pytest.mark.parametrize("verses", [0, 1, 2, 5])
def test_arabic_verses_do_not_make_an_indonesian_text_another_language(verses: int) -> None:
    verdict, doc = judged("\n\n".join((SERMON, *[VERSE] * verses)), "id")
    assert verdict is True
    assert doc.metadata["language"] == "id"


def test_a_text_that_is_mostly_arabic_is_dropped_as_such() -> None:
    verdict, doc = judged("\n\n".join(["Tempo, BBC", *[VERSE] * 9]), "id")
    assert verdict == (False, "language")
    assert doc.metadata["language"] == "ar"


def test_malay_is_weighed_by_the_language_that_the_site_declares() -> None:
    between = "Umat Islam menunaikan solat di masjid. Mereka berdoa kepada Allah agar selamat."
    alone, at_home = judged(between)[1].metadata, judged(between, "id")[1].metadata
    assert (alone["language"], at_home["language"]) == ("ms", "id")
    assert (alone["likelier_malay"], at_home["likelier_malay"]) == (0, 1)
    assert judged(MALAY, "id")[0] == (False, "language")


def test_sundanese_is_dropped_though_the_model_takes_it_for_a_neighbour() -> None:
    verdict, doc = judged(SUNDANESE)
    assert verdict == (False, "language")
    assert doc.metadata["language"] in {"jv", "ace"}
    assert language_scores(SUNDANESE)["id"] < 0.05


def test_what_is_indonesian_but_not_surely_has_a_reason_of_its_own() -> None:
    assert judged(INDONESIAN, threshold=0.9999)[0] == (False, "language_unsure")
    assert judged("Jakarta")[0] == (False, "language_unsure")


@pytest.mark.parametrize("text", ["", " \n\n ", "!!!", "12 345 67.890", "\x00"])
def test_what_shows_no_language_is_unsure(text: str) -> None:
    verdict, doc = judged(text)
    assert verdict == (False, "language_unsure")
    assert doc.metadata["language"] in {"und", "zxx"}


def test_an_empty_text_is_undetermined_with_score_0() -> None:
    _, doc = judged("")
    assert (doc.metadata["language"], doc.metadata["language_score"]) == ("und", 0.0)


def test_other_languages_can_be_requested() -> None:
    assert judged(MALAY, languages=("id", "ms"))[0] is True


def test_both_reasons_are_explained() -> None:
    assert {"language", "language_unsure"} <= REASONS.keys()


@given(st.text(st.characters(codec=None)) | st.text(st.sampled_from("ab \x00\ud800\udfff1-.\n")))
def test_no_text_is_too_odd(text: str) -> None:
    verdict, doc = judged(text)
    assert verdict is True or verdict[1] in REASONS
    assert 0 <= doc.metadata["language_score"] <= 1
    assert type(doc.metadata["language_score"]) is float


def test_scores_are_those_of_the_package_but_for_rounding() -> None:
    package = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    for text in (INDONESIAN, MALAY, JAVANESE, SUNDANESE, ENGLISH, "Jakarta", "12 345"):
        scores = language_scores(text)
        assert sum(scores.values()) == pytest.approx(1)
        assert scores == pytest.approx(dict(package.rank(text)), abs=1e-4)


def test_a_score_has_few_digits_so_that_it_is_equal_on_every_machine() -> None:
    score = judged(INDONESIAN)[1].metadata["language_score"]
    assert score == round(score, DIGITS) == round(language_scores(INDONESIAN)["id"], DIGITS)


@pytest.mark.parametrize("library", [pickle, dill])
def test_a_block_travels_to_other_machines_without_the_model(library: ModuleType) -> None:
    block = LanguageFilter()
    block.filter(document(INDONESIAN))
    sent = library.dumps(block)
    assert len(sent) < 10_000
    doc = document(INDONESIAN)
    assert library.loads(sent).filter(doc) is True
    assert doc.metadata["language"] == "id"


def test_importing_and_building_a_block_does_not_load_the_model() -> None:
    program = (
        "from archive.corpus.filters import language; language.LanguageFilter();"
        " print(language._identifier.cache_info().currsize)"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout
        == "0\n"
    )


def test_in_a_pipeline_what_is_dropped_goes_to_the_exclusion_writer_with_its_reason(
    tmp_path: Path,
) -> None:
    block = LanguageFilter(exclusion_writer=JsonlWriter(str(tmp_path), compression=None))
    kept = list(block.run([document(text) for text in (INDONESIAN, MALAY, "Jakarta")]))
    assert [doc.text for doc in kept] == [INDONESIAN]
    written = "".join(path.read_text() for path in tmp_path.iterdir())
    assert '"filter_reason":"language"' in written.replace(": ", ":")
    assert '"filter_reason":"language_unsure"' in written.replace(": ", ":")
    assert block.stats["dropped_language"].total == 1
