"""Pages that set a cookie and send the visitor back to themselves, as browsers follow them."""

from http.cookies import CookieError, SimpleCookie

from scrapy import Request
from scrapy.http import Response

from archive.identity import joined_url

MAX_COOKIES = 4_096
"""Bytes of a Cookie header; browsers keep as many of one cookie."""


class CookieWallMiddleware:
    """Sends such a request once more, with the cookies that its own response set.

    They are kept for that request alone: no later request carries any cookie.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Called by Scrapy, before a redirect is followed."""
        location = (response.headers.get("Location") or b"").decode("latin-1")
        itself = 300 <= response.status < 400 and joined_url(request.url, location) == request.url
        if not itself or "Cookie" in request.headers:
            return response
        cookies = _cookies(response.headers.getlist("Set-Cookie"))
        if not 0 < len(cookies) <= MAX_COOKIES:
            return response
        again = request.replace(dont_filter=True)
        again.headers["Cookie"] = cookies
        return again


def _cookies(lines: list[bytes]) -> str:
    pairs: dict[str, str] = {}
    for line in lines:
        try:
            found = SimpleCookie(line.decode("latin-1"))
        except CookieError:
            continue
        pairs |= {name: morsel.coded_value for name, morsel in found.items()}
    return "; ".join(f"{name}={value}" for name, value in pairs.items())
