"""Who ran whose text: shingles, signatures, the comparison of a pair, and an archive's clusters.

Imports records, identity and database.
"""

from archive.syndication.clusters import Clusters
from archive.syndication.comparison import Link, Text, compare
from archive.syndication.signatures import ALGORITHM, Signature

__all__ = ["ALGORITHM", "Clusters", "Link", "Signature", "Text", "compare"]
