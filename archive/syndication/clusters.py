"""The clusters of an archive, kept up to date with every text that arrives.

A cluster is a connected component of links. It depends on the articles alone, never on their order
of arrival: every pair that meets and is judged a link unites two clusters, whichever came last.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial

from sqlite_utils import Database

from archive.database.clock import Clock
from archive.database.rows import column, insert_row, named_rows, record
from archive.syndication.comparison import WHOLE, Overlap, overlap, publisher
from archive.syndication.texts import Texts

MAX_VAIN = 64
"""Comparisons without a link after which a text is compared no further. Texts of one template meet
by the thousand; a copy of one of them agrees with it more than they do, and comes before them.
"""


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article as a possible member of a cluster."""

    article_id: int
    site: str
    url: str
    published_at: datetime | None
    """Aware; None if the page does not say."""
    first_seen_at: str
    """ISO 8601, UTC."""
    text_id: int
    length: int
    """Characters of the text of an article without a time of publication, else 0."""

    @property
    def order(self) -> tuple[bool, datetime, int, str, str]:
        """Sort key: first published, else the longest, then first seen, then by URL."""
        return (
            self.published_at is None,
            self.published_at or _NEVER,
            -self.length,
            self.first_seen_at,
            self.url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A row of `members`."""

    article_id: int
    cluster_id: int
    relation: str | None
    """`copy`, `edited` or `excerpt` of the first; `repeat` of its own publisher; None: first."""
    similarity: float
    """Jaccard similarity to the first."""
    containment: float
    """Share of its shingles found in the first."""
    of_first: float
    """Share of the first's shingles found in it."""
    is_first: bool

    @property
    def shared(self) -> Overlap:
        """Its overlap with the first."""
        return Overlap(
            similarity=self.similarity, containment=self.containment, of_other=self.of_first
        )


class Clusters:
    """The tables `members` and `memberships`; write inside a transaction."""

    def __init__(self, db: Database, clock: Clock, texts: Texts | None = None) -> None:
        """`texts`: in place of those of the connection."""
        self.db = db
        self._execute = db.conn.execute
        self._clock = clock
        self.texts = texts or Texts(db, clock)

    def place(self, article_id: int, body: str, *, first: bool = False) -> None:
        """Compare the article's new text with the others; clusters grow, unite or fall apart.

        `first`: the article had none before, and is in no cluster.
        """
        if not first and self.texts.of(article_id) is not None:
            self.leave(article_id)
        text_id, is_new = self.texts.put(article_id, body)
        united = {article_id}
        if not is_new and self.texts.signature(text_id).whole:
            united |= self._running(text_id)
        self._meet(text_id, united)
        if first and len(united) == 1:
            return
        if not self._join(article_id, united):
            self._settle(united)

    def leave(self, article_id: int) -> None:
        """Forget the article's text, and regroup the cluster that it may have held together."""
        member = self.members([article_id]).get(article_id)
        others = self._companions(member.cluster_id) - {article_id} if member else set()
        self.texts.drop(article_id)
        self.write(article_id, None)
        if others:
            self.regroup(others)

    def erase(self, article_id: int) -> None:
        """Forget an article that was taken down, its past memberships included."""
        self.leave(article_id)
        self._execute("DELETE FROM memberships WHERE article_id = ?", (article_id,))

    def replace(self, numbers: Sequence[int], members: Sequence[Member]) -> int:
        """Write a cluster composed elsewhere, regroup those left behind, count the changed rows."""
        before = self.members(numbers)
        clusters = {member.cluster_id for member in before.values()}
        behind = set().union(*map(self._companions, clusters)).difference(numbers)
        if behind:
            self.regroup(behind)
        if len(self._candidates(numbers)) < len(numbers):  # one was taken down meanwhile
            self.regroup(numbers)
            return len(numbers)
        return sum(
            self.write(member.article_id, member, before=before.get(member.article_id))
            for member in members
        )

    def bodies(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """Return (article id, revision, body) of the newest texts of a range of articles."""
        texts = "SELECT article_id, revision, body FROM latest WHERE article_id BETWEEN ? AND ?"
        return self._execute(f"{texts} ORDER BY article_id", (start, end)).fetchall()

    def linked(
        self, start: int, end: int
    ) -> Iterator[tuple[int, list[tuple[int, Callable[[], bool]]]]]:
        """For each text first run by an article of the range, yield that article and the others
        that run the text, or one that may be linked with it.

        Each comes with a function that compares the two.
        """
        rows = self._execute(
            """SELECT article_id, text_id FROM article_texts x
            WHERE article_id BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM article_texts e
                WHERE e.text_id = x.text_id AND e.article_id < x.article_id) ORDER BY 1""",
            (start, end),
        )
        for number, text_id in rows.fetchall():
            others: list[tuple[int, Callable[[], bool]]] = []
            if self.texts.signature(text_id).whole:  # else too short to be compared
                runs = self.texts.runs(text_id)
                others += [(r.article_id, lambda: True) for r in runs if r.article_id != number]
            others += [
                (met.articles[0], partial(self.texts.linked, text_id, met))
                for met in self.texts.promising(text_id)
                if met.articles[0] < number
            ]
            yield number, others

    def _companions(self, cluster_id: int) -> set[int]:
        """Return the articles of a cluster."""
        return set(
            column(self.db, "SELECT article_id FROM members WHERE cluster_id = ?", cluster_id)
        )

    def _running(self, text_id: int) -> set[int]:
        """Return the articles that run the text, and those of their clusters."""
        companions = """SELECT article_id FROM members WHERE cluster_id IN (SELECT m.cluster_id
            FROM article_texts x JOIN members m ON m.article_id = x.article_id
            WHERE x.text_id = ?)"""
        runs = {run.article_id for run in self.texts.runs(text_id)}
        return runs.union(column(self.db, companions, text_id))

    def _meet(self, text_id: int, united: set[int]) -> None:
        """Add what the text is linked with; one link per cluster is enough."""
        in_vain = 0
        for met in self.texts.promising(text_id):
            if met.articles[0] in united:
                continue
            if self.texts.linked(text_id, met):
                united |= self._running(met.text_id)
            elif (in_vain := in_vain + 1) >= MAX_VAIN:
                return

    def regroup(self, articles: Collection[int]) -> None:
        """Find out which of the articles of a former cluster still belong together."""
        texts = {each.article_id: each.text_id for each in self._candidates(articles)}
        for group in self._groups(frozenset(texts.values())):
            runs = {run.article_id for text in group for run in self.texts.runs(text)}
            # In an interrupted rebuild they may be of a cluster that is yet to be written.
            runs -= self.members(runs).keys() - set(articles)
            if all(self.texts.signature(text).whole for text in group):
                self._settle(runs)
            else:
                for number in runs:
                    self._settle({number})
        for number in set(articles) - texts.keys():
            self.write(number, None)

    def _groups(self, among: frozenset[int]) -> Iterable[set[int]]:
        """Return these texts as connected components of their links."""
        groups = {text: {text} for text in among}
        for text in sorted(among):
            if len(groups[text]) == len(among):
                break
            for met in self.texts.promising(text, among):
                if met.text_id not in groups[text] and self.texts.linked(text, met):
                    groups[text] |= groups[met.text_id]
                    groups.update(dict.fromkeys(groups[met.text_id], groups[text]))
        return {id(group): group for group in groups.values()}.values()

    def _join(self, article_id: int, united: set[int]) -> bool:
        """Write the article if it only adds itself to a cluster whose other members do not change;
        return whether it does.

        This keeps a thousand identical notices from being settled anew with each that comes.
        """
        others = united - {article_id}
        if not others:
            return False
        places = self._execute(
            """SELECT m.article_id, m.cluster_id, m.is_first, a.site
            FROM members m JOIN articles a ON a.id = m.article_id
            WHERE m.cluster_id = (SELECT cluster_id FROM members WHERE article_id = ?)""",
            (min(others),),
        ).fetchall()
        firsts = [(cluster, number) for number, cluster, is_first, _site in places if is_first]
        if {number for number, *_rest in places} != others or len(firsts) != 1:
            return False
        ((cluster_id, first_id),) = firsts
        found = {each.article_id: each for each in self._candidates([first_id, article_id])}
        first, came = found[first_id], found[article_id]
        own = [
            number
            for number, _cluster, _is_first, site in places
            if publisher(site) == publisher(came.site)
        ]
        repeat = any(each.order < came.order for each in self._candidates(own))
        if came.order < first.order or article_id < cluster_id or (own and not repeat):
            return False
        shared = self._beside(came, first)
        self.write(article_id, member_of(came, first, shared, cluster_id, repeat=repeat))
        return True

    def _settle(self, articles: Iterable[int]) -> None:
        """Write these articles as one cluster; a single article is in none."""
        numbers = sorted(articles)
        before = self.members(numbers)
        members = {member.article_id: member for member in self.composed(numbers, before)}
        for number in numbers:
            self.write(number, members.get(number), before=before.get(number))

    def composed(
        self, articles: Iterable[int], before: Mapping[int, Member] | None = None
    ) -> list[Member]:
        """Return the members of a cluster of these articles; none for fewer than two.

        `before` are the present ones, which save overlaps with the same first article.
        """
        candidates = self.candidates(articles)
        if len(candidates) < 2:
            return []
        first, cluster_id = candidates[0], min(candidate.article_id for candidate in candidates)
        present = before or {}
        then, known = present.get(first.article_id), {}
        if then is not None and then.is_first:
            known = {n: m.shared for n, m in present.items() if m.cluster_id == then.cluster_id}
        members: list[Member] = []
        publishers: set[str] = set()
        for candidate in candidates:
            shared = known.get(candidate.article_id) or self._beside(candidate, first)
            repeat = publisher(candidate.site) in publishers
            publishers.add(publisher(candidate.site))
            members.append(member_of(candidate, first, shared, cluster_id, repeat=repeat))
        return members

    def _beside(self, candidate: Candidate, first: Candidate) -> Overlap:
        if candidate.text_id == first.text_id:
            return WHOLE
        return overlap(self.texts.prepared(candidate.text_id), self.texts.prepared(first.text_id))

    def candidates(self, articles: Iterable[int]) -> list[Candidate]:
        """Return articles as members of a cluster, its first one first."""
        return sorted(self._candidates(articles), key=lambda candidate: candidate.order)

    def _candidates(self, articles: Iterable[int]) -> list[Candidate]:
        rows = named_rows(
            self.db,
            """SELECT a.id AS article_id, a.site, a.url, a.published_at, a.first_seen_at, x.text_id,
                iif(a.published_at IS NULL,
                    (SELECT length(body) FROM latest WHERE article_id = a.id), 0) AS length
            FROM articles a JOIN article_texts x ON x.article_id = a.id
            WHERE a.id IN (SELECT value FROM json_each(?))""",
            [json.dumps(list(articles))],
        )
        return [record(Candidate, row) for row in rows]

    def members(self, articles: Iterable[int]) -> dict[int, Member]:
        """Return the present membership of those of these articles that are in a cluster."""
        rows = named_rows(
            self.db,
            "SELECT * FROM members WHERE article_id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(articles))],
        )
        return {row["article_id"]: Member(**row) for row in rows}

    def write(
        self, article_id: int, member: Member | None, *, before: Member | None = None
    ) -> bool:
        """Write the article's membership, None for no cluster, and record it in `memberships`;
        return whether anything changed.

        Nothing is written if it equals `before`.
        """
        if member is None:
            gone = self._execute("DELETE FROM members WHERE article_id = ?", (article_id,)).rowcount
            if gone:
                left = {"article_id": article_id, "since": self._clock.stamp()}
                insert_row(self.db, "memberships", left)
            return bool(gone)
        if member == before:
            return False
        row = asdict(member)
        insert_row(self.db, "members", row, replace=True)
        insert_row(self.db, "memberships", row | {"since": self._clock.stamp()})
        return True


def member_of(
    candidate: Candidate, first: Candidate, shared: Overlap, cluster_id: int, *, repeat: bool
) -> Member:
    """Return the row of an article; `repeat`: its publisher had run the story before.

    A third text may have brought it together with the first: it is `edited` even if they share
    little.
    """
    relation = "repeat" if repeat else shared.relation or "edited"
    return Member(
        article_id=candidate.article_id,
        cluster_id=cluster_id,
        similarity=shared.similarity,
        containment=shared.containment,
        relation=None if candidate is first else relation,
        of_first=shared.of_other,
        is_first=candidate is first,
    )
