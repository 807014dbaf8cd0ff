"""Send a message as JSON by HTTP POST."""

import json
import ssl
from importlib.metadata import version

import requests
from requests.auth import AuthBase
from requests.utils import get_auth_from_url

from scraper.monitoring.alerts.message import Message, one_line
from scraper.monitoring.alerts.targets import Undelivered, Webhook

TRY_LATER = (408, 425, 429)
"""Status codes below 500 that do not refuse this message for good."""


class _NoLogin(AuthBase):
    """Keeps requests from sending what ~/.netrc has for the host."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def post(webhook: Webhook, message: Message) -> None:
    """Send; raises Undelivered. Honours proxy variables, follows no redirect, reads no body."""
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
            ) as response,
        ):
            status, phrase = response.status_code, one_line(response.reason or "", most=60)
    except (requests.RequestException, OSError, ValueError) as error:
        # The error's own text shows the address, which is a secret.
        raise Undelivered(_reason(error, webhook)) from None
    if not 200 <= status < 300:
        why = f"it answered {status} {phrase}".rstrip()
        if 300 <= status < 400:
            why += "; redirects are not followed, configure the final address"
        raise Undelivered(why, down=not 400 <= status < 500 or status in TRY_LATER)


def _reason(error: Exception, webhook: Webhook) -> str:
    """Return why the request failed, without its address or a proxy's."""
    if isinstance(error, requests.Timeout):
        return f"no response within {webhook.timeout:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy set in the environment does not accept the request"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"TLS: {cause.verify_message}"
        if isinstance(cause, requests.RequestException):
            continue
        if isinstance(cause, OSError) and cause.strerror:
            return one_line(cause.strerror).lower()
    if isinstance(error, requests.ConnectionError):
        return "connection lost without a response"
    return f"the request failed ({type(error).__name__})"


def _causes(error: BaseException) -> list[BaseException]:
    """Return the errors beneath one of requests or urllib3: cause, context, `reason`, arguments."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return found
