"""Responses that are no page of a story; reasons are codes of archive.ledger.wording."""

from collections.abc import Iterable

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response
from twisted.python.failure import Failure

from scraper.ingest.answers import refusal_of_body
from scraper.ingest.whole import ends_as_html

PROXY_LOGIN = 407
"""A status of proxies alone (RFC 9110, 15.5.8)."""

NOT_SENT = ("pause_requested", "lease_lost")
"""Reasons of requests that were not sent for a while: what they were for stays due."""

CUT = "cut"
"""Flag of a response whose compressed body ended early: what there is of it was unpacked."""
_TRAILERS = "Trailer headers data is too long"
"""Of Twisted's error for what follows a chunked body."""


class Refused(IgnoreRequest):
    """Ends a request; `reason` is a code of archive.ledger.wording."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProxyFailed(DownloadFailedError):
    """Ends a request that its proxy did not take, or did not pass on; Scrapy retries it."""


class HeadersTooLarge(Exception):
    """Ends a request whose response has more headers than any page needs."""


def refusal_of_content(response: Response) -> str | None:
    """Reason why a response of status 2xx has no page; None if it has one."""
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return refusal_of_body(response.body, content_type)


def is_incomplete(response: Response) -> bool:
    """Whether a response of status 2xx is not a whole page.

    Of those whose end only the end of the connection shows (Scrapy's flag `partial`), the whole
    ones end with `</html>`.
    """
    return is_cut(response) or ("partial" in response.flags and not ends_as_html(response.body))


def is_cut(response: Response) -> bool:
    """Whether a response is a part of one, or certainly ended early.

    Scrapy flags a body that is shorter than its Content-Length or whose last chunk is missing.
    """
    return response.status == 206 or not {*response.flags}.isdisjoint(("dataloss", CUT))


def refusal_of_error(failure: Failure) -> str:
    """Reason of a request that got no response."""
    error = failure.value
    assert error is not None
    if isinstance(error, Refused):
        return error.reason
    causes = list(_causes(error))
    for kind, reason in _ERRORS:
        if isinstance(error, kind):
            return reason
    text = str(error)
    if "DOWNLOAD_MAXSIZE" in text or "download max size" in text:
        return "too_large"
    if "max redirections" in text:
        return "redirect_loop"
    if any(isinstance(cause, HeadersTooLarge) or _TRAILERS in str(cause) for cause in causes):
        return "headers_too_large"
    by_tls = any(isinstance(cause, SSL.Error) for cause in causes)
    return "tls_failed" if by_tls else "connection_failed"


def _causes(error: BaseException) -> Iterable[BaseException]:
    """Yield the error and its causes, including Twisted's lists of reasons."""
    yield error
    for inner in getattr(error, "reasons", None) or ():
        yield from _causes(inner.value)
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)


_ERRORS: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (TimeoutError, "timeout"),
    (CannotResolveHostError, "dns_failed"),
    (DownloadConnectionRefusedError, "connection_refused"),
    (ProxyFailed, "proxy_failed"),
    (DownloadCancelledError, "too_large"),
)
