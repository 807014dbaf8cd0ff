"""robots.txt by RFC 9309; opt-outs from text and data mining by it, headers and meta tags."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego
from w3lib.url import safe_url_string

from archive.identity import joined_url

PRODUCT = "warta"
"""The product token that robots.txt rules are matched against."""

MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: a parser must read at least this much

AI_CRAWLERS = (
    *("GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "anthropic-ai", "Claude-Web"),
    *("PerplexityBot", "Bytespider", "Applebot-Extended", "meta-externalagent", "FacebookBot"),
    *("Amazonbot", "cohere-ai", "Diffbot", "omgili", "AI2Bot", "ImagesiftBot", "Timpibot"),
)
"""Crawlers that collect training data; a site that excludes one opts out of text mining."""

SIGNALS = ("ai-train", "ai-input", "train-ai")
"""Uses that `Content-Signal` (contentsignals.org) and `Content-Usage` (IETF, AIPREF) name and that
are text and data mining; `search` is none.
"""

_SIGNAL = re.compile(
    rf"(?<![\w-])({'|'.join(SIGNALS)})\s*=\s*(?:no?|0|false)(?![\w-])", re.IGNORECASE
)
_USER_AGENT = re.compile(r"user(?:-|\s*)agent(?:\s*:|\s)(.*)", re.IGNORECASE)
_OTHERS = "another crawler"
_NOAI = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The line of a robots.txt that decides about a URL."""

    group: str
    """The user agent of its group, in lower case; `*` for all."""
    line: int
    """From 1."""
    text: str


_Rule = tuple[int, str, str]
"""(line, `allow`, `disallow` or one of _SIGNAL_LINES, value)"""
_SIGNAL_LINES = ("content-signal", "content-usage")


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsTxt:
    """The rules of one host, or why they are unavailable."""

    status: int | None
    """HTTP status; None if there was no response."""
    reason: str | None = None
    """Why there was no response: a code of archive.ledger.wording."""
    url: str = ""
    """Its own address, which its Sitemap lines may be relative to."""
    text: str = field(default="", repr=False)
    rules: Protego | None = field(default=None, repr=False)
    signals: tuple[tuple[str, str], ...] = ()
    """(beginning of a path, signal against text mining) for us or for all."""

    @property
    def refusal(self) -> str:
        """Why what it does not allow is refused: a code of archive.ledger.wording."""
        if self.status is None and self.reason is not None:
            return self.reason
        if self.unavailable:
            return "robots_unavailable"
        return "robots_forbidden"

    @property
    def unavailable(self) -> bool:
        """Whether nothing is allowed until it answers: 5xx (RFC 9309, 2.3.1.4), 429, silence."""
        return self.status is None or self.status >= 500 or self.status == 429

    def allows(self, url: str) -> bool:
        """Whether we may request the URL; a missing robots.txt (4xx) allows all."""
        if self.unavailable:
            return False
        return self.rules is None or bool(self.rules.can_fetch(url, PRODUCT))

    @property
    def crawl_delay(self) -> float:
        """Seconds between requests that the host requires of us; 0 for none."""
        if self.rules is None:
            return 0.0
        return float(self.rules.crawl_delay(PRODUCT) or 0)

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Absolute URLs of its Sitemap lines, each once, as they are requested."""
        lines = self.rules.sitemaps if self.rules else ()
        named = (_requested(self.url, line) for line in lines)
        return tuple(dict.fromkeys(filter(None, named)))

    def excluded(self, url: str) -> Iterator[str]:
        """Every AI crawler that may not fetch the URL, in the order of AI_CRAWLERS."""
        if (rules := self.rules) is not None:
            yield from (agent for agent in AI_CRAWLERS if not rules.can_fetch(url, agent))

    def opt_out(self, url: str) -> str | None:
        """The rule by which robots.txt opts the URL out of text mining; None if it does not."""
        agent = next(self.excluded(url), None)
        named = agent or self.signal(url)
        return f"robots.txt: {named}" if named is not None else None

    def signal(self, url: str) -> str | None:
        """The content signal for us or for all that forbids text mining; None for none."""
        path = urlsplit(url).path or "/"
        return next((signal for about, signal in self.signals if path.startswith(about)), None)

    @property
    def group(self) -> str | None:
        """The user agent, in lower case, of the group that applies to us; None for none."""
        ours = [
            agent
            for agents, _rules in _groups(self.text)
            for agent in agents
            if agent in ("*", PRODUCT)
        ]
        return max(ours, key=lambda name: len(name.strip("*")), default=None)

    def ruling(self, url: str) -> Ruling | None:
        """The line that decides about the URL for us; None if no line does."""
        group = self.group
        fitting = [
            rule
            for agents, rules in _groups(self.text)
            if group in agents
            for rule in rules
            if rule[1] in ("allow", "disallow") and _fits(rule, url)
        ]
        if group is None or not fitting:
            return None
        line, kind, value = max(fitting, key=lambda rule: (len(rule[2]), rule[1] == "allow"))
        if (kind == "allow") != self.allows(url):
            return None
        return Ruling(group=group, line=line, text=f"{kind.capitalize()}: {value}")


def _groups(text: str) -> Iterator[tuple[list[str], list[_Rule]]]:
    """Yield the groups of a file: user agents, and rules with their line numbers."""
    agents: list[str] = []
    rules: list[_Rule] = []
    began = False  # a rule of any kind ends the list of user agents
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent" and colon:
            if began:
                yield agents, rules
                agents, rules, began = [], [], False
            agents.append(_token(value))
        elif colon and name != "sitemap":
            began = True
            if name in ("allow", "disallow", *_SIGNAL_LINES) and value:
                rules.append((number, name, value))
    yield agents, rules


def _signals(text: str) -> Iterator[tuple[str, str]]:
    """Yield the content signals against text mining; AIPREF's may begin with a path."""
    for agents, rules in _groups(text):
        if {PRODUCT, "*"}.isdisjoint(agents):
            continue
        for _line, kind, value in rules:
            if kind in _SIGNAL_LINES and (found := _SIGNAL.search(value)):
                about = value.split()[0] if value.startswith("/") else "/"
                yield about, f"{found[1].lower()}=no"


def _token(agent: str) -> str:
    """Return the product token of a user agent, in lower case; `*` stays."""
    return re.split(r"[/\s]", agent.lower(), maxsplit=1)[0]


def _fits(rule: _Rule, url: str) -> bool:
    """Whether the parser applies a rule to the URL."""
    return not Protego.parse(f"User-agent: *\nDisallow: {rule[2]}").can_fetch(url, PRODUCT)


def _requested(base: str, line: str) -> str | None:
    """The URL of a Sitemap line (absolute, relative or without its scheme) as it is requested.

    None for one that cannot be requested.
    """
    address = line.strip().strip("<>\"'").strip()
    host = urlsplit(base).netloc
    if host and address.lower().startswith((f"{host}/", f"{host.removeprefix('www.')}/")):
        address = f"//{address}"
    if not address or (url := joined_url(base, address)) is None:
        return None
    try:
        return str(safe_url_string(url))
    except ValueError:  # a broken IPv6 address
        return None


def parse_robots(status: int | None, body: bytes, url: str = "") -> RobotsTxt:
    """Parse the response from `url`; a broken file is read as far as it is readable."""
    if len(body) > MAX_BYTES:  # cut at the end of a line: half a rule is another rule
        body = b"".join(body[:MAX_BYTES].splitlines(keepends=True)[:-1])
    text = body.decode("utf-8", "replace").lstrip("\ufeff")
    readable = status is not None and 200 <= status < 300
    if not readable:
        return RobotsTxt(status=status, url=url)
    return RobotsTxt(
        status=status,
        url=url,
        text=text,
        rules=Protego.parse(_relevant(text)),
        signals=tuple(_signals(text)),
    )


def _relevant(text: str) -> str:
    """The file with one name in place of all user agents that are none of ours.

    The parser keeps a list of rules per user agent of a group: thousands of both in one group would
    be millions of rules. It takes the beginning of a name for the name ("war" for "warta"), where
    RFC 9309 (2.2.1) compares whole product tokens.
    """
    lines = text.splitlines()
    agents = [_agent(line) for line in lines]
    deciding = {"*", *(name.lower() for name in (PRODUCT, *AI_CRAWLERS))}
    kept: list[str] = []
    group: set[str] = set()
    for line, agent in zip(lines, agents, strict=True):
        if agent is None:
            kept.append(line)
            if not _is_blank(line):
                group = set()
            continue
        agent = agent if agent in deciding else _OTHERS
        if agent not in group:
            group.add(agent)
            kept.append(f"User-agent: {agent}")
    return "\n".join(kept)


def _agent(line: str) -> str | None:
    """The product token that a line names, as the parser reads it; None for another line."""
    match = _USER_AGENT.match(line.partition("#")[0].strip())
    if match is None:
        return None
    return _token(match[1].strip())


def _is_blank(line: str) -> bool:
    return not line.partition("#")[0].strip()


def opted_out(
    url: str, robots: RobotsTxt | None, headers: Mapping[str, str], metas: Mapping[str, str]
) -> str | None:
    """The rule by which a page opts out of text and data mining; None if none does.

    `headers` and `metas` by names in lower case. Sources: robots.txt rules for AI crawlers; content
    signals in robots.txt or headers; `noai` in X-Robots-Tag or meta robots; `tdm-reservation: 1` as
    header or meta tag (TDM Reservation Protocol, W3C Community Group 2024).
    """
    if robots is not None and (rule := robots.opt_out(url)) is not None:
        return rule
    for name in _SIGNAL_LINES:
        if found := _SIGNAL.search(headers.get(name, "")):
            return f"header {name}: {found[1].lower()}=no"
    if headers.get("tdm-reservation", "").strip() == "1":
        return "header tdm-reservation: 1"
    if metas.get("tdm-reservation", "").strip() == "1":
        return "meta tdm-reservation: 1"
    if _NOAI.search(headers.get("x-robots-tag", "")):
        return "header x-robots-tag: noai"
    if _NOAI.search(metas.get("robots", "")):
        return "meta robots: noai"
    return None
