"""warta beside the general tools: words of the body right, foreign text, headlines and times right,
milliseconds a page.

    pip install 'pip>=23.3' && pip install -e '.[bench]'
    python -m tests.benchmarks.extraction                    # the project's own cases
    python -m tests.benchmarks.extraction --redesigned       # every class, id, itemprop renamed
    python -m tests.benchmarks.extraction --others FOLDER    # pages of unknown publishers
    python -m tests.benchmarks.extraction --folder FOLDER    # pages and fields of other benchmarks

`--others` reads lines of gold.jsonl with `html`, `url` and `gold`; `--folder` those with `html`,
`url`, `set`, `body` and, where known, `body_without_summary`, `headline`, `authors` and
`published_at`, and prints trafilatura's results of the same run beside warta's. A tool that is not
installed is left out.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from pathlib import Path
from statistics import mean, median
from time import perf_counter, process_time
from typing import Any

import trafilatura
from lxml import html

from scraper.cli.demo.world import world
from scraper.cli.rendering.terminal import print_table
from scraper.extraction import read
from scraper.sites.site import Identity
from scraper.spiders import site_of

ROUNDS = 5
FOREIGN = 0.98
"""A page whose precision is below this shows foreign text."""
CASES = Path(__file__).parents[1] / "scraper" / "sites" / "cases"

Result = tuple[str, str | None, str | None]
"""(body, headline, time to the minute)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    url: str
    page: bytes
    body: str
    headline: str | None = None
    published_at: str | None = None


def demo_pages() -> list[tuple[str, bytes]]:
    stories = [
        (url, answer.body)
        for url, answer in world(1).items()
        if answer.content_type.startswith("text/html")
    ]
    return [
        (url, body)
        for url, body in stories
        if (site := site_of(url)) and isinstance(site.identify(url), Identity)
    ]


def own_cases() -> list[Case]:
    cases = []
    for path in sorted(CASES.glob("*/*.json")):
        answer = json.loads(path.read_text("utf-8"))
        page = path.with_suffix(".html").read_bytes()
        cases.append(
            Case(
                url=answer["url"],
                page=page,
                body=answer["body"],
                headline=answer["headline"],
                published_at=answer["published_at"],
            )
        )
    return cases


def redesigned(case: Case) -> Case:
    """The page after a redesign: no class, id or itemprop is what it was."""

    def renamed(match: re.Match[str]) -> str:
        return f'{match[1]}="x{md5(match[3].encode(), usedforsecurity=False).hexdigest()[:8]}"'

    page = re.sub(r"\b(class|id|itemprop)=([\"'])([^\"']*)\2", renamed, case.page.decode())
    return Case(
        url=case.url,
        page=page.encode(),
        body=case.body,
        headline=case.headline,
        published_at=case.published_at,
    )


def other_cases(folder: Path) -> list[Case]:
    cases = []
    for line in (folder / "gold.jsonl").read_text("utf-8").splitlines():
        answer = json.loads(line)
        page = (folder / answer["html"]).read_bytes()
        page = gzip.decompress(page) if answer["html"].endswith(".gz") else page
        cases.append(
            Case(url=answer["url"], page=page, body=answer["gold"], headline=answer.get("title"))
        )
    return cases


def by_warta(case: Case) -> Result:
    article = read(case.page, case.url, site_of(case.url)).article
    return (
        article.body,
        article.headline,
        article.published_at.isoformat()[:16] if article.published_at else None,
    )


def by_trafilatura(case: Case) -> Result:
    found = trafilatura.bare_extraction(
        case.page, url=case.url, with_metadata=True, include_comments=False
    )
    return (found.text or "", found.title, None) if found is not None else ("", None, None)  # type: ignore[union-attr]


def by_trafilatura_fast(case: Case) -> Result:
    return (
        trafilatura.extract(case.page, url=case.url, fast=True, include_comments=False) or "",
        None,
        None,
    )


def by_readability(case: Case) -> Result:
    from readability import Document

    document = Document(case.page.decode("utf-8", "replace"))
    return html.fromstring(document.summary()).text_content(), document.short_title(), None


def by_newspaper(case: Case) -> Result:
    from newspaper import Article

    article = Article(case.url, language="id", fetch_images=False)
    article.download(input_html=case.page.decode("utf-8", "replace"))
    article.parse()
    return (
        article.text,
        article.title,
        article.publish_date.isoformat()[:16] if article.publish_date else None,
    )


def by_resiliparse(case: Case) -> Result:
    from resiliparse.extract.html2text import extract_plain_text

    return extract_plain_text(case.page.decode("utf-8", "replace"), main_content=True), None, None


TOOLS: dict[str, tuple[str | None, Callable[[Case], Result]]] = {
    "warta": (None, by_warta),
    "trafilatura, with metadata": (None, by_trafilatura),
    "trafilatura, fast": (None, by_trafilatura_fast),
    "readability-lxml": ("readability", by_readability),
    "newspaper4k": ("newspaper", by_newspaper),
    "resiliparse": ("resiliparse", by_resiliparse),
}


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def scores(found: str, right: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of words."""
    a, b = words(found), words(right)
    both = (a & b).total()
    precision, recall = both / max(1, a.total()), both / max(1, b.total())
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def milliseconds(job: Callable[[Case], object], cases: list[Case]) -> float:
    """Median over pages of the best of several rounds: the machine's noise only ever adds."""
    best = []
    for case in cases:
        times = []
        for _round in range(ROUNDS):
            start = perf_counter()
            job(case)
            times.append(perf_counter() - start)
        best.append(min(times))
    return 1000 * median(best)


def measured(name: str, job: Callable[[Case], Result], cases: list[Case]) -> dict[str, Any]:
    results = [job(case) for case in cases]
    found = [
        scores(body, case.body)
        for (body, _headline, _time), case in zip(results, cases, strict=True)
    ]
    dated = [
        (time, case.published_at[:16])
        for (_body, _headline, time), case in zip(results, cases, strict=True)
        if case.published_at
    ]
    return {
        "tool": name,
        "precision": f"{mean(p for p, _r, _f in found):.3f}",
        "recall": f"{mean(r for _p, r, _f in found):.3f}",
        "f1": f"{mean(f for _p, _r, f in found):.3f}",
        "foreign": sum(p < FOREIGN for p, _r, _f in found),
        "headlines": sum(
            headline == case.headline
            for (_b, headline, _t), case in zip(results, cases, strict=True)
        ),
        "times": sum(time == right for time, right in dated) if dated else "",
        "ms": f"{milliseconds(job, cases):.2f}",
    }


LARGE = (100_000, 400_000)
"""Bytes of a page between the sizes whose CPU is given."""
FIELDS = ("headline", "authors", "published_at")
Answer = dict[str, Any]
"""body, headline, authors and published_at of a page."""


def warta_answer(page: bytes, url: str) -> Answer:
    article = read(page, url, site_of(url)).article
    return {name: getattr(article, name) for name in ("body", *FIELDS)}


def trafilatura_answer(page: bytes, url: str) -> Answer:
    found: Any = trafilatura.bare_extraction(
        page, url=url, with_metadata=True, include_comments=False
    )
    if found is None:
        return {}
    authors = [name.strip() for name in (found.author or "").split(";") if name.strip()]
    fields = {"headline": found.title, "authors": authors, "published_at": found.date}
    return {"body": found.text, **fields}


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """The runs of four words of a text."""
    found = re.findall(r"\w+", text)
    return Counter(tuple(found[start : start + 4]) for start in range(max(1, len(found) - 3)))


def shingle_scores(found: str, right: str) -> tuple[float, float, float]:
    """F1, precision and recall of runs of four words."""
    a, b = shingles(found), shingles(right)
    both = (a & b).total()
    precision, recall = both / a.total(), both / b.total()
    return 2 * precision * recall / max(1e-9, precision + recall), precision, recall


def folded(text: object) -> str:
    return " ".join(re.findall(r"\w+", str(text).lower()))


def same_time(found: object, right: str) -> bool:
    """Whether a time is the same instant; where either has no zone, the same day."""
    mine, gold = datetime.fromisoformat(str(found)), datetime.fromisoformat(right)
    if mine.tzinfo is None or gold.tzinfo is None:
        return mine.date() == gold.date()
    return abs((mine - gold).total_seconds()) < 60


def verdict(name: str, found: Answer, gold: Answer) -> str:
    """right, wrong or null."""
    value, right = found.get(name), gold[name]
    if not value:
        return "null"
    if name == "authors":
        is_right = set(map(folded, value)) == set(map(folded, right))
    elif name == "published_at":
        is_right = same_time(value, right)
    else:
        is_right = folded(value) == folded(right)
    return "right" if is_right else "wrong"


def judged(tool: str, name: str, rows: list[Answer], answers: list[Answer]) -> dict[str, Any]:
    """A row of the table: one tool on the pages of one set."""
    marks = [
        max(
            shingle_scores(found.get("body") or "", body)
            for body in {gold["body"], gold.get("body_without_summary") or gold["body"]}
        )
        for gold, found in zip(rows, answers, strict=True)
    ]
    fields = {}
    for field in FIELDS:
        count = Counter(
            verdict(field, found, gold)
            for gold, found in zip(rows, answers, strict=True)
            if gold.get(field)
        )
        counts = "/".join(str(count[word]) for word in ("right", "wrong", "null"))
        fields[field] = counts if count else ""
    return {
        "tool": f"{tool}, {name}",
        "pages": len(rows),
        "f1": f"{mean(f for f, _p, _r in marks):.4f}",
        "precision": f"{mean(p for _f, p, _r in marks):.4f}",
        "recall": f"{mean(r for _f, _p, r in marks):.4f}",
        "exact": sum(f > 0.999 for f, _p, _r in marks),
        "bad": sum(f < 0.5 for f, _p, _r in marks),
        **fields,
    }


def sizes_of(pages: list[bytes]) -> Iterator[tuple[str, list[int]]]:
    """Names of the sizes of pages, with the places of the pages that have them."""
    small, large = LARGE
    yield "all", list(range(len(pages)))
    yield f"< {small // 1000} kB", [i for i, page in enumerate(pages) if len(page) < small]
    between = [i for i, page in enumerate(pages) if small <= len(page) < large]
    yield f"< {large // 1000} kB", between
    yield "larger", [i for i, page in enumerate(pages) if len(page) >= large]


def compare(folder: Path) -> None:
    """Print what warta and trafilatura make of the pages of other benchmarks."""
    rows = [json.loads(line) for line in (folder / "gold.jsonl").read_text("utf-8").splitlines()]
    pages = [gzip.decompress((folder / row["html"]).read_bytes()) for row in rows]
    jobs = {"warta": warta_answer, "trafilatura": trafilatura_answer}
    answers: dict[str, list[Answer]] = {name: [] for name in jobs}
    spent: dict[str, list[float]] = {name: [] for name in jobs}
    for page, row in zip(pages, rows, strict=True):
        for name, job in jobs.items():
            start = process_time()
            answers[name].append(job(page, row["url"]))
            spent[name].append(process_time() - start)
    table = []
    for of_set in sorted({row["set"] for row in rows}):
        places = [place for place, row in enumerate(rows) if row["set"] == of_set]
        gold = [rows[place] for place in places]
        table += [
            judged(name, of_set, gold, [answers[name][place] for place in places]) for name in jobs
        ]
    names = "tool pages f1 precision recall exact bad headline authors published_at".split()
    columns = {name: name.replace("_", " ") for name in names}
    print_table(table, columns, title="4-word shingles; fields right/wrong/null")
    cost = []
    for size, places in sizes_of(pages):
        took = {name: 1000 * sum(spent[name][i] for i in places) for name in jobs}
        per_page = {name: f"{took[name] / max(1, len(places)):.1f}" for name in jobs}
        times = f"{took['trafilatura'] / max(1e-9, took['warta']):.1f}"
        cost.append({"size": size, "pages": len(places), **per_page, "times": times})
    columns = {name: name for name in ("size", "pages", "warta", "trafilatura", "times")}
    print_table(cost, columns, title="CPU, milliseconds a page; trafilatura with metadata")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--redesigned", action="store_true")
    parser.add_argument("--others", type=Path)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if options.folder:
        compare(options.folder)
        return
    cases = other_cases(options.others) if options.others else own_cases()
    cases = [redesigned(case) for case in cases] if options.redesigned else cases
    rows = [
        measured(name, job, cases)
        for name, (package, job) in TOOLS.items()
        if package is None or importlib.util.find_spec(package) is not None
    ]
    floor = milliseconds(
        lambda case: html.document_fromstring(case.page.decode("utf-8", "replace")), cases
    )
    rows.append({"tool": "lxml, parsing alone", "ms": f"{floor:.2f}"})
    columns = {
        "tool": "tool",
        "precision": "precision",
        "recall": "recall",
        "f1": "F1",
        "foreign": "foreign text",
        "headlines": "headlines right",
        "times": "times right",
        "ms": "ms a page",
    }
    print_table(
        rows,
        columns,
        title=f"{len(cases)} pages, "
        f"{median(len(case.page) for case in cases) / 1000:.0f} kB in the median",
    )


if __name__ == "__main__":
    main()
