"""The commands that need no Scrapy and no profile; each is imported when it is used."""

from __future__ import annotations

COMMANDS = {
    "show": ("scraper.cli.reading.show:show", "One article as it stands, or stood."),
    "log": ("scraper.cli.reading.log:log", "The revisions of an article."),
    "diff": ("scraper.cli.reading.diff:diff", "What changed, word by word."),
    "search": ("scraper.cli.reading.search:search", "Full text of the newest revisions."),
    "explain": ("scraper.cli.reading.explain:explain", "A URL's whole life."),
    "stats": ("scraper.cli.reading.stats:stats", "Counts and bytes."),
    "help": ("scraper.cli.reading.help:help_command", "The manual, topic by topic."),
    "clusters": ("scraper.cli.reading.clusters:clusters", "Stories that ran more than once."),
    "cluster": ("scraper.cli.reading.cluster:cluster", "Who ran a story, when, how much of it."),
    "syndication": ("scraper.cli.reading.syndication:syndication", "Who runs whose stories."),
    "verify": ("scraper.cli.maintenance.verify:verify", "Check every text and every kept page."),
    "backup": ("scraper.cli.maintenance.backup:backup", "A safe copy, also while a crawl runs."),
    "remove": ("scraper.cli.maintenance.remove:remove", "Take a story down for good."),
    "compact": (
        "scraper.cli.maintenance.compact:compact",
        "Rewrite the file without its free room.",
    ),
    "corpus": ("scraper.cli.corpus.corpus:corpus", "A clean training corpus."),
    "coverage": (
        "scraper.cli.running.coverage:coverage",
        "What was announced against what is kept.",
    ),
}
"""Name -> (module:attribute, the line in the list of commands)."""
