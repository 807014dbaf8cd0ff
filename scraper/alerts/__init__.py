"""Alerts: who is told of an incident, and how."""

from scraper.alerts.message import Message
from scraper.alerts.targets import Mail, Target, Undelivered, Webhook, targets
from scraper.alerts.telling import Told, note, send_due

__all__ = ["Mail", "Message", "Target", "Told", "Undelivered", "Webhook", "note", "send_due", "targets"]
