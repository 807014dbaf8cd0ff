"""The pages: functions from an archive and a request to a view."""
