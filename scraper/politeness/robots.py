"""robots.txt as RFC 9309 reads it, and what it, the headers and the page say about text and data
mining.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from protego import Protego

PRODUCT = "warta"
"""The product token that robots.txt rules are matched against."""

MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: a parser must read at least this much

AI_CRAWLERS = (
    "GPTBot",
    "CCBot",
    "Google-Extended",
    "ClaudeBot",
    "anthropic-ai",
    "Claude-Web",
    "PerplexityBot",
    "Bytespider",
    "Applebot-Extended",
    "meta-externalagent",
    "FacebookBot",
    "Amazonbot",
    "cohere-ai",
    "Diffbot",
    "omgili",
    "AI2Bot",
    "ImagesiftBot",
    "Timpibot",
)
"""Crawlers that collect text for training; a site that shuts one out opts out of it."""

_NOAI = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The line of a robots.txt that decides."""

    group: str
    """The user agent that it speaks to, in lower case; `*` for everybody."""
    line: int
    """From 1."""
    text: str


_Rule = tuple[int, str, str]
"""(line, `allow` or `disallow`, value)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsTxt:
    """The rules of one host, or why they could not be had."""

    status: int | None
    """None where no answer came."""
    reason: str | None = None
    """Why no answer came: a code of archive.ledger.wording."""
    text: str = field(default="", repr=False)
    rules: Protego | None = field(default=None, repr=False)

    @property
    def unavailable(self) -> bool:
        """RFC 9309, 2.3.1.4: a server error means complete disallow until later, as does 429 here."""
        return self.status is None or self.status >= 500 or self.status == 429

    def allows(self, url: str) -> bool:
        """Whether we may ask for the URL; a missing robots.txt (4xx) allows all."""
        return not self.unavailable and (
            self.rules is None or bool(self.rules.can_fetch(url, PRODUCT))
        )

    @property
    def crawl_delay(self) -> float:
        """Seconds between requests that the host asks of us; 0 for none."""
        return float((self.rules.crawl_delay(PRODUCT) if self.rules else None) or 0)

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Sitemaps that it announces."""
        return tuple(self.rules.sitemaps) if self.rules else ()

    def shuts_out(self, url: str) -> str | None:
        """The first AI crawler that may not fetch the URL although everybody else may; None where
        none is shut out.
        """
        if self.rules is None:
            return None
        return next((agent for agent in AI_CRAWLERS if not self.rules.can_fetch(url, agent)), None)

    def all_shut_out(self, url: str) -> tuple[str, ...]:
        """Every AI crawler that may not fetch the URL."""
        return tuple(
            agent
            for agent in AI_CRAWLERS
            if self.rules is not None and not self.rules.can_fetch(url, agent)
        )

    @property
    def group(self) -> str | None:
        """The user agent, in lower case, of the group that speaks to us; `*` for everybody's, None
        for none.
        """
        ours = [
            agent
            for agents, _rules in _groups(self.text)
            for agent in agents
            if agent == "*" or (agent and PRODUCT.startswith(agent))
        ]
        return max(ours, key=lambda name: 0 if name == "*" else len(name), default=None)

    def ruling(self, url: str) -> Ruling | None:
        """The line that decides about the URL for us; None where no line does."""
        group = self.group
        told = [
            rule
            for agents, rules in _groups(self.text)
            if group in agents
            for rule in rules
            if _fits(rule, url)
        ]
        if group is None or not told:
            return None
        line, kind, value = max(told, key=lambda rule: (len(rule[2]), rule[1] == "allow"))
        return (
            Ruling(group=group, line=line, text=f"{kind.capitalize()}: {value}")
            if (kind == "allow") == self.allows(url)
            else None
        )


def _groups(text: str) -> Iterator[tuple[list[str], list[_Rule]]]:
    """The groups of a file: the user agents that each speaks to, and its rules with their lines."""
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
            agents.append(value.lower())
        elif colon and name != "sitemap":
            began = True
            if name in ("allow", "disallow") and value:
                rules.append((number, name, value))
    yield agents, rules


def _fits(rule: _Rule, url: str) -> bool:
    """Whether a rule speaks of the URL, as the parser itself sees it."""
    return not Protego.parse(f"User-agent: *\nDisallow: {rule[2]}").can_fetch(url, PRODUCT)


def parse_robots(status: int | None, body: bytes) -> RobotsTxt:
    """The rules of an answer; a broken file is read as far as it is readable."""
    text = body[:MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff")
    readable = status is not None and 200 <= status < 300
    return RobotsTxt(
        status=status,
        text=text if readable else "",
        rules=Protego.parse(text) if readable else None,
    )


def opted_out(
    url: str, robots: RobotsTxt | None, headers: Mapping[str, str], metas: Mapping[str, str]
) -> str | None:
    """The rule by which a page opts out of text and data mining; None where none does.

    `headers` and `metas` by names in lower case. Sources: robots.txt rules for AI crawlers; `noai`
    in X-Robots-Tag or meta robots; `tdm-reservation: 1` as header or meta tag (TDM Reservation
    Protocol, W3C Community Group 2024).
    """
    agent = robots.shuts_out(url) if robots is not None else None
    if agent is not None:
        return f"robots.txt: {agent}"
    if headers.get("tdm-reservation", "").strip() == "1":
        return "header tdm-reservation: 1"
    if metas.get("tdm-reservation", "").strip() == "1":
        return "meta tdm-reservation: 1"
    if _NOAI.search(headers.get("x-robots-tag", "")):
        return "header x-robots-tag: noai"
    if _NOAI.search(metas.get("robots", "")):
        return "meta robots: noai"
    return None
