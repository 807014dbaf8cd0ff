"""The first stage as a datatrove pipeline: the same blocks on one machine, on Ray and on Slurm."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

from datatrove.pipeline.base import PipelineStep

from archive.corpus.filters import filters
from archive.corpus.filters.exclusions import Exclusions
from archive.corpus.filters.masking import MaskPersonalData
from archive.corpus.filters.repeated import ParagraphDigests
from archive.corpus.filters.thresholds.tables import Personal
from archive.corpus.intermediate import dropped_writer, kept_writer
from archive.corpus.recipe import Recipe
from archive.corpus.selection import ArchiveReader, Shards

DECIDING = (
    "warta datatrove pyarrow numpy spacy py3langid regex phonenumbers matplotlib pillow jinja2"
    " huggingface_hub pyyaml".split()
)
"""Packages whose version may change a byte of a corpus."""


def first_stage(recipe: Recipe, shards: Shards, work: Path) -> list[PipelineStep]:
    """Return the blocks that read, filter and mask the articles and write them to `work`."""
    thresholds = recipe.thresholds
    steps: list[PipelineStep] = [
        ArchiveReader(recipe, shards),
        Exclusions(recipe.opted_out, exclusion_writer=dropped_writer(work, "rights")),
        *filters(thresholds, lambda name: dropped_writer(work, name)),
    ]
    if thresholds.personal.enabled:
        steps.append(MaskPersonalData(masked_kinds(thresholds.personal)))
    if thresholds.paragraphs.enabled:
        steps.append(ParagraphDigests(work / "paragraphs", thresholds.paragraphs.min_length))
    return [*steps, kept_writer(work)]


def masked_kinds(personal: Personal) -> list[str]:
    """Return the kinds of personal data to mask; none where the table is disabled."""
    switches = {
        "email": personal.emails,
        "phone": personal.phones,
        "nik": personal.identity_numbers,
    }
    return [kind for kind, on in switches.items() if on and personal.enabled]


def versions() -> dict[str, str]:
    """Return package -> version of everything that decides the bytes."""
    found = {"python": python_version()}
    for package in DECIDING:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # one that no filter of this machine needs
            continue
    return found
