"""The filters of a corpus as datatrove blocks: they judge documents and never change them.

May import `records`, `identity`, `errors`, `syndication` and nothing else of the corpus. In your
own pipeline: `filters(load_thresholds("news"), lambda name: JsonlWriter(f"dropped/{name}"))`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.writers.disk_base import DiskWriter

    from archive.corpus.filters.thresholds.tables import Thresholds

__all__ = ["filters"]


def filters(
    thresholds: Thresholds, exclusion_writer_for: Callable[[str], DiskWriter | None]
) -> list[PipelineStep]:
    """Return the enabled filters, cheap ones first, each with the exclusion writer for its name."""
    # Here, since what only reads a corpus needs the reasons of this room, and not datatrove.
    from archive.corpus.filters.doubtful import DoubtfulFilter
    from archive.corpus.filters.language import LanguageFilter
    from archive.corpus.filters.prose import LengthFilter, ProseFilter
    from archive.corpus.filters.quality import quality_filters

    language = thresholds.language
    makers: dict[str, Callable[[DiskWriter | None], PipelineStep]] = {
        "fallback": partial(DoubtfulFilter, thresholds.fallback),
        "length": partial(LengthFilter, thresholds.length),
        "prose": partial(ProseFilter, thresholds.prose),
        "language": partial(LanguageFilter, language.keep, language.min_score),
        **quality_filters(thresholds),
    }
    return [
        make(exclusion_writer_for(name))
        for name, make in makers.items()
        if getattr(thresholds, name).enabled
    ]
