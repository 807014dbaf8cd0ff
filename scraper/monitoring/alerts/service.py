"""Send a message through Apprise: chat services, push notifications, SMS and a hundred others."""

import logging
import re
from importlib.util import find_spec

from archive.errors import PackageMissing
from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.targets import Service, Undelivered
from scraper.monitoring.alerts.webhook import TRY_LATER

MISSING = "alerts by Apprise need its package: pip install 'warta[alerts]'"

_STATUS = re.compile(r"\berror=(\d{3})\b")
"""The status of an answer in what Apprise logs, the rest of which may hold secrets."""


def check_installed() -> None:
    """Raise PackageMissing where Apprise is not installed."""
    if find_spec("apprise") is None:
        raise PackageMissing(MISSING)


def notify_service(service: Service, message: Message) -> None:
    """Send; raises Undelivered. Honours proxy variables and follows no redirect."""
    logging.getLogger("apprise").propagate = False  # it names hosts and recipients
    try:
        from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
    except ModuleNotFoundError:
        raise Undelivered(MISSING) from None
    asset = AppriseAsset(async_mode=False, http_redirects=False, storage_mode="memory")
    apprise, said = Apprise(asset=asset), []
    if not apprise.add(service.url):
        raise Undelivered(f"Apprise knows no service with an address like this {service.scheme}://")
    ended = message.ended_at is not None
    accepted = apprise.notify(
        title=message.subject,
        body=message.as_text(),
        body_format=NotifyFormat.TEXT,
        notify_type=NotifyType.SUCCESS if ended else NotifyType.WARNING,
        timeout=service.timeout,
        log_callback=lambda entry, _service: said.append(entry.message),
    )
    if not accepted:
        raise _refusal(" ".join(said))


def _refusal(said: str) -> Undelivered:
    """Return why a service did not accept a message, without what Apprise says of its address."""
    found = _STATUS.search(said)
    if found is None:
        return Undelivered("no connection, no response, or an address that the service refuses")
    status = int(found[1])
    return Undelivered(f"it answered {status}", down=not 400 <= status < 500 or status in TRY_LATER)
