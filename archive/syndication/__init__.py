"""Who ran whose text: shingles, signatures, pairwise comparison and the clusters of an archive.

May import `database` and what is below it.
"""

from archive.syndication.clusters import Clusters
from archive.syndication.comparison import Overlap, Text, compare
from archive.syndication.signatures import ALGORITHM, Signature

__all__ = ["ALGORITHM", "Clusters", "Overlap", "Signature", "Text", "compare"]
