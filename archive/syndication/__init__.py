"""Who ran whose text: shingles, signatures to find candidates by, and the comparison that judges a pair. Pure rules, no SQL."""

from archive.syndication.comparison import Link, Text, compare
from archive.syndication.signatures import ALGORITHM, Signature

__all__ = ["ALGORITHM", "Link", "Signature", "Text", "compare"]
