"""Commands for unattended operation: schedule, health, coverage, alerts, metrics, configuration."""
