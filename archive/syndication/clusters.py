"""The clusters of an archive, kept up to date with every text that comes.

A cluster is what links hold together, in one step or several. Which articles there are decides it,
never the order in which they came: every pair that meets and is judged a link unites two clusters,
whichever of the two came last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.database.clock import Clock
from archive.syndication.comparison import Overlap, overlap, publisher
from archive.syndication.members import WHOLE, Candidate, Member, known_overlaps, member_of
from archive.syndication.texts import BATCH, Texts

MAX_VAIN = 64
"""Comparisons without a link after which a text is compared no more. Texts of one template meet by
the thousand; what copies one of them agrees with it more than they do, and comes before them.
"""


class Clusters:
    """The tables `members` and `memberships`; writes belong inside a transaction of the Archive."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.texts = Texts(db)

    def place(self, article_id: int, body: str) -> None:
        """The article says this now: its text meets the others, and clusters grow, unite or fall
        apart.
        """
        if self.texts.of(article_id) is not None:
            self.leave(article_id)
        text_id = self.texts.put(article_id, body)
        united = {article_id}
        if self.texts.signature(text_id).whole:
            united |= self._running(text_id)
        self._meet(text_id, united)
        if not self._join(article_id, united):
            self._settle(united)

    def leave(self, article_id: int) -> None:
        """The article's text is no longer what it was: what it held together is looked at again."""
        row = self.rows([article_id]).get(article_id)
        others = self._companions(row["cluster_id"]) - {article_id} if row else set()
        self.texts.drop(article_id)
        self.write(article_id, None)
        if others:
            self.regroup(others)

    def erase(self, article_id: int) -> None:
        """The article was taken down: not even its past is left."""
        self.leave(article_id)
        self._db.conn.execute("DELETE FROM memberships WHERE article_id = ?", (article_id,))

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Inside, a reader sees nothing of what others write meanwhile."""
        self._db.conn.execute("BEGIN")
        try:
            yield
        finally:
            self._db.conn.rollback()

    def close(self) -> None:
        """Close the connection, where it is one's own."""
        self._db.close()

    def replace(self, numbers: Sequence[int], members: Sequence[Member]) -> int:
        """Write a cluster that was composed elsewhere; those whom it leaves behind are looked at
        again. How many rows changed.
        """
        before = self.rows(numbers)
        behind = {
            other
            for number in {row["cluster_id"] for row in before.values()}
            for other in self._companions(number)
        }
        if behind := behind.difference(numbers):
            self.regroup(behind)
        if len(self._candidates(numbers)) < len(numbers):  # one was taken down meanwhile
            self.regroup(numbers)
            return len(numbers)
        return sum(
            self.write(member.article_id, member, before=before.get(member.article_id))
            for member in members
        )

    def bodies(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """(article_id, revision, body) of the newest texts of a range of articles."""
        return self._db.conn.execute(
            """SELECT a.id, a.revision, r.body FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
            WHERE a.id BETWEEN ? AND ? ORDER BY a.id""",
            (start, end),
        ).fetchall()

    def linked(
        self, start: int, end: int
    ) -> Iterator[tuple[int, list[tuple[int, Callable[[], bool]]]]]:
        """For each text first run by an article of the range: who else runs it, and who runs a text
        that may be linked with it.

        The question whether they are is only asked where it is called.
        """
        rows = self._db.conn.execute(
            """SELECT article_id, text_id FROM article_texts x WHERE article_id BETWEEN ? AND ? AND NOT EXISTS (
                SELECT 1 FROM article_texts e WHERE e.text_id = x.text_id AND e.article_id < x.article_id) ORDER BY 1""",
            (start, end),
        )
        for number, text_id in rows.fetchall():
            others: list[tuple[int, Callable[[], bool]]] = [
                (runner, lambda: True) for runner in self._runners(text_id) if runner != number
            ]
            others += [
                (met.articles[0], partial(self.texts.linked, text_id, met))
                for met in self.texts.promising(text_id)
                if met.articles[0] < number
            ]
            yield number, others

    def _runners(self, text_id: int) -> list[int]:
        """The articles that run a text; none for one too short to be compared."""
        return (
            [run.article_id for run in self.texts.runs(text_id)]
            if self.texts.signature(text_id).whole
            else []
        )

    def _companions(self, cluster_id: int | None) -> set[int]:
        """The articles of a cluster."""
        found = self._db.conn.execute(
            "SELECT article_id FROM members WHERE cluster_id = ?", (cluster_id,)
        )
        return {number for (number,) in found}

    def _running(self, text_id: int) -> set[int]:
        """The articles that run the text, and those of their clusters."""
        companions = self._db.conn.execute(
            """SELECT article_id FROM members WHERE cluster_id IN
                (SELECT m.cluster_id FROM article_texts x JOIN members m ON m.article_id = x.article_id WHERE x.text_id = ?)""",
            (text_id,),
        )
        return {run.article_id for run in self.texts.runs(text_id)} | {
            number for (number,) in companions.fetchall()
        }

    def _meet(self, text_id: int, united: set[int]) -> None:
        """Add what the text is linked with: one link is enough for a cluster, the rest is not
        compared.
        """
        in_vain = 0
        for met in self.texts.promising(text_id):
            if met.articles[0] in united:
                continue
            if self.texts.linked(text_id, met):
                united |= self._running(met.text_id)
            elif (in_vain := in_vain + 1) >= MAX_VAIN:
                return

    def regroup(self, articles: Collection[int]) -> None:
        """Articles that were one cluster: which of them are it still?"""
        texts = {
            candidate.article_id: candidate.text_id for candidate in self._candidates(articles)
        }
        among = frozenset(texts.values())
        groups = {text: {text} for text in among}
        for text in sorted(among):
            if len(groups[text]) == len(among):
                break
            for met in self.texts.promising(text, among):
                if met.text_id not in groups[text] and self.texts.linked(text, met):
                    groups[text] |= groups[met.text_id]
                    groups.update(dict.fromkeys(groups[met.text_id], groups[text]))
        for group in {id(group): group for group in groups.values()}.values():
            runs = {run.article_id for text in group for run in self.texts.runs(text)}
            runs -= self.rows(runs).keys() - set(
                articles
            )  # in a stopped rebuild they may be of a cluster that is yet to be written
            for numbers in (
                [runs]
                if all(self.texts.signature(text).whole for text in group)
                else [{number} for number in runs]
            ):
                self._settle(numbers)
        for number in set(articles) - texts.keys():
            self.write(number, None)

    def _join(self, article_id: int, united: set[int]) -> bool:
        """Whether the article only adds itself to a cluster, whose other members stay what they
        are; then it is written.

        So a thousand identical notices need not be settled anew with each that comes.
        """
        others = united - {article_id}
        if not others:
            return False
        places = self._db.conn.execute(
            """SELECT m.article_id, m.cluster_id, m.is_first, a.site FROM members m JOIN articles a ON a.id = m.article_id
            WHERE m.cluster_id = (SELECT cluster_id FROM members WHERE article_id = ?)""",
            (min(others),),
        ).fetchall()
        firsts = [(cluster, number) for number, cluster, is_first, _site in places if is_first]
        if {number for number, *_rest in places} != others or len(firsts) != 1:
            return False
        ((cluster_id, first_id),) = firsts
        first, came = sorted(
            self._candidates([first_id, article_id]),
            key=lambda candidate: candidate.article_id != first_id,
        )
        own = [
            number
            for number, _cluster, _is_first, site in places
            if publisher(site) == publisher(came.site)
        ]
        repeat = any(candidate.order < came.order for candidate in self._candidates(own))
        if came.order < first.order or article_id < cluster_id or (own and not repeat):
            return False
        self.write(
            article_id, member_of(came, first, self._beside(came, first), cluster_id, repeat=repeat)
        )
        return True

    def _settle(self, articles: Iterable[int]) -> None:
        """These articles are one cluster; one article alone is in none."""
        numbers = sorted(articles)
        before = self.rows(numbers)
        members = {member.article_id: member for member in self.composed(numbers, before)}
        for number in numbers:
            self.write(number, members.get(number), before=before.get(number))

    def composed(
        self, articles: Iterable[int], before: Mapping[int, Mapping[str, Any]] | None = None
    ) -> list[Member]:
        """A cluster of these articles: who is first, and what the others are beside it; none for
        fewer than two.

        `before` are their present rows: what was measured beside the same first one is not measured
        again.
        """
        candidates = sorted(self._candidates(articles), key=lambda candidate: candidate.order)
        if len(candidates) < 2:
            return []
        first, cluster_id = candidates[0], min(candidate.article_id for candidate in candidates)
        known = known_overlaps(before or {}, first.article_id)
        members: list[Member] = []
        newsrooms: set[str] = set()
        for candidate in candidates:
            found = known.get(candidate.article_id) or self._beside(candidate, first)
            repeat = publisher(candidate.site) in newsrooms
            newsrooms.add(publisher(candidate.site))
            members.append(member_of(candidate, first, found, cluster_id, repeat=repeat))
        return members

    def _beside(self, candidate: Candidate, first: Candidate) -> Overlap:
        if candidate.text_id == first.text_id:
            return WHOLE
        return overlap(self.texts.prepared(candidate.text_id), self.texts.prepared(first.text_id))

    def _candidates(self, articles: Iterable[int]) -> list[Candidate]:
        found: list[Candidate] = []
        for some in chunks(articles, BATCH):
            numbers = list(some)
            marks = ",".join("?" * len(numbers))
            rows = self._db.conn.execute(
                f"""SELECT a.id, a.site, a.url, a.published_at, a.first_seen_at, x.text_id, iif(a.published_at IS NULL,
                    (SELECT length(r.body) FROM revisions r WHERE r.article_id = a.id AND r.number = a.revision), 0)
                FROM articles a JOIN article_texts x ON x.article_id = a.id WHERE a.id IN ({marks})""",  # noqa: S608 - question marks
                numbers,
            )
            found += [
                Candidate(
                    article_id=number,
                    site=site,
                    url=url,
                    published_at=datetime.fromisoformat(at) if at else None,
                    first_seen_at=seen,
                    text_id=text_id,
                    length=length,
                )
                for number, site, url, at, seen, text_id, length in rows
            ]
        return found

    def rows(self, articles: Iterable[int]) -> dict[int, dict[str, Any]]:
        """The present rows of these articles, of those that are in a cluster."""
        found: dict[int, dict[str, Any]] = {}
        for some in chunks(articles, BATCH):
            numbers = list(some)
            marks = ",".join("?" * len(numbers))
            for row in self._db.query(
                f"SELECT * FROM members WHERE article_id IN ({marks})", numbers
            ):  # noqa: S608 - question marks
                found[row["article_id"]] = row
        return found

    def write(
        self, article_id: int, member: Member | None, *, before: Mapping[str, Any] | None = None
    ) -> bool:
        """Write today's row, and that it is so from now on; nothing where `before` says the same.
        None: in no cluster.

        Returns whether anything changed.
        """
        if member is None:
            gone = self._db.conn.execute(
                "DELETE FROM members WHERE article_id = ?", (article_id,)
            ).rowcount
            if gone:
                self._db.conn.execute(
                    "INSERT INTO memberships (article_id, since) VALUES (?, ?)",
                    (article_id, self._clock.stamp()),
                )
            return bool(gone)
        row = (
            member.cluster_id,
            member.relation,
            member.similarity,
            member.containment,
            member.of_first,
            int(member.is_first),
        )
        if before is not None and tuple(before.values())[1:] == row:
            return False
        self._db.conn.execute(
            "INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?, ?, ?)", (article_id, *row)
        )
        self._db.conn.execute(
            """INSERT INTO memberships (article_id, since, cluster_id, relation, similarity, containment, of_first, is_first)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (article_id, self._clock.stamp(), *row),
        )
        return True
