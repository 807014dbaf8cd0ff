"""Datelines: the place that opens a text ("REPUBLIKA.CO.ID, BEIJING -- ", "Moskow: ")."""

import re
from dataclasses import dataclass, replace

from scraper.extraction.text.blocks import Block
from scraper.sites.site import Site

# Words before a colon at the start of a text that are no place.
_LABELS = frozenset(
    """
    catatan ralat koreksi update info breaking pertanyaan jawaban tanya jawab tips simak foto video
    opini sinopsis judul penulis oleh editor reporter narasumber moderator ingat perhatian penting
    kesimpulan jadwal hasil skor sumber lokasi waktu tempat tanggal harga daftar berikut pengumuman
    peringatan pembaca redaksi disclaimer note question answer q a satu pertama kedua ketiga
    klarifikasi fakta klaim hoaks kata saksi hakim jaksa terdakwa presiden menteri gubernur bupati
    wali warga kronologi soal hari pengantar pakar polisi pengamat ahli
    """.split()
)
_SPEAKERS = ("Saya ", "Kami ", "Kita ", "Aku ")
MAX_WORDS = 4
"""Words of a place that is not bold."""
MAX_ABBREVIATION = 5
"""Capitals of a word that is rather an abbreviation than a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A text without its dateline, and what the dateline says."""

    blocks: list[Block]
    place: str | None = None
    author: str | None = None
    """Of a column: "REPUBLIKA.CO.ID,Oleh: Name/Post"."""


def split_dateline(blocks: list[Block], site: Site) -> Opening:
    """Take the dateline off the first block; without one all blocks stay as they are."""
    if not blocks or not site.dateline:
        return Opening(blocks=blocks)
    first = blocks[0]
    match = re.match(site.dateline, first.text)
    if match is None:
        return Opening(blocks=blocks)
    groups = match.groupdict()
    place = (groups.get("place") or "").strip(" ,-–—:/")
    if site.dateline_bold and not _is_place(place, first, first.text[match.end() :]):
        return Opening(blocks=blocks)
    rest = first.text[match.end() :].strip()
    kept = blocks[1:]
    if rest:
        kept = [replace(first, text=rest), *kept]
    author = (groups.get("author") or "").partition("/")[0].strip(" ,-–—")
    return Opening(blocks=kept, place=place or None, author=author or None)


def _is_place(place: str, block: Block, rest: str) -> bool:
    """Whether it is bold, or at least written like a place and no usual label."""
    if not place:
        return True  # the publisher's own name alone
    words = place.split()
    if words[0].lower() in _LABELS:
        return False
    if place in block.opening:
        return True
    somebody_speaks = not rest[:1].isupper() or rest.startswith(_SPEAKERS)
    abbreviation = place.isupper() and len(place) <= MAX_ABBREVIATION
    if somebody_speaks or abbreviation or place.count("(") != place.count(")"):
        return False
    return len(words) <= MAX_WORDS and all(word[0].isupper() or word[0] == "(" for word in words)
