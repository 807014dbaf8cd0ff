"""Who ran whose text: shingles, signatures to find candidates by, the comparison that judges a
pair, and the clusters of an archive.
"""

from archive.syndication.clusters import Clusters
from archive.syndication.comparison import Link, Text, compare
from archive.syndication.signatures import ALGORITHM, Signature

__all__ = ["ALGORITHM", "Clusters", "Link", "Signature", "Text", "compare"]
