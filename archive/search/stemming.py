"""Forms of an Indonesian word that an index holds: `memperbaiki` for `perbaiki`.

No second index is needed: words of the index that may be forms of the same root are looked up where
they stand in its vocabulary, behind each prefix, and a stemmer says which of them are.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

from sqlite_utils import Database

from archive.errors import PackageMissing, QueryError

Stem = Callable[[str], str]

_OUTER = "", *"di ke se ku kau me mem men meng meny menge pe pem pen peng penge ber ter".split()
_INNER = "", *"ber be bel per pe pel pem pen peng peny ter te ke se".split()
PREFIXES = tuple(dict.fromkeys(map("".join, product(_OUTER, _INNER))))
"""What may stand before a root: none, one or two prefixes."""
_SUFFIXES = re.compile("(?:kan|an|i|wan|wati|isasi)?(?:nya|ku|mu)?(?:lah|kah|tah|pun)?")
_DROPPED = "kpst"
"""First letters that me- and pe- replace: tulis, menulis."""
_WORD = re.compile("[a-z]{3,40}")
MIN_ROOT = 3
MAX_WORDS = 50
"""Words of a query whose forms are looked up: each takes some hundredths of a second."""


class WordForms:
    """The forms of words in the search indexes of one archive."""

    def __init__(self, db: Database, indexes: tuple[str, ...], stem: Stem | None = None) -> None:
        """Raises PackageMissing where there is no stemmer."""
        self._db, self._indexes, self._looked_up = db, indexes, 0
        self._stem = stem or indonesian()
        for index in indexes:
            self._db.conn.execute(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{index}_words"
                f" USING fts5vocab(main, {index}, row)"
            )

    def __call__(self, word: str) -> tuple[str, ...]:
        """Return the word, and the words of the indexes with the same root.

        Raises QueryError after MAX_WORDS.
        """
        self._looked_up += 1
        if self._looked_up > MAX_WORDS:
            raise QueryError(f"other forms are found of at most {MAX_WORDS} words")
        lower = word.lower()
        if not _WORD.fullmatch(lower):
            return (word,)
        root = self._stem(lower)
        if len(root) < MIN_ROOT:
            return (word,)
        forms = (form for form in self._candidates(root) if self._stem(form) == root)
        return tuple(dict.fromkeys([lower, root, *forms]))

    def _candidates(self, root: str) -> Iterator[str]:
        starts = [root, root[1:]] if root[0] in _DROPPED else [root]
        for index, start, prefix in product(self._indexes, starts, PREFIXES):
            if start != root and not prefix.endswith(("m", "n", "ng", "ny")):
                continue
            begin = prefix + start
            for (form,) in self._db.conn.execute(
                f"SELECT term FROM temp.{index}_words WHERE term >= ? AND term < ?",
                (begin, begin + "{"),
            ):
                if _SUFFIXES.fullmatch(form, len(begin)):
                    yield form


@cache
def indonesian() -> Stem:
    """Return the stemmer; raises PackageMissing where it is not installed."""
    try:
        from Sastrawi.Stemmer.StemmerFactory import StemmerFactory
    except ModuleNotFoundError as error:
        raise PackageMissing(
            f"this needs more packages ({error.name} is missing): pip install 'warta[stem]'"
        ) from error
    stem: Stem = StemmerFactory().create_stemmer().stem
    return stem
