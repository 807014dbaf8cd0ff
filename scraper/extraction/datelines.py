"""The place that opens a text ("REPUBLIKA.CO.ID, BEIJING -- ", "Moskow: "), and what only looks like one."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from scraper.extraction.blocks import Block
from scraper.site import Site

# Words that stand before a colon at the start of a text and are no place.
_LABELS = frozenset(
    "catatan ralat koreksi update info breaking pertanyaan jawaban tanya jawab tips simak foto video opini sinopsis judul penulis oleh "
    "editor reporter narasumber moderator ingat perhatian penting kesimpulan jadwal hasil skor sumber lokasi waktu tempat tanggal harga "
    "daftar berikut pengumuman peringatan pembaca redaksi disclaimer note question answer q a satu pertama kedua ketiga klarifikasi fakta "
    "klaim hoaks kata saksi hakim jaksa terdakwa presiden menteri gubernur bupati wali".split()
)


def split_dateline(blocks: list[Block], site: Site) -> tuple[str | None, list[Block]]:
    """The dateline's place and the blocks without the dateline; (None, blocks) where none opens the text."""
    if not blocks or not site.dateline:
        return None, blocks
    first = blocks[0]
    match = _compiled(site.dateline).match(first.text)
    if match is None:
        return None, blocks
    place = (match.groupdict().get("place") or "").strip(" ,-–—:/")
    if site.dateline_bold and not _is_place(place, first):
        return None, blocks
    rest = first.text[match.end() :].strip()
    return place or None, [replace(first, text=rest), *blocks[1:]] if rest else blocks[1:]


def _is_place(place: str, block: Block) -> bool:
    """Bold, or at least written like a place and no word that usually labels something."""
    if not place:
        return True  # the newsroom's own name alone
    words = place.split()
    if words[0].lower() in _LABELS:
        return False
    if place in block.opening:
        return True
    return len(words) <= 4 and all(word[0].isupper() or word[0] == "(" for word in words)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
