"""A profile as the Python file that a person goes on with: formatted as ruff does, with notes."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from archive.printable import one_line
from scraper.crawling.survey.conclusions import Conclusion
from scraper.sites.amp import AMP
from scraper.sites.common_refusals import COMMON_REFUSALS
from scraper.sites.site import UNKNOWN, ArticleURL, Layout, Site
from scraper.sites.sources import Source

WIDTH = 100
CHECK = "CHECK"
"""Stands in the comments of what is not sure."""
_FIELDS_OF_LAYOUT = "lead headline authors editors date tags prune".split()


def profile_file(found: Conclusion, *, made_at: str, remarks: Sequence[str] = ()) -> str:
    """Return the source of a profile; `remarks` follow its first line, `made_at` is a day."""
    site = found.site
    title = one_line(site.title.replace("\\", "").replace('"', "'"))
    lines = [f'"""{title}: made by `warta sites new` on {made_at}, from the pages of', ""]
    lines += [f"- {reading.article.url}".replace('"', "%22") for reading in found.readings]
    lines.append("")
    for remark in remarks:
        lines += [*textwrap.wrap(remark, WIDTH), ""]
    lines.append(f"What is marked {CHECK} is not sure; `warta sites check {site.name}` says more.")
    lines += ['"""', "", *_imports(site), "", "SITE = Site("]
    lines += [f"    {line}" if line else "" for line in _site(found)]
    return "\n".join([*lines, ")", ""])


def _imports(site: Site) -> Iterator[str]:
    """Yield the imports that the profile needs, sorted."""
    if AMP in site.layouts:
        yield "from scraper.sites.amp import AMP"
    yield "from scraper.sites.common_refusals import COMMON_REFUSALS"
    unknown = ", UNKNOWN" if site.end_credit == UNKNOWN.end_credit else ""
    names = f"{unknown}, ArticleURL, Layout, Site".removeprefix(", ")
    yield f"from scraper.sites.site import {names}"
    kinds = sorted({type(source).__name__ for source in site.sources})
    if kinds:
        yield f"from scraper.sites.sources import {', '.join(kinds)}"


def _site(found: Conclusion) -> Iterator[str]:
    """Yield the arguments of the profile."""
    site, notes = found.site, found.notes
    for name in ("name", "title", "home"):
        yield f"{name}={_value(getattr(site, name))},"
    yield from _tuple("domains", [_value(domain) for domain in site.domains])
    yield from _comment("Newest generation first; pattern and canonical form without the scheme.")
    yield "article_urls=("
    for pattern in found.patterns:
        yield from _indented(_comment(f"{pattern.note}, like {pattern.examples[0]}"))
        yield from _indented(_generation(pattern.generation))
    yield "),"
    yield from _refusals(site)
    yield from _sources(found)
    yield "layouts=("
    yield from _indented(_layout(site.layouts[0], notes))
    if AMP in site.layouts:
        yield from _indented(["AMP,"])
    yield "),"
    yield from _rest(site, notes)


def _generation(generation: ArticleURL) -> Iterator[str]:
    yield "ArticleURL("
    for name in ("pattern", "canonical", "story_id"):
        yield from _indented([f"{name}={_value(getattr(generation, name))},"])
    if generation.shared:
        yield "    shared=True,"
    if generation.parameters:
        yield f"    parameters={_value(generation.parameters)},"
    yield "),"


def _refusals(site: Site) -> Iterator[str]:
    """Yield the addresses that are refused: the common ones, but for those of stories here."""
    if site.refused_urls == COMMON_REFUSALS:
        yield "refused_urls=COMMON_REFUSALS,"
        return
    own = {reason for pattern, reason in COMMON_REFUSALS} - {
        reason for _pattern, reason in site.refused_urls
    }
    yield from _comment(f"Of the common ones all but {', '.join(sorted(own))}: stories match it.")
    left = ", ".join(f'"{reason}"' for reason in sorted(own))
    yield f"refused_urls=tuple(pair for pair in COMMON_REFUSALS if pair[1] not in {{{left}}}),"


def _sources(found: Conclusion) -> Iterator[str]:
    if not found.sources:
        yield from _comment(
            f"{CHECK}: no sitemap and no feed has stories; those of the home page are found"
        )
        yield "sources=(),"
        return
    yield "sources=("
    for each in found.sources:
        yield f"    # {each.note}"
        yield from _indented(_source(each.source))
    yield "),"


def _source(source: Source) -> list[str]:
    kind, url = type(source).__name__, _value(source.url)
    line = f"{kind}({url}),"
    if 8 + len(line) <= WIDTH:
        return [line]
    return [f"{kind}(", f"    {url}", "),"]


def _layout(layout: Layout, notes: dict[str, str]) -> Iterator[str]:
    yield "Layout("
    for name in ("name", "body", *_FIELDS_OF_LAYOUT):
        yield from _indented(_comment(notes.get(name, "")))
        value = getattr(layout, name)
        if name in ("name", "body"):
            yield f"    {name}={_value(value)},"
        elif value:
            yield from _indented(_tuple(name, [_value(each) for each in value], indent=12))
    yield "),"


def _rest(site: Site, notes: dict[str, str]) -> Iterator[str]:
    """Yield what is neither addresses, sources nor layouts."""
    if site.dateline:
        yield from _comment("Opens the texts of most stories that were read.")
        yield f"dateline={_value(site.dateline)},"
    if site.dateline_bold:
        yield "dateline_bold=True,"
    if site.end_credit:
        yield "end_credit=UNKNOWN.end_credit,"
    if site.pager:
        yield from _comment("Stories of several pages.")
        yield f"pager={_value(site.pager)},"
        yield f"part_url={_value(site.part_url)},"
    yield from _tuple("newsroom_names", [_value(name) for name in site.newsroom_names])
    for name in ("timezone", "language"):
        yield from _comment(notes.get(name, ""))
        yield f"{name}={_value(getattr(site, name))},"


def _comment(text: str) -> Iterator[str]:
    """Yield the lines of a comment; nothing for an empty one."""
    plain = " ".join(text.split())
    plain = f"{plain[:1].upper()}{plain[1:]}"
    for line in textwrap.wrap(plain, WIDTH - 12, break_on_hyphens=False, break_long_words=False):
        yield f"# {line}"


def _tuple(name: str, values: Sequence[str], *, indent: int = 4) -> Iterator[str]:
    """Yield an argument that is a tuple, in one line where it fits behind so many spaces."""
    comma = "," if len(values) == 1 else ""
    line = f"{name}=({', '.join(values)}{comma}),"
    if indent + len(line) <= WIDTH:
        yield line
        return
    yield f"{name}=("
    yield from (f"    {value}," for value in values)
    yield "),"


def _indented(lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    yield from (f"    {line}" for line in lines)


def _value(value: Any) -> str:
    """Return a value as Python, its texts in double quotes as ruff writes them."""
    if isinstance(value, tuple):
        comma = "," if len(value) == 1 else ""
        return f"({', '.join(map(_value, value))}{comma})"
    if not isinstance(value, str):
        return repr(value)
    if "\\" in value and value.isprintable() and not value.endswith("\\"):
        if '"' not in value:
            return f'r"{value}"'
        if "'" not in value:
            return f"r'{value}'"
    plain = repr(value)
    if plain.startswith("'") and '"' not in value:
        return f'"{plain[1:-1]}"'
    return plain
