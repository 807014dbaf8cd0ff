"""Alerts: incidents sent to webhooks and by e-mail; imports configuration and politeness."""
