"""Alerts: incidents as messages, delivered to webhooks and mailboxes."""
