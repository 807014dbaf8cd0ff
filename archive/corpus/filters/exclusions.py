"""What is excluded before any filter judges it."""

from typing import Literal

from datatrove.data import Document
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

OptedOut = Literal["drop", "keep"]


class Exclusions(BaseFilter):
    """Drops articles that are removed, opted out, doubted, of a drifted layout or broken.

    Reasons: `removed`, `opted_out`, `doubted`, `drifted` and `broken_text`.
    """

    name = "rights"
    type = "filter"

    def __init__(self, opted_out: OptedOut, exclusion_writer: DiskWriter | None = None) -> None:
        super().__init__(exclusion_writer)
        self.opted_out = opted_out

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Return True, or False with a reason."""
        if doc.metadata["removed_at"] is not None:
            return False, "removed"
        if self.opted_out == "drop" and doc.metadata["opted_out"] is not None:
            return False, "opted_out"
        if doc.metadata["doubted"]:
            return False, "doubted"
        if doc.metadata["drifted"]:
            return False, "drifted"
        texts = [doc.text, doc.id, *doc.metadata.values(), *doc.metadata.get("authors", ())]
        if any(isinstance(text, str) and _is_broken(text) for text in texts):
            return False, "broken_text"
        return True


def _is_broken(text: str) -> bool:
    """Lone surrogates cannot be written as UTF-8; a null byte ends the text for many programs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return "\0" in text
