"""`warta export`: articles as files of other programs, and kept pages as web archives."""
