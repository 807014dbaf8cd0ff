"""Pages in a folder: `pages.jsonl`, as `warta extract --manifest` reads it, beside HTML files."""

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archive.records import Page
from scraper.sites.addresses import plain_url

MANIFEST = "pages.jsonl"
MAX_BYTES = 10 * 1024 * 1024
"""Of a page, as crawls accept them."""
MAX_PAGES = 200
"""Pages of a folder that are read."""
MAX_NAME = 60
"""Characters of a file's name."""


class UnreadableFolder(Exception):
    """A folder of pages that cannot be read, with the reason in one line."""


def pages_folder(folder: Path, site: str) -> Path:
    """Return where the pages of a site are kept, in a folder of profiles."""
    return folder / f"{site}-pages"


def save_pages(folder: Path, pages: Sequence[Page]) -> None:
    """Write pages into a folder; one of the same address replaces the one before.

    Raises OSError where they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = {entry["url"]: entry for entry in _entries(folder)}
    for page in pages:
        taken = {entry["html"].removesuffix(".html") for entry in kept.values()}
        known = kept.get(page.url)
        name = known["html"] if known is not None else f"{file_stem(page.url, taken)}.html"
        _write(folder / name, page.body)
        kept[page.url] = {
            "url": page.url,
            "html": name,
            "content_type": page.headers.get("content-type"),
            "fetched_at": page.fetched_at.isoformat(),
        }
    lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in kept.values()]
    _write(folder / MANIFEST, "".join(lines).encode())


def load_pages(folder: Path, site: str) -> list[Page]:
    """Return the pages of a folder. Raises UnreadableFolder."""
    try:
        return [_page(folder, entry, site) for entry in _entries(folder)][:MAX_PAGES]
    except OSError as error:
        name = error.filename or folder
        raise UnreadableFolder(f"{name}: it cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{folder / MANIFEST}: a line is no page with url, html and fetched_at"
        raise UnreadableFolder(why) from error


def _entries(folder: Path) -> Iterator[dict[str, Any]]:
    manifest = folder / MANIFEST
    if manifest.is_file():
        for line in manifest.read_text("utf-8").splitlines():
            if line.strip():
                yield json.loads(line)


def _page(folder: Path, entry: dict[str, Any], site: str) -> Page:
    """Return the page of a line; its file is in the folder itself."""
    name, url = entry["html"], entry["url"]
    file = folder / name
    if name != Path(name).name or plain_url(url) is None or file.is_symlink():
        raise ValueError(name)
    if file.stat().st_size > MAX_BYTES:
        raise UnreadableFolder(f"{file}: larger than a page may be")
    content_type = entry.get("content_type")
    return Page(
        site=site,
        requested_url=url,
        url=url,
        status=200,
        headers={"content-type": str(content_type)} if content_type else {},
        body=file.read_bytes(),
        fetched_at=datetime.fromisoformat(entry["fetched_at"]),
    )


def file_stem(url: str, taken: Collection[str]) -> str:
    """Return the name of a page's file without its ending: the last part of its address, with a
    number where that is taken.
    """
    words = re.findall(r"[a-z0-9]+", urlsplit(url).path.rstrip("/").rpartition("/")[2].lower())
    stem = "-".join(words)[:MAX_NAME].strip("-") or "page"
    names = (f"{stem}{number}" for number in ("", *(f"-{each}" for each in range(2, 1000))))
    return next(name for name in names if name not in taken)


def _write(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    begun = file.with_name(f".warta-{os.getpid()}.partial")
    begun.write_bytes(content)
    begun.replace(file)
