"""What a page may cost to read: sizes beyond which no article needs more, each with its reason.

Whatever a limit cuts off is named by a warning of the article. The limits are several times what
the largest story of a news site has; the time of a reading grows with the size of its page alone.
"""

MAX_TAGS = 60_000
"""Tags of a page, opening and closing; the rest of the page is not read (`cut_page`). Pages of
stories have 1,000 to 5,000, tables of election results 50,000.
"""
MAX_ATTRIBUTES = 256
"""Attributes of a tag; the rest are dropped (`cut_attributes`). libxml2 compares each attribute of
a tag with all the others.
"""
MAX_CLASSES = 2_000
"""Characters of a class or an id; the rest is dropped (`cut_attributes`). Each selector searches
them, and paragraphs keep them.
"""
MAX_CONTEXT = 1_000
"""Characters of the classes and ids around one paragraph, the inner ones dropped."""
MAX_CONTEXTS = 500
"""Different classes around the paragraphs of a page that are judged; a story has a dozen.
"""
MAX_PARAGRAPHS = 5_000
"""Paragraphs of a page; the rest is dropped (`cut_paragraphs`). No story has a tenth of it."""
MAX_SEARCHED = 100_000
"""Nodes of a page that trafilatura searches where no prose was found, each counted for itself and
every node around it, as the links below each container are (`cut_page`). Stories have 40,000.
"""
MAX_LINKS = 100
"""Links of a paragraph that are compared with other stories' addresses; further ones only count as
linked text.
"""
MAX_MATCHES = 500
"""Nodes that a selector for fields returns; a page names fewer authors and tags."""
MAX_FIELD_NODES = 500
"""Nodes below one that holds a field of the article; the text of the first ones is read."""
MAX_FIELD = 10_000
"""Characters of any field outside the body before it is read."""
MAX_HEADLINE = 500
"""Characters of headline, kicker and section; the rest is dropped (`cut_field`)."""
MAX_BYLINE = 1_000
"""Characters of a byline; the rest is dropped (`cut_field`). Ten authors with their titles need
300.
"""
MAX_NAMES = 50
"""Authors, editors or tags of an article; the rest is dropped (`cut_field`)."""
MAX_DATE = 200
"""Characters of a date for machines; a longer text is none."""
MAX_SITE_NAME = 100
"""Characters of an unknown site's own name; a longer one is not looked for in headlines."""
MAX_JSON_LD = 500_000
"""Characters of a JSON-LD block; a longer one is not read (`cut_json_ld`)."""
MAX_JSON_LD_BLOCKS = 50
"""JSON-LD blocks of a page; further ones are not read (`cut_json_ld`). Stories have one to five."""
MAX_JSON_LD_DEPTH = 50
"""Nesting of `@graph` and lists in a JSON-LD block (`cut_json_ld`); one level is usual."""
MAX_JSON_LD_OBJECTS = 1_000
"""Objects in a row in a JSON-LD block that is no valid JSON; further ones are not read."""
