"""Alerts and metrics of a schedule; imports schedule, politeness and configuration."""
