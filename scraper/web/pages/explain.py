"""The whole history of an address, in sentences."""

from archive.archive import Archive
from archive.errors import ArticleUnknown
from archive.revisions import queries
from archive.revisions.narration import sentences
from scraper.spiders import story_of
from scraper.web.parts import parts, shown
from scraper.web.view import PageError, Request, View


def explain(archive: Archive, request: Request) -> View:
    """Show what is known of an address: who announced it, each check, why it is due or not."""
    url = request.text("url")
    if not url:
        return View(template="explain.html", values={"url": "", "life": None})
    try:
        life = queries.life_of(archive.db, url, story_of)
    except ArticleUnknown as error:
        raise PageError(
            404,
            "This address is not in the ledger: no source announced it, and nobody crawled it.",
            next_step="Check its spelling; `warta crawl` requests only stories of known sites.",
        ) from error
    return View(
        template="explain.html",
        values={"url": url, "life": life},
        shown=shown(request, parts(("", line) for line in sentences(life))),
    )
