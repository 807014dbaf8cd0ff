"""The commands that need no Scrapy and no profile."""

from __future__ import annotations

from archive.commands.backup import backup
from archive.commands.cluster import cluster
from archive.commands.clusters import clusters
from archive.commands.compact import compact
from archive.commands.corpus import corpus
from archive.commands.coverage import coverage
from archive.commands.diff import diff
from archive.commands.explain import explain
from archive.commands.log import log
from archive.commands.remove import remove
from archive.commands.search import search
from archive.commands.show import show
from archive.commands.stats import stats
from archive.commands.syndication import syndication
from archive.commands.verify import verify

COMMANDS = (
    show, log, diff, search, explain, stats, clusters, cluster, syndication, verify, backup, remove, compact, corpus, coverage,
)  # fmt: skip
