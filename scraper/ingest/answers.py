"""Which answers of a server are no page; reasons are codes of archive.ledger.wording."""

import re

_KNOWN_STATUS = {401, 402, 403, 404, 410, 429, 451}
_HTML_TYPES = re.compile(
    r"^(?:text/html|application/xhtml\+xml|text/plain|application/octet-stream|)\s*(?:;|$)",
    re.IGNORECASE,
)
_BINARY = re.compile(
    rb"^(?:%PDF-|\x89PNG|\xff\xd8\xff|GIF8|PK\x03\x04|RIFF|\x1f\x8b|\x00\x00\x00.ftyp)", re.DOTALL
)


def refusal_of_status(status: int) -> str | None:
    """Reason of a status that has no page; None for 2xx."""
    if 200 <= status < 300:
        return None
    if status in _KNOWN_STATUS:
        return f"http_{status}"
    return "http_5xx" if status >= 500 else "http_other"


def refusal_of_type(content_type: str) -> str | None:
    """Reason why a response of this Content-Type is no page; None if it may be one."""
    return None if _HTML_TYPES.match(content_type) else "not_html"


def refusal_of_body(body: bytes, content_type: str) -> str | None:
    """Reason why a body that came with status 2xx is no page; None if it is one."""
    if not body.strip():
        return "empty_page"
    if _BINARY.match(body) or b"\0\0\0" in body[:1000]:
        return "not_html"
    return refusal_of_type(content_type)
