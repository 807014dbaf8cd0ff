"""A message as JSON by HTTP POST."""

from __future__ import annotations

import json
import ssl
from importlib.metadata import version

import requests
from requests.auth import AuthBase
from requests.utils import get_auth_from_url

from scraper.monitoring.alerts.message import Message, one_line
from scraper.monitoring.alerts.targets import Undelivered, Webhook

TRY_LATER = (408, 425, 429)
"""Answers below 500 that do not mean this message."""


class _NoLogin(AuthBase):
    """Keeps requests from sending what ~/.netrc has for the host."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def post(webhook: Webhook, message: Message) -> None:
    """Send; raises Undelivered. The answer's body is never read, and a redirect never followed.

    The standard proxy variables are honoured.
    """
    login = get_auth_from_url(webhook.url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"warta/{version('warta')}",
        "Idempotency-Key": message.id,
    }
    body = json.dumps(message.as_dict(), ensure_ascii=False).encode(errors="replace")
    try:
        with (
            requests.Session() as session,
            session.post(
                webhook.url,
                data=body,
                headers=headers,
                auth=login if any(login) else _NoLogin(),
                timeout=webhook.timeout,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            status, phrase = answer.status_code, one_line(answer.reason or "", most=60)
    except (requests.RequestException, OSError, ValueError) as error:
        raise Undelivered(
            _reason(error, webhook)
        ) from None  # the error's own words show the address, which is a secret
    if not 200 <= status < 300:
        hint = "; redirects are not followed, name the final address" if 300 <= status < 400 else ""
        raise Undelivered(
            f"it answered {status} {phrase}".rstrip() + hint,
            down=not 400 <= status < 500 or status in TRY_LATER,
        )


def _reason(error: Exception, webhook: Webhook) -> str:
    """Why it could not be asked, without its address and without a proxy's."""
    if isinstance(error, requests.Timeout):
        return f"no answer within {webhook.timeout:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that the environment names does not take the request"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"TLS: {cause.verify_message}"
        if (
            isinstance(cause, OSError)
            and not isinstance(cause, requests.RequestException)
            and cause.strerror
        ):
            return one_line(cause.strerror).lower()
    if isinstance(error, requests.ConnectionError):
        return "the connection broke off without an answer"
    return f"it cannot be asked ({type(error).__name__})"


def _causes(error: BaseException) -> list[BaseException]:
    """The errors beneath an error, as requests and urllib3 hand them on: as cause, context,
    argument or `reason`.
    """
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return found
