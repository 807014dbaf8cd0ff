"""Alerts: incidents sent to webhooks and by e-mail; imports configuration and politeness."""

from scraper.monitoring.alerts.message import Message
from scraper.monitoring.alerts.notify import DeliveryReport, note, send_due
from scraper.monitoring.alerts.targets import Mail, Target, Undelivered, Webhook, targets

__all__ = [
    "DeliveryReport",
    "Mail",
    "Message",
    "Target",
    "Undelivered",
    "Webhook",
    "note",
    "send_due",
    "targets",
]
