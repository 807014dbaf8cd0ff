"""Invented Indonesian prose in any amount: the same seed gives the same text. A few words are
everywhere, most are rare, as in life.
"""

from __future__ import annotations

from itertools import accumulate, product
from random import Random

_GLUE = (
    "yang di dan dengan untuk pada dari ini itu tidak akan dalam juga ke oleh karena sudah para "
    "bisa lebih ada warga kata"
).split()
_WORDS = (
    "desa sawah pasar jembatan sungai beras jagung kapal nelayan guru sekolah murid buku kebun "
    "kopi cengkih rumah jalan musim hujan panen harga pedagang petani air saluran listrik "
    "kampung kecamatan bupati koperasi pinjaman gudang perahu pantai gunung hutan bambu kayu "
    "tenun batik pelatih lapangan lomba sepeda kereta stasiun terminal pelabuhan puskesmas "
    "bidan dokter obat sumur waduk tanggul"
).split()
_BEFORE, _AFTER = ("", "", "me", "ber", "di", "pe", "ter", "se"), ("", "", "nya", "an", "kan", "i")
_SYLLABLES = (
    "ba da ga ka la ma na pa ra sa ta wa bu lu mu nu ru su tu bi di gi li mi ni ri si ti ko lo "
    "mo no ro so to"
).split()
RARE = tuple("".join(parts) for parts in product(_SYLLABLES, repeat=3))
"""Names of places and people that no map knows: 42,875 of them, each rarer than the one before."""
COMMON = tuple(_GLUE)
"""Words of nearly every story."""
_VOCABULARY = (
    *_GLUE,
    *_WORDS,
    *(before + word + after for word in _WORDS for before in _BEFORE for after in _AFTER),
    *RARE,
)
MIDDLING = tuple(word for word in _VOCABULARY[400:800] if word not in _WORDS)
"""Words of one story in twenty or so."""
_WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(_VOCABULARY) + 1)))


def sentence(random: Random) -> str:
    """About fifteen words."""
    words = random.choices(_VOCABULARY, cum_weights=_WEIGHTS, k=random.randint(9, 21))
    words[0] = words[0].capitalize()
    said = " ".join(words)
    return (
        f"{said}."
        if random.random() < 0.8
        else f"“{said},” kata {random.choice(RARE).title()} – warga setempat."
    )


def headline(random: Random) -> str:
    """About seven words, each with a capital."""
    return " ".join(
        random.choices(_VOCABULARY, cum_weights=_WEIGHTS, k=random.randint(5, 9))
    ).title()


def paragraphs(random: Random, characters: int) -> tuple[str, ...]:
    """Paragraphs of two or three sentences, this many characters in all or a little more."""
    made: list[str] = []
    while sum(map(len, made)) < characters:
        made.append(" ".join(sentence(random) for _turn in range(random.randint(2, 3))))
    return tuple(made)
