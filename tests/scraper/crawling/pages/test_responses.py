"""Every answer that is no story has its reason."""

import pytest
from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import HtmlResponse, Response
from twisted.python.failure import Failure
from twisted.web._newclient import ResponseFailed

from archive.ledger.wording import REASONS
from scraper.crawling.responses import ProxyFailed, Refused, refusal_of_content, refusal_of_error
from scraper.ingest.answers import refusal_of_status


def response(body: bytes, content_type: str | None = "text/html; charset=utf-8") -> Response:
    headers = {"Content-Type": content_type} if content_type is not None else {}
    return HtmlResponse("https://rmol.id/read/2024/11/21/645691/x", body=body, headers=headers)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (200, None),
        (203, None),
        (299, None),
        (301, "http_other"),
        (304, "http_other"),
        (400, "http_other"),
        (401, "http_401"),
        (402, "http_402"),
        (403, "http_403"),
        (404, "http_404"),
        (410, "http_410"),
        (418, "http_other"),
        (429, "http_429"),
        (451, "http_451"),
        (500, "http_5xx"),
        (503, "http_5xx"),
        (522, "http_5xx"),
    ],
)
def test_a_status_that_is_no_page_has_its_reason(status: int, reason: str | None) -> None:
    assert refusal_of_status(status) == reason
    assert reason is None or reason in REASONS


# Body, Content-Type and reason
CONTENTS = [
    (b"<html><p>Sawah.</p></html>", "text/html", None),
    (b"<html><p>Sawah.</p></html>", "TEXT/HTML;charset=UTF-8", None),
    (b"<html><p>Sawah.</p></html>", "application/xhtml+xml", None),
    (b"<html><p>Sawah.</p></html>", "text/plain", None),
    (b"<html><p>Sawah.</p></html>", "application/octet-stream", None),
    (b"<html><p>Sawah.</p></html>", "", None),
    (b"<html><p>Sawah.</p></html>", None, None),
    (b"<html>\x00<p>Sawah.</p></html>", "text/html", None),
    (b"", "text/html", "empty_page"),
    (b" \r\n\t", "text/html", "empty_page"),
    (b"{}", "application/json", "not_html"),
    (b"<rss/>", "application/rss+xml", "not_html"),
    (b"\xff\xd8\xff\xe0", "image/jpeg", "not_html"),
    (b"%PDF-1.7 ...", "application/pdf", "not_html"),
    # The header lies, the bytes do not.
    (b"%PDF-1.7 ...", "text/html", "not_html"),
    (b"\x89PNG\r\n\x1a\n", "text/html", "not_html"),
    (b"\xff\xd8\xff\xe0", None, "not_html"),
    (b"PK\x03\x04arsip", "text/html", "not_html"),
    (b"\x1f\x8b\x08\x00", "text/html", "not_html"),
    (b"\x00\x00\x00\x20ftypmp42", "text/html", "not_html"),
    (b"abc\x00\x00\x00\x00def", "text/html", "not_html"),
]


@pytest.mark.parametrize(("body", "content_type", "reason"), CONTENTS)
def test_an_answer_that_holds_no_page_has_its_reason(
    body: bytes, content_type: str | None, reason: str | None
) -> None:
    assert refusal_of_content(response(body, content_type)) == reason


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


ERRORS = [
    (DownloadTimeoutError("lambat"), "timeout"),
    (TimeoutError("lambat"), "timeout"),
    (CannotResolveHostError("tak ada"), "dns_failed"),
    (DownloadConnectionRefusedError("ditolak"), "connection_refused"),
    (ProxyFailed("ditolak"), "proxy_failed"),
    (ConnectionResetError("putus"), "connection_failed"),
    (DownloadFailedError("putus"), "connection_failed"),
    (DownloadCancelledError("terlalu besar"), "too_large"),
    (ValueError("Expected response size larger than download max size (10)"), "too_large"),
    (IgnoreRequest("max redirections reached"), "redirect_loop"),
    (Refused("robots_forbidden"), "robots_forbidden"),
    (Refused("private_address"), "private_address"),
    (
        ResponseFailed([Failure(SSL.Error([("ssl", "handshake", "certificate verify failed")]))]),
        "tls_failed",
    ),
    (caused(DownloadFailedError("gagal"), SSL.Error()), "tls_failed"),
    (caused(DownloadFailedError("gagal"), ResponseFailed([Failure(SSL.Error())])), "tls_failed"),
    (
        caused(DownloadFailedError("gagal"), ResponseFailed([Failure(ConnectionResetError())])),
        "connection_failed",
    ),
]


@pytest.mark.parametrize(
    ("error", "reason"),
    ERRORS,
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_request_without_an_answer_has_its_reason(error: Exception, reason: str) -> None:
    assert refusal_of_error(Failure(error)) == reason
    assert reason in REASONS
