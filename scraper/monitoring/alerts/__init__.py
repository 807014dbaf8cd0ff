"""Alerts: incidents as messages, delivered to webhooks, mailboxes and services."""
