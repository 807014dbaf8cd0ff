"""Alerts: incidents as messages, delivered to webhooks and mailboxes."""

from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.notify import Told, note, send_due
from scraper.monitoring.alerts.targets import Mail, Target, Undelivered, Webhook, targets

__all__ = [
    "Mail",
    "Message",
    "Target",
    "Told",
    "Undelivered",
    "Webhook",
    "note",
    "send_due",
    "targets",
]
