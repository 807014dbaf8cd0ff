"""Downloader middlewares and the download handler, one component per file."""
