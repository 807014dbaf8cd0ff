"""What is wrong with a profile: every field is checked before anything is requested with it.

The profiles that come with warta are held to the same by tests.
"""

import re
import warnings
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date
from string import Formatter
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from archive.ledger.wording import REASONS, did_you_mean
from scraper.sites.addresses import is_private
from scraper.sites.ambiguous import is_ambiguous
from scraper.sites.public_suffixes import is_public_suffix
from scraper.sites.site import ArticleURL, Layout, Rule, Site
from scraper.sites.sources import (
    DatedIndex,
    Feed,
    NewsSitemap,
    PagedIndex,
    Section,
    Sitemap,
    Source,
    Window,
)

MAX_NAME = 40
"""Characters of a name; it is part of the names of files and of systemd's units."""
NAME = re.compile(rf"[a-z][a-z0-9_-]{{0,{MAX_NAME - 1}}}")
"""Of a publisher."""
RESERVED = frozenset("alerts all doctor fallback folder none schedule unknown warta".split())
"""Names that mean something else: in commands, the configuration, units and locks."""
WHERE = ("anywhere", "start", "end", "after")
"""Where a Rule may apply."""

_KINDS = (Sitemap, NewsSitemap, Feed, Section, PagedIndex, DatedIndex)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")
"""Of no IP address, whose last part is a number."""
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_NUMBERED = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
_IS_XPATH = ("/", ".//", "(")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_CALLED = re.compile(r"([\w.:-]+)\s*\(")
_XPATH_NAMES = frozenset(
    "last position count id local-name namespace-uri name string concat starts-with contains "
    "substring-before substring-after substring string-length normalize-space translate boolean "
    "not true false lang number sum floor ceiling round "
    "node text comment processing-instruction and or div mod".split()
)
"""What may stand before a bracket in XPath 1.0; libxml2 reports others only when it meets them."""
_SITE_PATTERNS = (
    "dateline end_credit ld_editor part_url whole_url page_total text_marks text_opening".split()
)
_NEEDED_GROUPS = {"part_url": "part", "page_total": "pages"}
_LAYOUT_SELECTORS = (
    "headline kicker deck lead authors editors date section tags caption image agency prune".split()
)
_NODES_ONLY = ("body", "lead", "prune")
"""Of a layout's selectors those that cannot name attributes."""
_EXAMPLE = Window(today=date(2026, 1, 31), since=date(2026, 1, 30))


def problems_of_name(name: str) -> Iterator[str]:
    """Yield what is wrong with the name of a publisher.

    It has no dot, so that no name is the host of a publisher without a profile.
    """
    if not NAME.fullmatch(name):
        allowed = f"small letters, digits, - and _, at most {MAX_NAME}, a letter first"
        yield f"{name!r} cannot be the name of a publisher; expected {allowed}"
    elif name in RESERVED:
        yield f"{name!r} cannot be the name of a publisher: warta uses it already"


def problems(site: Site, name: str) -> Iterator[str]:
    """Yield what is wrong with the profile of a file or entry point of that name."""
    if wrong := list(_wrong_types(site, "")):
        yield from wrong
        return
    if site.name != name:
        yield f"name is {site.name!r}, but the file or the entry point is called {name!r}"
    yield from _of_places(site)
    if not site.article_urls:
        yield "article_urls is empty: no address would be a story's"
    for place, url in enumerate(site.article_urls):
        yield from _of_generation(url, site.domains, f"article_urls[{place}]")
    for place, (pattern, reason) in enumerate(site.refused_urls):
        if not pattern:
            yield f"refused_urls[{place}]: the pattern is empty, and would refuse everything"
        yield from _of_pattern(pattern, f"refused_urls[{place}]")
        if reason not in REASONS:
            yield f"refused_urls[{place}]: unknown reason {reason}{did_you_mean(reason, REASONS)}"
    for place, source in enumerate(site.sources):
        yield from _of_source(site, source, f"sources[{place}]")
    for field in _SITE_PATTERNS:
        flags = re.MULTILINE if field == "text_marks" else 0
        yield from _of_pattern(getattr(site, field), field, _NEEDED_GROUPS.get(field), flags)
    yield from _of_rules(site.rules)
    yield from _of_layouts(site)


def clashes(site: Site, known: Mapping[str, Site], origins: Mapping[str, str]) -> Iterator[str]:
    """Yield which publishers that are known have the same name, or read pages of the same host."""
    for other in known.values():
        if _as_variable(site.name) == _as_variable(other.name):
            yield f"{origins[other.name]} has a publisher {other.name} already"
            continue
        for domain in site.domains:
            if other.owns(domain) or any(site.owns(each) for each in other.domains):
                yield f"{domain} is a domain of {other.name} ({origins[other.name]})"
                break


def _as_variable(name: str) -> str:
    """Return a name as variables have it, WARTA_SITES_NAME_LIMIT."""
    return name.replace("-", "_")


def _wrong_types(record: Any, where: str) -> Iterator[str]:
    """Yield the fields of a profile, or of a part of it, that have another type than documented."""
    hints = get_type_hints(type(record))
    for field in fields(record):
        name = f"{where}{field.name}"
        yield from _wrong_type(getattr(record, field.name), hints[field.name], name)


def _wrong_type(value: Any, hint: Any, name: str) -> Iterator[str]:
    if get_origin(hint) in (Union, UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
        if value is None:
            return
    if get_origin(hint) is tuple:
        yield from _wrong_tuple(value, get_args(hint), name)
    elif hint is Source and type(value) not in _KINDS:
        expected = ", ".join(kind.__name__ for kind in _KINDS)
        yield f"{name}: unknown kind of source {kind(value)}; expected one of {expected}"
    elif hint is not Source and type(value) is not hint:
        yield f"{name}: expected {_article(hint.__name__)}, got {kind(value)}"
    elif is_dataclass(value):
        yield from _wrong_types(value, f"{name}.")


def _wrong_tuple(value: Any, inner: tuple[Any, ...], name: str) -> Iterator[str]:
    if not isinstance(value, tuple):
        comma = "; a tuple of one has a comma: (x,)" if type(value) is inner[0] else ""
        yield f"{name}: expected a tuple, got {kind(value)}{comma}"
        return
    hints = [inner[0]] * len(value) if inner[1:] == (...,) else inner
    if len(hints) != len(value):
        yield f"{name}: expected {len(hints)} values, got {len(value)}"
        return
    for place, (each, expected) in enumerate(zip(value, hints, strict=True)):
        yield from _wrong_type(each, expected, f"{name}[{place}]")


def kind(value: object) -> str:
    """Return what a value is, as messages say it."""
    return "None" if value is None else _article(type(value).__name__)


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOaeio" else f"a {name}"


def _of_places(site: Site) -> Iterator[str]:
    """Yield what is wrong with hosts, time zone and language."""
    if not site.domains:
        yield "domains is empty"
    for domain in site.domains:
        yield from _of_domain(domain)
    for domain in site.crawled:
        if not site.owns(domain):
            yield f"crawled: {domain} is none of the domains"
    yield from _of_address(site, site.home, "home")
    try:
        ZoneInfo(site.timezone)
    except (OSError, LookupError, ValueError):
        yield f"timezone: unknown time zone {site.timezone!r}; expected a name like Asia/Jakarta"
    if not _LANGUAGE.fullmatch(site.language):
        yield f"language: expected a code like id or en, got {site.language!r}"


def _of_domain(domain: str) -> Iterator[str]:
    if is_private(domain):
        yield f"domains: {domain} is an internal address, which is never requested"
    elif not _HOST.fullmatch(domain):
        form = "a host in small letters like kabar.example; xn--… for other letters"
        yield f"domains: expected {form}, got {domain!r}"
    elif _is_public_suffix(domain):
        yield f"domains: {domain} is no publisher's alone: anybody may register names below it"


def _is_public_suffix(domain: str) -> bool:
    with suppress(UnicodeError):  # it is no encoding of other letters, and below no suffix of such
        domain = domain.encode().decode("idna")
    return is_public_suffix(domain)


def _of_address(site: Site, url: str, field: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        yield f"{field}: expected an address like https://kabar.example/, got {url!r}"
    elif not site.may_request(host):
        yield f"{field}: {host} is none of the domains that are crawled"


def _of_source(site: Site, source: Source, field: str) -> Iterator[str]:
    """Yield what is wrong with a source, by the addresses that it would begin with."""
    try:
        steps = list(source.first(_EXAMPLE))
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        form = "{page}, or {day:%Y/%m/%d} and {offset}, as its kind has them"
        yield f"{field}: {source.url!r} is no template with {form} ({error})"
        return
    for step in steps[:1]:
        yield from _of_address(site, step.url, field)
    needed = {PagedIndex: "{page", DatedIndex: "{day"}.get(type(source), "")
    if needed not in source.url:
        yield f"{field}: {source.url!r} has no {needed}}}"
    if isinstance(source, PagedIndex) and (source.step < 1 or source.start < 0):
        yield f"{field}: pages are counted upwards, got start={source.start}, step={source.step}"
    if isinstance(source, DatedIndex) and source.rows and "{offset" not in source.url:
        yield f"{field}: with rows it needs {{offset}}"


def _of_template(template: str, groups: Container[str], field: str) -> Iterator[str]:
    try:
        parts = list(Formatter().parse(template))
        for _text, _group, spec, _conversion in parts:
            format("0", spec or "")
    except ValueError as error:
        yield f"{field}: {template!r} is no template ({error})"
        return
    for _text, group, _spec, _conversion in parts:
        if group is not None and group not in groups:
            yield f"{field}: the pattern has no group {group!r}"


def _of_generation(url: ArticleURL, domains: Sequence[str], field: str) -> Iterator[str]:
    """Yield what is wrong with the addresses of stories."""
    if wrong := list(_of_pattern(url.pattern, f"{field}.pattern")):
        yield from wrong
        return
    named = re.compile(url.pattern).groupindex
    groups = dict.fromkeys((*named, *url.parameters))
    for parameter in url.parameters:
        if not re.fullmatch(r"[\w-]+", parameter):
            yield f"{field}.parameters: {parameter!r} is no name of a parameter"
        elif parameter in named:
            yield f"{field}.parameters: {parameter} is also a group of the pattern"
        elif f"{parameter}={{{parameter}}}" not in url.canonical.partition("?")[2].split("&"):
            yield f"{field}.canonical: it lacks ?{parameter}={{{parameter}}}"
    for name, template in (("canonical", url.canonical), ("story_id", url.story_id)):
        yield from _of_template(template, groups, f"{field}.{name}")
    host = url.canonical.partition("/")[0]
    if not f".{host}".endswith(("}", *(f".{domain}" for domain in domains))):
        yield f"{field}.canonical: it does not begin with one of the domains"
    for first in {"y", "yy"} & groups.keys():
        if missing := sorted({"m", "d"} - groups.keys()):
            yield f"{field}.pattern: with group {first} it needs {' and '.join(missing)}"


def _of_pattern(
    pattern: str, field: str, group: str | None = None, flags: int = 0
) -> Iterator[str]:
    if not pattern:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # "possible nested set": another meaning one day
            compiled = re.compile(pattern, flags)
    except (re.error, Warning, RecursionError, OverflowError) as error:
        yield f"{field}: {pattern!r} is no regular expression ({error})"
        return
    if is_ambiguous(pattern, flags):
        yield (
            f"{field}: {pattern!r} repeats what is nothing but a repetition, like (a+)+: some "
            "texts would keep it busy for ever"
        )
    if group is not None and group not in compiled.groupindex:
        yield f"{field}: the pattern needs a group {group}, (?P<{group}>…)"


def _of_rules(rules: Iterable[Rule]) -> Iterator[str]:
    whole: list[str] = []
    for place, rule in enumerate(rules):
        field = f"rules[{place}]"
        if rule.where not in WHERE:
            yield f"{field}.where: expected one of {', '.join(WHERE)}, got {rule.where!r}"
        if not rule.pattern:
            yield f"{field}.pattern is empty, and would remove everything"
        wrong = list(_of_pattern(rule.pattern, f"{field}.pattern", flags=re.IGNORECASE))
        yield from wrong
        if not wrong and rule.where == "anywhere" and not rule.part:
            if _NUMBERED.search(rule.pattern):
                yield f"{field}.pattern: name the group that it repeats, (?P<x>…) and (?P=x)"
            whole.append(f"(?:{rule.pattern})")
    yield from _of_pattern("|".join(whole), "rules, as one")


def _of_layouts(site: Site) -> Iterator[str]:
    for layout in site.layouts:
        field = f"layout {layout.name}"
        if not layout.name or layout.name == "fallback":
            yield f"layouts: {layout.name!r} cannot be the name of a layout"
        if not layout.body:
            yield f"{field}: body is empty"
        for name, selector in _selectors(layout):
            yield from _of_selector(selector, f"{field}.{name}", nodes=name in _NODES_ONLY)
    names = [layout.name for layout in site.layouts]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"layouts: two are called {name}"
    others = [*(("prune", each) for each in site.prune), ("pager", site.pager)]
    others += [("story_code", each) for each in site.story_code]
    for name, selector in others:
        yield from _of_selector(selector, name, nodes=name != "story_code")


def _selectors(layout: Layout) -> Iterator[tuple[str, str]]:
    yield "body", layout.body
    yield "requires", layout.requires
    for field in _LAYOUT_SELECTORS:
        yield from ((field, selector) for selector in getattr(layout, field))


def _of_selector(selector: str, field: str, *, nodes: bool) -> Iterator[str]:
    """Yield why a selector is none: CSS, or XPath where it begins with `/`, `.//` or `(`."""
    from cssselect import HTMLTranslator, SelectorError
    from lxml import etree

    if not selector:
        return
    is_xpath = selector.startswith(_IS_XPATH)
    kind = "XPath" if is_xpath else "CSS selector"
    try:
        path = selector if is_xpath else HTMLTranslator().css_to_xpath(selector)
        found = etree.XPath(path)(etree.Element("html"))
    except (SelectorError, etree.XPathError, ValueError, RecursionError) as error:
        yield f"{field}: {selector!r} is no {kind} ({error})"
        return
    if is_xpath:
        code = _QUOTED.sub("''", selector)
        for name in (name for name in _CALLED.findall(code) if name not in _XPATH_NAMES):
            yield f"{field}: XPath has no function {name}(), in {selector!r}"
        if "$" in code:
            yield f"{field}: there are no variables in {selector!r}"
    ends_in_values = re.search(r"(?:@[\w:-]+|text\(\))\s*$", selector) if is_xpath else None
    if not isinstance(found, list) or (nodes and ends_in_values):
        yield f"{field}: {selector!r} finds no nodes, but values"
