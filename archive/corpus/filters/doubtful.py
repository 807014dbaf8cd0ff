"""Articles whose extraction has warnings."""

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from archive.corpus.filters.thresholds.tables import Fallback
from archive.records import FALLBACK


class DoubtfulFilter(BaseFilter):
    """Drops by layout and warnings of the extraction, as the table [fallback] names them."""

    name = "fallback"
    type = "filter"

    def __init__(self, table: Fallback, exclusion_writer: DiskWriter | None = None):
        super().__init__(exclusion_writer)
        self.of_any = frozenset(table.warnings_of_any)
        self.of_fallback = frozenset(table.warnings_of_fallback)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Return True, or False with a reason."""
        warnings = doc.metadata.get("warnings") or ()
        if not self.of_any.isdisjoint(warnings):
            return False, "doubtful_extraction"
        if doc.metadata.get("layout") == FALLBACK and not self.of_fallback.isdisjoint(warnings):
            return False, "fallback_extraction"
        return True
