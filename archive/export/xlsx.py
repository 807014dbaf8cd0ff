"""Excel: one sheet, a row an article. Nothing in it is a formula or a link."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any

from archive.errors import PackageMissing
from archive.export.formats import Batch

MAX_ROWS = 1_048_575
"""Rows of a sheet below its header."""
MAX_TEXT = 32_767
"""Characters of a cell, counted as UTF-16."""
DATES = ("published_at_utc", "first_seen_at", "observed_at", "removed_at")
"""Columns that are dates: times in UTC, since Excel knows no time zones. The publisher's own times
stay texts with their offsets."""
_FIRST_DATE = datetime(1900, 3, 1, tzinfo=UTC)
"""Excel takes 1900 for a leap year."""
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_xlsx(out: IO[bytes], names: Sequence[str], batches: Iterator[Batch]) -> int:
    """Write a sheet, a row at a time; raises PackageMissing without xlsxwriter.

    Longer texts end in "…" at MAX_TEXT. Returns how many.
    """
    try:
        from xlsxwriter import Workbook
    except ModuleNotFoundError as error:
        raise PackageMissing(
            f".xlsx needs {error.name}, which is missing: pip install 'warta[export]'"
        ) from error
    shortened = 0
    with Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("articles")
        date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for place, name in enumerate(names):
            sheet.write_string(0, place, _heading(name), bold)
        for number, row in enumerate((row for batch in batches for row in batch), 1):
            for place, (name, cell) in enumerate(zip(names, row, strict=True)):
                shortened += _write(sheet, number, place, _value(name, cell), date)
    return shortened


def _heading(name: str) -> str:
    if name in DATES and not name.endswith("_utc"):
        return f"{name} (UTC)"
    return name


def _value(name: str, cell: Any) -> Any:
    """Return a cell as text, number or date."""
    if name in DATES and cell:
        at = datetime.fromisoformat(cell).astimezone(UTC)
        if at >= _FIRST_DATE:
            return at.replace(tzinfo=None)
    return cell


def _write(sheet: Any, row: int, column: int, value: Any, date: Any) -> bool:
    """Write a cell; return whether it had to be shortened."""
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value, date)
    elif isinstance(value, str):
        text = _NO_XML.sub("\ufffd", value)
        units = text.encode("utf-16-le")
        if len(units) > 2 * MAX_TEXT:
            text = units[: 2 * MAX_TEXT - 2].decode("utf-16-le", "ignore") + "…"
        sheet.write_string(row, column, text)
        return len(units) > 2 * MAX_TEXT
    elif value is not None:
        sheet.write_number(row, column, value)
    return False
