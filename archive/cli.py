"""The commands that need no Scrapy and no profile; each is imported when it is used."""

from __future__ import annotations

COMMANDS = {
    "show": ("archive.commands.show:show", "One article as it stands, or stood."),
    "log": ("archive.commands.log:log", "The revisions of an article."),
    "diff": ("archive.commands.diff:diff", "What changed, word by word."),
    "search": ("archive.commands.search:search", "Full text of the newest revisions."),
    "explain": ("archive.commands.explain:explain", "A URL's whole life."),
    "stats": ("archive.commands.stats:stats", "Counts and bytes."),
    "clusters": ("archive.commands.clusters:clusters", "Stories that ran more than once."),
    "cluster": ("archive.commands.cluster:cluster", "Who ran a story, when, how much of it."),
    "syndication": ("archive.commands.syndication:syndication", "Who runs whose stories."),
    "verify": ("archive.commands.verify:verify", "Check every text and every kept page."),
    "backup": ("archive.commands.backup:backup", "A safe copy, also while a crawl runs."),
    "remove": ("archive.commands.remove:remove", "Take a story down for good."),
    "compact": ("archive.commands.compact:compact", "Rewrite the file without its free room."),
    "corpus": ("archive.commands.corpus:corpus", "A clean training corpus."),
    "coverage": ("archive.commands.coverage:coverage", "What was announced against what is kept."),
}
"""Name -> (module:attribute, the line in the list of commands)."""
