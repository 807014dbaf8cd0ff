"""From addresses of stories to the patterns of a profile.

Addresses are grouped by the kinds of their path's segments. In each group a segment is a date, a
key, the story's words, a fixed word or a channel, by what the group's addresses have there. Where
the path is that of many stories, a parameter of the query is the key.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from scraper.sites.addresses import plain_url, split_part
from scraper.sites.common_refusals import COMMON_REFUSALS
from scraper.sites.site import ArticleURL, Identity, Site

MIN_DEPTH = 3
"""Words of a story's slug where nothing else in its address says that it is a story."""
FIXED_IN = 8
"""Stories of one group that show a word of their addresses to be fixed, and no channel."""
MIN_SHARE = 0.1
"""Share of the surest links that a group needs beside a larger one."""
MAX_PATTERNS = 4

_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|shtml|phtml|xhtml|jsp|cms|ece)$", re.IGNORECASE)
_YEAR = re.compile(r"(?:199\d|20\d\d)")
_DAY = re.compile(r"(?:199\d|20\d\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_DAY_DASHED = re.compile(r"(?:199\d|20\d\d)-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])")
_TIME = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")
_CODE = re.compile(r"(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{5,24}")
_ALNUM = re.compile(r"[A-Za-z0-9]{5,24}")
_BARE_KEY = re.compile(r"\d{5,}|(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{9,24}", re.IGNORECASE)
"""A key that is all of a segment."""
_MARKED_KEY = re.compile(r"(?P<mark>[a-z]{1,6}-?)(?P<key>\d{3,})")
_STAMPED = re.compile(r"(?:199\d|20\d\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d*(?:-\d+)+")
_KEY_LAST = re.compile(r".*[-_,.](?P<key>\d{4,})")
_KEY_FIRST = re.compile(r"(?P<key>\d{4,})[-_,.].+")
_CODE_FIRST = re.compile(r"(?P<key>[A-Za-z0-9]{6,12})-.+")
_CODE_LAST = re.compile(r".+-(?P<key>[A-Za-z0-9]{5,14})")
_HOST_SIGNS = ("www.", "m.", "amp.", "mobile.")
_FIXED = frozenset(
    "read baca berita artikel article articles news story stories post posts detail view content "
    "amp id en ms web blog blogs".split()
)
_NO_KEYS = frozenset("page paged pg halaman hal laman s q query cat m amp share".split())
"""Parameters of lists, of searches and of ways to show a page."""


class _Address(NamedTuple):
    host: str
    segments: tuple[str, ...]
    """Of the path, without its extension."""
    extension: str
    parameters: tuple[tuple[str, str], ...]
    """Those of the query that may be the story's key; none where the path itself may have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A link of the site, and how sure its source makes it that it leads to a story."""

    url: str
    """Canonical."""
    sure: bool = False
    """Whether its source lists nothing but stories: a feed, a news sitemap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Addresses of one form, and what they have in common."""

    generation: ArticleURL
    examples: tuple[str, ...]
    """Canonical; those that it was made from."""
    note: str
    """How many addresses show it."""


def learn_patterns(
    links: Iterable[Seen], domain: str, home: str, *, known: Iterable[str] = ()
) -> list[Pattern]:
    """Return the patterns of a site's stories, the one of most stories first.

    `known` are addresses that turned out to be stories, or none to begin with: then sources and the
    look of addresses decide. What its own patterns do not match is taken for no story.
    """
    seen: dict[str, Seen] = {}
    for link in links:
        if (link.sure or link.url not in seen) and is_candidate(link.url, domain):
            seen[link.url] = link
    groups: defaultdict[object, list[Seen]] = defaultdict(list)
    for link in seen.values():
        address = _parsed(link.url)
        on_desk = bool(_without_sign(address.host.removesuffix(domain)))
        groups[on_desk, _form(address)].append(link)
    known = set(known)
    chosen = sorted(_chosen(list(groups.values()), known), key=lambda group: _rank(group, known))
    taken = {link.url for group in chosen for link in group}
    others = [url for url in seen if url not in taken]
    patterns = [_Group(group, others, domain, home).pattern() for group in chosen[:MAX_PATTERNS]]
    return list({pattern.generation.pattern: pattern for pattern in patterns}.values())


def is_candidate(url: str, domain: str) -> bool:
    """Whether an address may be a story's: on the site, with a path, and of no usual other kind."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not (host == domain or host.endswith(f".{domain}")):
        return False
    if parts.path in ("", "/") and not _parsed(url).parameters:
        return False
    if re.search(r"\.(?:jpe?g|png|gif|webp|svg|css|js|xml|pdf|zip|mp[34]|ico|json)$", parts.path):
        return False
    return not any(re.search(pattern, host + parts.path) for pattern, _reason in COMMON_REFUSALS)


def own_links(urls: Iterable[str]) -> Iterator[str]:
    """Yield canonical addresses, of a story's further pages that of the first."""
    for url in urls:
        plain = plain_url(split_part(url)[0])
        if plain is not None:
            yield plain


def _parsed(url: str) -> _Address:
    parts = urlsplit(url)
    path = parts.path.strip("/")
    extension = _EXTENSION.search(path)
    end = extension[0] if extension else ""
    segments = tuple(path.removesuffix(end).split("/"))
    parameters = () if _names_story(segments[-1]) else tuple(_keys(parts.query))
    return _Address(parts.hostname or "", segments, end, parameters)


def _names_story(segment: str) -> bool:
    """Whether the last segment of a path may name a story: by its words or by a key."""
    return _depth(segment) >= MIN_DEPTH or re.search(r"\d{4,}", segment) is not None


def _keys(query: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters, by name, that may be the key of a story."""
    for name, text in sorted(dict(reversed(parse_qsl(query))).items()):
        is_key = re.fullmatch(r"\d{1,12}", text) or _CODE.fullmatch(text)
        if is_key and name.lower() not in _NO_KEYS and re.fullmatch(r"[\w-]+", name):
            yield name, text


_AFTER = {"year": "month", "month": "day"}


def _form(address: _Address) -> tuple[object, ...]:
    """Return what addresses of one group have in common: the kinds of their segments."""
    kinds: list[str] = []
    for segment in address.segments:
        if _YEAR.fullmatch(segment):
            kinds.append("year")
        elif _STAMPED.fullmatch(segment) or _DAY.fullmatch(segment) or segment.isdigit():
            after = _AFTER.get(next(reversed(kinds), ""), "number")
            kinds.append(after if len(segment) <= 2 else "number")
        elif _DAY_DASHED.fullmatch(segment):
            kinds.append("dashed")
        else:
            kinds.append("text")
    fixed = tuple(name for name in address.segments[:-1] if name in _FIXED)
    named = _names_story(address.segments[-1]) or "text" not in kinds[-1:]
    parameters = tuple(name for name, _text in address.parameters)
    return (*kinds, address.extension.lower(), fixed, named, parameters)


def _depth(segment: str) -> int:
    """Return the number of words of a segment."""
    return len([word for word in re.split(r"[-_+,.]|%20", segment) if word])


def _looks_like_story(link: Seen) -> bool:
    """Whether an address by itself looks like that of a story."""
    segments = _parsed(link.url).segments
    longest = max(map(_depth, segments))
    dated = any(_YEAR.fullmatch(segment) for segment in segments) and longest > 1
    keyed = any(re.search(r"(?<!\d)\d{4,}", segment) for segment in segments) and longest > 1
    coded = any(_CODE.fullmatch(segment.split("-")[0]) for segment in segments)
    bare = any(_BARE_KEY.fullmatch(segment) for segment in segments)
    bare = bare or any(_BARE_KEY.fullmatch(text) for _name, text in _parsed(link.url).parameters)
    return bare or longest > MIN_DEPTH or dated or keyed or (coded and longest >= MIN_DEPTH)


def _chosen(groups: list[list[Seen]], known: set[str]) -> Iterator[list[Seen]]:
    """Yield the groups whose addresses are stories."""
    if known:
        yield from (group for group in groups if any(link.url in known for link in group))
        return
    sure = Counter({place: sum(link.sure for link in group) for place, group in enumerate(groups)})
    if sure.total():
        most = sure.most_common(1)[0][1]
        yield from (groups[place] for place, count in sure.items() if count >= MIN_SHARE * most > 0)
        return
    looks = {
        place: sum(map(_looks_like_story, group))
        for place, group in enumerate(groups)
        if 2 * sum(map(_looks_like_story, group)) > len(group)
    }
    most = max(looks.values(), default=0)
    yield from (groups[place] for place, count in looks.items() if count >= MIN_SHARE * most)


def _rank(group: list[Seen], known: set[str]) -> tuple[int, int]:
    return -sum(link.sure or link.url in known for link in group), -len(group)


class _Group:
    """Addresses of one form, which become one pattern."""

    def __init__(
        self, links: Sequence[Seen], others: Sequence[str], domain: str, home: str
    ) -> None:
        self._links = links
        self._others = others
        self._domain = domain
        self._home_host = urlsplit(home).hostname or domain
        self._addresses = [_parsed(link.url) for link in links]
        first = self._addresses[0]
        self._columns = [
            [address.segments[place] for address in self._addresses]
            for place in range(len(first.segments))
        ]
        self._names: list[str] = []
        self._key = ""
        """Template of the story's key; empty where there is no certain one."""
        self._day = ""
        """Template of the story's day; empty where its address has none."""
        self._parameter = self._key_in_query()
        """Name of the parameter that is the story's key; empty where the path has one."""

    def pattern(self) -> Pattern:
        """Return the pattern, tightened until it matches none of the other links."""
        host, canonical_host = self._host()
        if self._parameter:
            self._names.append(self._parameter)
            self._as_key(self._parameter)
        query = f"?{self._parameter}={self._key}" if self._parameter else ""
        segments = list(self._segments())
        end = _literal(self._addresses[0].extension)
        path = "/".join(segment for segment, _template in segments)
        template = "/".join(text for _segment, text in segments)
        plain_end = self._addresses[0].extension
        generation = ArticleURL(
            pattern=f"{host}/{path}{end}",
            canonical=f"{canonical_host}/{template}{plain_end}{query}",
            story_id=self._story_id(),
            shared=self._key == "" and "hms" in self._names,
            parameters=tuple(filter(None, [self._parameter])),
        )
        sure = sum(link.sure for link in self._links)
        where = f"{len(self._links)} addresses" if len(self._links) > 1 else "1 address"
        note = f"{where}, {sure} of them in feeds or news sitemaps"
        return Pattern(
            generation=generation, examples=tuple(link.url for link in self._links), note=note
        )

    def _key_in_query(self) -> str:
        paths = {address.segments for address in self._addresses}
        if len(paths) > 0.5 * len(self._links) and paths != {("",)}:
            return ""
        found = defaultdict(list)
        for address in self._addresses:
            for name, text in address.parameters:
                found[name].append(text)
        return next((name for name, texts in found.items() if self._is_key(texts)), "")

    def _host(self) -> tuple[str, str]:
        """Return the pattern of the hosts, and the template of the canonical one."""
        bare = _literal(self._domain)
        prefixes = Counter(
            _without_sign(address.host.removesuffix(self._domain)) for address in self._addresses
        )
        main, _count = prefixes.most_common(1)[0]
        if len(prefixes) == 1:
            own = self._home_host
            if _without_sign(own.removesuffix(self._domain)) != main:
                own = Counter(address.host for address in self._addresses).most_common(1)[0][0]
            return rf"(?:(?:www|m|amp)\.)?{_literal(main)}{bare}", own
        name = self._name("kanal")
        return rf"(?P<{name}>[a-z0-9-]+)\.{bare}", f"{{{name}}}.{self._domain}"

    def _segments(self) -> Iterator[tuple[str, str]]:
        """Yield (pattern, template) of each segment of the path."""
        kinds = _form(self._addresses[0])
        slug = self._slug_column(kinds)
        for place, values in enumerate(self._columns):
            kind = str(kinds[place])
            if kind in ("year", "month", "day"):
                yield self._part_of_date(kind, kinds)
            elif kind == "dashed":
                self._day = "{y}-{m}-{d}"
                self._names += ["y", "m", "d"]
                yield r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})", self._day
            elif kind == "number":
                yield self._number(values)
            elif place == slug:
                yield self._slug(values, slug)
            else:
                yield self._word(values, place, slug)

    def _slug_column(self, kinds: tuple[object, ...]) -> int | None:
        """Return the place of the segment that holds the story's words."""
        texts = [place for place in range(len(self._columns)) if kinds[place] == "text"]
        depths = {place: mean(map(_depth, self._columns[place])) for place in texts}
        best = max(depths, key=lambda place: (depths[place], place), default=None)
        if best is None or _are_codes(self._columns[best]):
            return None
        if len(set(self._columns[best])) > 1 or depths[best] >= MIN_DEPTH:
            return best
        return None

    def _part_of_date(self, kind: str, kinds: tuple[object, ...]) -> tuple[str, str]:
        whole = "day" in kinds
        # A pattern with `y` needs the day, too: a year and a month alone are no date.
        names = {"year": "y", "month": "m", "day": "d"} if whole else {"year": "tahun"}
        name = self._name(names.get(kind, "bulan"))
        digits = r"\d{4}" if kind == "year" else r"\d{1,2}"
        self._day = f"{self._day}/{{{name}}}".lstrip("/")
        return f"(?P<{name}>{digits})", f"{{{name}}}"

    def _number(self, values: Sequence[str]) -> tuple[str, str]:
        if all(map(_STAMPED.fullmatch, values)):
            self._key = self._key or "{id}"
            date = self._inner_date(values)
            return f"(?P<{self._name('id')}>{date}[\\d-]+)", "{id}"
        if self._day and all(map(_TIME.fullmatch, values)) and "hms" not in self._names:
            return f"(?P<{self._name('hms')}>\\d{{6}})", "{hms}"
        if all(map(_DAY.fullmatch, values)) and not self._day:
            self._day = "{y}{m}{d}"
            self._names += ["y", "m", "d"]
            return r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", self._day
        if self._is_key(values):
            return f"(?P<{self._name('id')}>\\d+)", self._as_key("id")
        name = self._name("nomor")
        return f"(?P<{name}>\\d+)", f"{{{name}}}"

    def _inner_date(self, values: Sequence[str]) -> str:
        """Return the pattern of the day, or time, at the beginning of a compound key."""
        self._names += ["y", "m", "d"]
        date = r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"
        if all(re.match(rf"\d{{8}}{_TIME.pattern}(?!\d)", value) for value in values):
            self._names.append("hms")
            date += r"(?P<hms>\d{6})"
        return date

    def _slug(self, values: Sequence[str], slug: int) -> tuple[str, str]:
        """Return the segment with the story's words, and its key where that is in it."""
        if not self._key and not self._numbered(slug):
            for form, pattern, template in _KEYED_SLUGS:
                keys = [match["key"] for match in map(form.fullmatch, values) if match]
                if len(keys) == len(values) and self._is_key(keys) and _are_keys(form, keys):
                    key = r"\d+" if form in (_KEY_LAST, _KEY_FIRST) else _code_pattern(keys)
                    sign = self._separator(values, form)
                    self._name("id"), self._name("slug")
                    self._as_key("id")
                    return (
                        pattern.format(key=key, sign=_literal(sign)),
                        template.format(sign=sign),
                    )
        name = self._name("slug")
        if self._key or self._day or self._numbered(slug):
            return f"(?P<{name}>[^/]+)", "{slug}"
        return f"(?P<{name}>{self._words(values, slug)})", "{slug}"

    def _words(self, values: Sequence[str], slug: int) -> str:
        """Return the pattern of a slug that alone says that an address is a story's."""
        fewest = min(map(_depth, values))
        addresses = map(_parsed, self._others)
        others = [
            _depth(address.segments[slug])
            for address in addresses
            if len(address.segments) == len(self._columns)
        ]
        more = max((depth for depth in others if depth < fewest), default=0) + 1
        words = max(min(fewest, MIN_DEPTH + 1), min(more, fewest), 2)
        return rf"[^/_-]+(?:[-_][^/_-]+){{{words - 1},}}-?"

    def _numbered(self, slug: int) -> bool:
        """Whether a segment of its own, before or behind the words, is the story's key."""
        columns = [values for place, values in enumerate(self._columns) if place != slug]
        return any(
            self._is_key(values)
            and (
                all(value.isdigit() and len(value) > 2 for value in values)
                or _are_codes(values)
                or all(map(_STAMPED.fullmatch, values))
                or _marked(values)
            )
            for values in columns
        )

    def _word(self, values: Sequence[str], place: int, slug: int | None) -> tuple[str, str]:
        """Return a segment that is a code, a fixed word or a channel."""
        mark = _marked(values)
        if mark and self._is_key([value.removeprefix(mark) for value in values]):
            key = self._as_key("id")
            return f"{_literal(mark)}(?P<{self._name('id')}>\\d+)", mark + key
        if _are_codes(values) and self._is_key(values) and not self._key:
            key = self._as_key("id")
            return f"(?P<{self._name('id')}>{_code_pattern(values)})", key
        first = values[0]
        same = set(values) == {first}
        fixed = first in _FIXED or not first or bool(self._parameter)
        if same and (fixed or len(values) >= FIXED_IN or place == slug):
            return _literal(first), first
        name = self._name("kanal", "rubrik", "bagian", "ruang")
        return f"(?P<{name}>[A-Za-z0-9_-]+)", f"{{{name}}}"

    def _separator(self, values: Sequence[str], form: re.Pattern[str]) -> str:
        """Return the character between the words and the key."""
        at_end = form in (_KEY_LAST, _CODE_LAST)
        signs = Counter(re.split(r"[^-_,.]+", value)[-2 if at_end else 1][-1:] for value in values)
        return signs.most_common(1)[0][0] or "-"

    def _is_key(self, values: Sequence[str]) -> bool:
        """Whether each story has a value of its own."""
        return len(set(values)) >= 0.9 * len(self._links)

    def _as_key(self, name: str) -> str:
        self._key = self._key or f"{{{name}}}"
        return f"{{{name}}}"

    def _name(self, *names: str) -> str:
        """Return the first of the names that is not taken, and take it."""
        free = next((name for name in names if name not in self._names), None)
        name = free or f"{names[-1]}{len(self._names)}"
        self._names.append(name)
        return name

    def _story_id(self) -> str:
        if self._key:
            return self._key
        if "hms" in self._names:
            channel = "{kanal}/" if "kanal" in self._names else ""
            return f"{channel}{{y}}{{m}}{{d}}{{hms}}"
        if "slug" in self._names:
            return f"{self._day}/{{slug}}".lstrip("/")
        return "/".join(f"{{{name}}}" for name in self._names)


_KEYED_SLUGS = (
    (_KEY_LAST, "(?P<slug>[^/]+?){sign}(?P<id>{key})", "{{slug}}{sign}{{id}}"),
    (_KEY_FIRST, "(?P<id>{key}){sign}(?P<slug>[^/]+)", "{{id}}{sign}{{slug}}"),
    (_CODE_FIRST, "(?P<id>{key}){sign}(?P<slug>[^/]+)", "{{id}}{sign}{{slug}}"),
    (_CODE_LAST, "(?P<slug>[^/]+){sign}(?P<id>{key})", "{{slug}}{sign}{{id}}"),
)
"""(form, pattern of the segment, its template): a key behind or before a story's words."""


def _literal(text: str) -> str:
    """Return the pattern of a text, readable: a hyphen is no special character in it."""
    return re.escape(text).replace(r"\-", "-")


def _without_sign(prefix: str) -> str:
    """Return what stands before the domain in a host, without `www.` and the like."""
    return "" if prefix in _HOST_SIGNS else prefix


def _are_codes(values: Sequence[str]) -> bool:
    """Whether values are codes of letters and digits: most have both, all are of a length."""
    if not all(map(_ALNUM.fullmatch, values)) or all(value.isdigit() for value in values):
        return False
    lengths = [len(value) for value in values]
    mixed = sum(1 for value in values if _CODE.fullmatch(value))
    return max(lengths) - min(lengths) <= 4 and mixed >= 0.7 * len(values)


def _are_keys(form: re.Pattern[str], keys: Sequence[str]) -> bool:
    """Whether what stands where a form has the key is one, and no word or year."""
    if form in (_KEY_LAST, _KEY_FIRST):
        return any(len(key) > 4 or not _YEAR.fullmatch(key) for key in keys) and len(keys) > 1
    lengths = {len(key) for key in keys}
    return len(lengths) == 1 and len(keys) > 2 and _are_codes(keys)


def _code_pattern(values: Sequence[str]) -> str:
    shortest, longest = min(map(len, values)), max(map(len, values))
    letters = "A-Za-z" if any(value != value.lower() for value in values) else "a-z"
    return f"[{letters}0-9]{{{shortest},{max(longest, shortest + 2)}}}"


def _marked(values: Sequence[str]) -> str:
    """Return the mark that stands before the number of each value, as in `d-7654321`."""
    found = [_MARKED_KEY.fullmatch(value) for value in values]
    marks = {match["mark"] for match in found if match}
    return marks.pop() if all(found) and len(marks) == 1 else ""


def matches(site: Site, url: str) -> bool:
    """Whether an address is that of a story by a profile."""
    return isinstance(site.identify(url), Identity)
