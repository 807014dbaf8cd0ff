"""Documents that share an n-gram with a file of the user: a benchmark, or texts held out."""

from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from archive.corpus.filters.references import ReferenceIndex


class ContaminationFilter(BaseFilter):
    """Drops documents that share an n-gram with the files of an index (`contaminated`).

    The first such n-gram is in the document's metadata. datatrove's NGramsDecontFilter names the
    file alone, and holds the n-grams in the memory of each process; its indexer needs lighteval.
    """

    name = "contamination"
    type = "filter"

    def __init__(self, index: Path, words: int, exclusion_writer: DiskWriter | None = None) -> None:
        """`index`: the folder of `write_index`; `words`: those of an n-gram."""
        super().__init__(exclusion_writer)
        self.index = index
        self.words = words
        self._loaded: ReferenceIndex | None = None

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Return True, or False with a reason."""
        if self._loaded is None:
            self._loaded = ReferenceIndex(self.index, self.words)
        match = self._loaded.find(doc.text)
        if match is None:
            return True
        doc.metadata.update(
            contaminated_by=match.file, contaminated_row=match.row, contaminated_ngram=match.ngram
        )
        return False, "contaminated"
