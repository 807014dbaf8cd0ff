"""Examination of a live site: requests (examiner) and conclusions (findings)."""
