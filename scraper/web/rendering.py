"""Renders views as HTML, JSON and Atom; what comes from pages stays text."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from operator import methodcaller
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from archive import printable
from archive.ledger.wording import Sentence, human_bytes, sentence
from archive.search.search import BEGIN, END
from scraper.web.language import LANGUAGES, translations
from scraper.web.view import Request, View, site_zone

MAX_KEPT = 300
"""Characters of a parameter that the links of its page keep."""
WEB_SCHEMES = ("http://", "https://")


def as_html(view: View, request: Request) -> str:
    """Return the page of a view."""
    values = {**view.values, **view.shown, "json_address": _json_address(request)}
    return _rendered(view.template, values, request)


def as_feed(values: Mapping[str, Any], request: Request) -> str:
    """Return a feed as Atom; its addresses are whole ones."""
    root = request.origin + request.base
    return _NO_XML.sub("\ufffd", _rendered("feed.xml", {**values, "root": root}, request))


_NO_XML = re.compile("[\ufffe\uffff]")
"""Characters that no XML may hold, besides those that nothing shows."""


def _rendered(template: str, values: Mapping[str, Any], request: Request) -> str:
    """Fill in a template; what is unprintable in the result came from outside."""
    text = (
        _environment(request.language)
        .get_template(template)
        .render(
            values,
            request=request,
            base=request.base,
            style_name=style()[1],
            language=request.language,
            languages=LANGUAGES,
        )
    )
    return printable.in_lines(text)


@cache
def style() -> tuple[str, str]:
    """Return the style sheet, and its file name with its digest, so that it may be cached."""
    text = files("scraper.web").joinpath("static/style.css").read_text("utf-8")
    return text, f"style.{sha256(text.encode()).hexdigest()[:12]}.css"


def _json_address(request: Request) -> str:
    """Return the address of a page as JSON."""
    query = {name: value for name, value in request.query.items() if name != "lang"}
    address = f"{request.base}{quote(request.path.lstrip('/'))}.json"
    return f"{address}?{urlencode(query)}" if query else address


def as_json(values: Mapping[str, Any]) -> str:
    """Return an object as JSON, dates and times as in ISO 8601."""
    text = json.dumps(values, ensure_ascii=False, default=methodcaller("isoformat"))
    return printable.escaped(text) + "\n"


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        # not `templates`: Datasette would take them for its own of these names
        loader=PackageLoader("scraper.web", "html"),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=lambda value: "" if value is None else value,
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        translations(language), newstyle=True
    )
    environment.filters.update(
        time=partial(_time, language),
        day=partial(_day, language),
        number=partial(format_decimal, locale=language),
        percent=lambda share: f"{share:.0%}",
        bytes=human_bytes,
        month=partial(format_date, format="MMM", locale=language),
        leading_space=lambda text: text[: len(text) - len(text.lstrip())],
        marked_words=_marked_words,
        rfc3339=_rfc3339,
        web_address=_web_address,
        sentence=lambda code: translations(language).gettext(sentence(code)),
        translated=partial(_translated, language),
        time_of=lambda at, site: _time(language, at, site_zone(site)),
    )
    environment.globals["query_with"] = _query_with
    return environment


def _translated(language: str, text: str) -> str:
    """Return a sentence of the archive in a language; other text as it is."""
    if isinstance(text, Sentence):
        return text.translated(translations(language).gettext)
    return text


_TIMES = {"id": "d MMM y, HH.mm", "en": "d MMM y, HH:mm"}
"""Patterns of CLDR."""


def _time(language: str, at: datetime | str | None, zone: ZoneInfo | None = None) -> Markup:
    """Return a time with its offset, in its own or the given zone, as a `time` element."""
    if at is None or at == "":
        return Markup()
    try:
        found = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    except ValueError:  # of a row that another program wrote
        return escape(at)
    if zone is not None and found.tzinfo is not None:
        found = found.astimezone(zone)
    shown = format_datetime(found, _TIMES[language], locale=language)
    offset = found.strftime("%z")
    offset = f" {offset[:3]}:{offset[3:5]}" if offset else ""
    iso = found.isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}{}</time>').format(iso, shown, offset)


def _rfc3339(at: datetime | str) -> str:
    found = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return found.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _day(language: str, day: date | str) -> str:
    return format_date(date.fromisoformat(str(day)), "d MMM y", locale=language)


def _marked_words(snippet: str) -> list[tuple[str, bool]]:
    """Split the piece of a text that a search found: (text, whether it is one of the words)."""
    pieces = re.split(f"{BEGIN}(.*?){END}", snippet, flags=re.DOTALL)
    return [(piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece]


def _web_address(url: str | None) -> str | None:
    """Return an address that may be linked to; None for `javascript:` and the like."""
    return url if url and url.lower().startswith(WEB_SCHEMES) else None


@pass_context
def _query_with(context: Context, **changes: Any) -> str:
    """Return the query of this page with some parameters changed, escaped; None removes one."""
    given = {name: text[:MAX_KEPT] for name, text in context["request"].query.items()}
    query = {name: value for name, value in {**given, **changes}.items() if name != "lang"}
    query |= {"lang": changes["lang"]} if "lang" in changes else {}
    return "?" + urlencode({name: value for name, value in query.items() if value})
