"""The first stage as a datatrove pipeline: the same blocks on one machine, on Ray and on Slurm."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

from datatrove.pipeline.base import PipelineStep

from archive.corpus.filters import filters
from archive.corpus.filters.contamination import ContaminationFilter
from archive.corpus.filters.exclusions import Exclusions
from archive.corpus.filters.masking import MaskPersonalData
from archive.corpus.filters.references import write_index
from archive.corpus.filters.repeated import ParagraphDigests
from archive.corpus.filters.thresholds.tables import Personal
from archive.corpus.intermediate import dropped_writer, kept_writer
from archive.corpus.measures import MeasureText
from archive.corpus.recipe import Recipe
from archive.corpus.selection import ArchiveReader, Shards

DECIDING = (
    "warta datatrove pyarrow numpy spacy py3langid regex phonenumbers matplotlib pillow jinja2"
    " huggingface_hub pyyaml rensa".split()
)
"""Packages whose version may change a byte of a corpus."""

INDEX = "references"
"""Folder in the work folder: the n-grams of the files that the corpus is decontaminated against."""


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
    if is_decontaminated(recipe):
        writer, size = dropped_writer(work, "contamination"), thresholds.contamination.words
        steps.append(ContaminationFilter(work / INDEX, size, writer))
    if thresholds.paragraphs.enabled:
        steps.append(ParagraphDigests(work / "paragraphs", thresholds.paragraphs.min_length))
    return [*steps, MeasureText(recipe), kept_writer(work)]


def is_decontaminated(recipe: Recipe) -> bool:
    """Return whether the recipe has files to compare with, and the filter is enabled."""
    return bool(recipe.references) and recipe.thresholds.contamination.enabled


def index_references(recipe: Recipe, work: Path) -> None:
    """Index the files that the first stage compares with; raises CorpusError."""
    if is_decontaminated(recipe):
        masked = MaskPersonalData(masked_kinds(recipe.thresholds.personal)).format
        size = recipe.thresholds.contamination.words
        write_index(recipe.references, size, masked, work / INDEX)


def masked_kinds(personal: Personal) -> list[str]:
    """Return the kinds of personal data to mask; none where the table is disabled."""
    switches = {
        "email": personal.emails,
        "phone": personal.phones,
        "nik": personal.identity_numbers,
    }
    return [kind for kind, on in switches.items() if on and personal.enabled]


def versions(recipe: Recipe) -> dict[str, str]:
    """Return package -> version of everything that decides the bytes."""
    found = {"python": python_version()}
    counting = ["tokenizers"] if recipe.tokenizer.path else []
    for package in [*DECIDING, *counting]:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # one that no filter of this machine needs
            continue
    return found
