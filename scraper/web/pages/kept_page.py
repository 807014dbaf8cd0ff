"""The bytes of a page as its server sent them, for the reader's own browser."""

from archive.archive import Archive
from archive.errors import ArchiveDamaged
from archive.revisions.evidence import belongs_to
from scraper.web.view import Answer, PageError, Request

SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline' data:; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script runs, nothing is loaded from elsewhere, and the page has an origin of its own."""

_HTML = ("text/html", "application/xhtml+xml")


def kept_page(archive: Archive, request: Request) -> Answer:
    """Return the kept bytes of a story's page."""
    number, snapshot = request.number("id"), request.number("snapshot")
    if not belongs_to(archive.db, snapshot, number):
        raise PageError(
            404, "Article {number} has no page {snapshot}.", number=number, snapshot=snapshot
        )
    try:
        page = archive.page(snapshot)
    except ArchiveDamaged as error:
        raise PageError(
            503,
            "The kept bytes of this page are damaged.",
            next_step="`warta verify` shows details.",
        ) from error
    sent = page.headers.get("content-type", "")
    content_type = sent if sent.partition(";")[0].strip().lower() in _HTML else "text/plain"
    return Answer(
        body=page.body,
        content_type=_visible(content_type),
        headers={"content-security-policy": SANDBOX},
    )


def _visible(value: str) -> str:
    """Return what of a server's header may be sent on: visible ASCII."""
    return "".join(letter for letter in value if " " <= letter <= "~")
