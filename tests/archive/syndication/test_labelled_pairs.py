"""Real labelled pairs, put into an archive one by one: which of them end in one cluster."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from archive import Archive
from tests.archive.invented import NOW, rows, story
from tests.archive.syndication.test_comparison import PAIRS, needs_real_pairs
from tests.benchmarks.syndication import Labelled, scores


@needs_real_pairs
def test_articles_of_one_cluster_are_the_pairs_that_people_found(archive: Archive) -> None:
    folder = Labelled.read(PAIRS)
    numbers = {}
    with archive.transaction(NOW):
        for doc, line in folder.documents.items():
            said = story(doc, site=line["site"], body=line["text"], published_at=None)
            archive.history.revise(said, key=str(doc))
            numbers[archive.history.article_id(line["site"], str(doc))] = doc
    clusters: dict[int, list[int]] = {}
    for cluster_id, article_id in rows(archive, "SELECT cluster_id, article_id FROM members"):
        clusters.setdefault(cluster_id, []).append(numbers[article_id])
    taken = {pair for docs in clusters.values() for pair in combinations(sorted(docs), 2)}
    labels = Counter(folder.labels.get(pair) for pair in taken)
    assert labels["template_diff_facts"] == labels["shared_background"] == 0
    assert scores(taken, folder.implied)[2] >= 0.97
