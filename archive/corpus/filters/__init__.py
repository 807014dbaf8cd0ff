"""The filters of a corpus, as blocks of a datatrove pipeline: they judge documents and never change
them.

filters(load_thresholds("news"), lambda name: JsonlWriter(f"dropped/{name}"))
"""

from __future__ import annotations

from collections.abc import Callable

from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.writers.disk_base import DiskWriter

from archive.corpus.filters.doubtful import DoubtfulFilter
from archive.corpus.filters.language import LanguageFilter
from archive.corpus.filters.length import LengthFilter
from archive.corpus.filters.prose import ProseFilter
from archive.corpus.filters.quality import quality_filters
from archive.corpus.filters.thresholds.thresholds import Thresholds

__all__ = ["filters"]


def filters(
    thresholds: Thresholds, exclusion_writer_for: Callable[[str], DiskWriter | None]
) -> list[PipelineStep]:
    """The blocks that are switched on, the cheap ones first; each hands what it drops to the writer
    made for its name.
    """
    blocks: list[PipelineStep] = []
    if thresholds.fallback.enabled:
        blocks.append(DoubtfulFilter(thresholds.fallback, exclusion_writer_for("fallback")))
    if thresholds.length.enabled:
        blocks.append(LengthFilter(thresholds.length, exclusion_writer_for("length")))
    if thresholds.prose.enabled:
        blocks.append(ProseFilter(thresholds.prose, exclusion_writer_for("prose")))
    if thresholds.language.enabled:
        language = thresholds.language
        blocks.append(
            LanguageFilter(language.keep, language.min_score, exclusion_writer_for("language"))
        )
    return [*blocks, *quality_filters(thresholds, exclusion_writer_for)]
