"""The stages that find the clusters of many archives: datatrove's four MinHash blocks, and ours."""

from functools import partial

from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
from datatrove.pipeline.dedup.minhash import MinhashConfig

from archive.corpus.many.catalogue import Job, NotedReader, TextsReader
from archive.corpus.many.links import ConfirmedLinks, Meetings
from archive.corpus.many.members import EveryTask, Members, placed_writer
from archive.corpus.many.signatures import BUCKETS, CONFIG, RensaSignature, texts_writer
from archive.corpus.pipeline import Stage

LINES = 4_096
"""Signatures that datatrove reads at a time, of each file; its default is five."""


def cluster_stages(job: Job) -> list[Stage]:
    """Return the stages in their order; each needs all of the one before."""
    tasks = len(job.ranges)
    made = (
        ("signatures", _signatures, tasks),
        ("buckets", _buckets, BUCKETS),
        ("meetings", _meetings, 1),
        ("links", _links, tasks),
        ("found", _found, 1),
        ("placed", _placed, tasks),
        ("members", _members, 1),
    )
    return [
        Stage(name=name, steps=partial(steps, job), tasks=count, work=job.work)
        for name, steps, count in made
    ]


def _signatures(job: Job) -> list[PipelineStep]:
    noted = texts_writer(job.folder("texts"))
    return [TextsReader(job), RensaSignature(str(job.folder("signatures")), noted)]


def _buckets(job: Job) -> list[PipelineStep]:
    signatures, out = job.folder("signatures"), job.folder("buckets")
    return [MinhashDedupBuckets(str(signatures), str(out), config=CONFIG, lines_to_buffer=LINES)]


def _meetings(job: Job) -> list[PipelineStep]:
    return [Meetings(job)]


def _links(job: Job) -> list[PipelineStep]:
    return [ConfirmedLinks(job)]


def _found(job: Job) -> list[PipelineStep]:
    any_number = MinhashConfig(num_buckets=1, hash_config=CONFIG.hash_config)
    links, out = str(job.folder("links")), str(job.folder("found"))
    found = MinhashDedupCluster(
        links, out, config=any_number, save_cluster_id=True, lines_to_buffer=LINES
    )
    return [found, EveryTask(job)]


def _placed(job: Job) -> list[PipelineStep]:
    others = placed_writer(job.folder("others"))
    block = MinhashDedupFilter(
        str(job.folder("found")),
        exclusion_writer=others,
        load_cluster_ids=True,
        lines_to_buffer=LINES,
    )
    return [NotedReader(job), block, placed_writer(job.folder("first"))]


def _members(job: Job) -> list[PipelineStep]:
    return [Members(job)]
