"""Dates as Indonesian newsrooms write them: read with their zone, or not at all."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extraction.fields.dates import parse_structured, parse_visible

JAKARTA = ZoneInfo("Asia/Jakarta")
TEHRAN = ZoneInfo("Asia/Tehran")

# (text as it stands on the page, zone of the newsroom, what it says); the layouts of the facts
# sheets in their order
VISIBLE = [
    # suara
    ("02 April 2015 | 13:45", JAKARTA, "2015-04-02T13:45:00+07:00"),
    ("Rabu, 01 Februari 2017 | 14:56 WIB", JAKARTA, "2017-02-01T14:56:00+07:00"),
    ("Jum'at, 24 Juli 2026 | 07:08 WIB", JAKARTA, "2026-07-24T07:08:00+07:00"),
    ("Jum’at, 24 Juli 2026 | 07:08 WIB", JAKARTA, "2026-07-24T07:08:00+07:00"),
    ("Jumat, 24 Juli 2026 | 07:08 WIB", JAKARTA, "2026-07-24T07:08:00+07:00"),
    # rmol
    ("Kamis, 02 April 2015 , 18:52:00 WIB", JAKARTA, "2015-04-02T18:52:00+07:00"),
    ("Kamis, 21 November 2024, 13:29 WIB", JAKARTA, "2024-11-21T13:29:00+07:00"),
    ("• Sabtu, 05 Juni 2021, 12:22 WIB", JAKARTA, "2021-06-05T12:22:00+07:00"),
    ("Rabu, 09 November 2011 | 08:05", JAKARTA, "2011-11-09T08:05:00+07:00"),
    # republika
    ("Kamis, 05 November 2015, 15:07 WIB", JAKARTA, "2015-11-05T15:07:00+07:00"),
    ("Kamis, 05 November 2015, 15:07 WIB Komentar : 0", JAKARTA, "2015-11-05T15:07:00+07:00"),
    ("Jumat , 17 February 2017, 13:16 WIB", JAKARTA, "2017-02-17T13:16:00+07:00"),
    ("Rabu, 02 Nov 2016 | 10:29 WIB", JAKARTA, "2016-11-02T10:29:00+07:00"),
    ("Rabu 16 Dec 2020 15:41 WIB", JAKARTA, "2020-12-16T15:41:00+07:00"),
    ("Kamis   19 Jun 2025  10:13 WIB", JAKARTA, "2025-06-19T10:13:00+07:00"),
    ("Sabtu\xa005 Feb\xa02022\xa015:14 WIB", JAKARTA, "2022-02-05T15:14:00+07:00"),
    ("20 July 2026, 23:40", JAKARTA, "2026-07-20T23:40:00+07:00"),
    # medcom and metrotvnews
    ("Rina Wijaya 24 Maret 2015 10:11 WIB", JAKARTA, "2015-03-24T10:11:00+07:00"),
    ("Bambang - 10 Oktober 2016 21:10 wib", JAKARTA, "2016-10-10T21:10:00+07:00"),
    ("Minggu, 09 Oct 2016 15:14", JAKARTA, "2016-10-09T15:14:00+07:00"),
    ("Rina Wijaya • 26 Desember 2020 08:29", JAKARTA, "2020-12-26T08:29:00+07:00"),
    # islamtimes: Tehran, with summer time until 2022
    ("Sunday 4 April 2021 - 10:16", TEHRAN, "2021-04-04T10:16:00+04:30"),
    ("8 Jan 2022 23:00", TEHRAN, "2022-01-08T23:00:00+03:30"),
    ("1 Dec 2018 10:09", TEHRAN, "2018-12-01T10:09:00+03:30"),
    ("Tuesday 9 April 2024 - 23:30", TEHRAN, "2024-04-09T23:30:00+03:30"),
    ("Sat, 04 Dec 2021 15:06:52 +0330", JAKARTA, "2021-12-04T15:06:52+03:30"),
    # The zone that the text names wins.
    ("Senin, 3 Agustus 2026 | 09:30 WITA", JAKARTA, "2026-08-03T09:30:00+08:00"),
    ("Senin, 3 Agustus 2026 | 09:30 WIT", JAKARTA, "2026-08-03T09:30:00+09:00"),
    ("Senin, 3 Agustus 2026 | 09:30 wita", JAKARTA, "2026-08-03T09:30:00+08:00"),
    ("Senin, 3 Agustus 2026 | 09:30 WIB", TEHRAN, "2026-08-03T09:30:00+07:00"),
    ("3 August 2026 09:30 GMT", JAKARTA, "2026-08-03T09:30:00+00:00"),
    ("3 August 2026 09:30 +07:00", TEHRAN, "2026-08-03T09:30:00+07:00"),
    # Other ways of writing the time
    ("Senin, 3 Agustus 2026 pukul 09.30 WIB", JAKARTA, "2026-08-03T09:30:00+07:00"),
    ("Senin (3 Agustus 2026) jam 9.30", JAKARTA, "2026-08-03T09:30:00+07:00"),
    ("3 August 2026 12:05 AM", JAKARTA, "2026-08-03T00:05:00+07:00"),
    ("3 August 2026, 12:05 p.m.", JAKARTA, "2026-08-03T12:05:00+07:00"),
    ("3 August 2026, 1:05 pm", JAKARTA, "2026-08-03T13:05:00+07:00"),
    ("Dibuat 29 Februari 2024 00:00 WIB", JAKARTA, "2024-02-29T00:00:00+07:00"),
    # Short forms of months and of "pukul"
    ("Kamis, 20 Ags 2026 07:15 WIB", JAKARTA, "2026-08-20T07:15:00+07:00"),
    ("20 Agust 2026 07:15", JAKARTA, "2026-08-20T07:15:00+07:00"),
    ("20 Agustus 2026 pkl 07.15 WIB", JAKARTA, "2026-08-20T07:15:00+07:00"),
    ("20 Agustus 2026 pkl. 07.15 WIB", JAKARTA, "2026-08-20T07:15:00+07:00"),
    ("20 Agustus 2026 pukul: 07.15 WIB", JAKARTA, "2026-08-20T07:15:00+07:00"),
    # Offsets, in all spellings
    ("20 Nov 2026 07:15 GMT+7", TEHRAN, "2026-11-20T07:15:00+07:00"),
    ("20 Nov 2026 07:15 UTC+07:00", TEHRAN, "2026-11-20T07:15:00+07:00"),
    ("20 Nov 2026 07:15 UTC −3:30", JAKARTA, "2026-11-20T07:15:00-03:30"),
    ("20 Nov 2026 07:15:12 +07", TEHRAN, "2026-11-20T07:15:12+07:00"),
    # Month first, as browsers and English pages write it, and numbers alone
    (
        "Fri Nov 20 2026 07:15:00 GMT+0700 (Western Indonesia Time)",
        TEHRAN,
        "2026-11-20T07:15:00+07:00",
    ),
    ("November 20, 2026 7:15 PM", JAKARTA, "2026-11-20T19:15:00+07:00"),
    ("Nov 20th, 2026, at 07:15", JAKARTA, "2026-11-20T07:15:00+07:00"),
    ("2026-11-20 07:15 WIB", TEHRAN, "2026-11-20T07:15:00+07:00"),
    ("Diterbitkan 2026/11/20, 7:15 PM", JAKARTA, "2026-11-20T19:15:00+07:00"),
    ("20/11/2026, 07:15 WIB", TEHRAN, "2026-11-20T07:15:00+07:00"),
    # The end of a day; the beginning of a span of hours
    ("31 Desember 2026 24:00 WIB", JAKARTA, "2027-01-01T00:00:00+07:00"),
    ("20 November 2026 07:15-08:15", JAKARTA, "2026-11-20T07:15:00+07:00"),
    ("20 November 2026 07.15 - 08.30 WIB", JAKARTA, "2026-11-20T07:15:00+07:00"),
    # The first with a time counts.
    ("Terbit 1 Mei 2026, diperbarui 2 Mei 2026 08:00", JAKARTA, "2026-05-02T08:00:00+07:00"),
    ("31 Februari 2026 08:00, lalu 1 Maret 2026 09:00", JAKARTA, "2026-03-01T09:00:00+07:00"),
]

NOT_A_TIME = [
    "",
    "tanpa tanggal",
    "07:08",
    "7 menit yang lalu",
    "Kemarin, 07:08 WIB",
    "Jumat (24/7/2026)",
    "24 Juli",
    "24 Juli 2026",
    "Jumat, 24 Juli 2026 | WIB",
    "Juli 2026 07:08",
    "31 Februari 2026 07:08",
    "29 Februari 2026 07:08",
    "32 Juli 2026 07:08",
    "0 Juli 2026 07:08",
    "24 Juli 2026 25:08",
    "24 Rajab 2026 07:08",
    "24 Juli 1445 07:08",
    "124 Juli 2026 07:08",
    "24 Juli 2026 24:01",
    "10/11/2026 07:15",  # day or month first?
    "10.11.2026 07:15",
    "20.13.2026 07:15",
    "13/20/2026 07:15",
    "20 November 1796 07:15",
]

STRUCTURED = [
    ("2026-07-24T07:08:59+07:00", None, "2026-07-24T07:08:59+07:00"),
    ("2026-07-24T07:08:59+0700", None, "2026-07-24T07:08:59+07:00"),
    ("2026-07-24T07:08+07:00", None, "2026-07-24T07:08:00+07:00"),
    ("2026-07-24T00:08:59Z", None, "2026-07-24T00:08:59+00:00"),
    ("2026-07-24T00:08:59.123456Z", None, "2026-07-24T00:08:59+00:00"),
    ("2026-07-24T00:08:59.000+00:00", None, "2026-07-24T00:08:59+00:00"),
    ("2026-07-24 07:08:59 WIB", None, "2026-07-24T07:08:59+07:00"),
    ("2026-07-24 07:08:59 WITA", None, "2026-07-24T07:08:59+08:00"),
    ("  2026-07-24T07:08:59-02:30\n", None, "2026-07-24T07:08:59-02:30"),
    (
        "2018-03-17 21:01:19 GMT",
        TEHRAN,
        "2018-03-17T21:01:19+00:00",
    ),  # dcterms.created of islamtimes
    ("Sat, 04 Dec 2021 15:06:52 +0330", None, "2021-12-04T15:06:52+03:30"),
    ("Thu, 05 Nov 2015 15:07:13 +0700", None, "2015-11-05T15:07:13+07:00"),
    ("05 Nov 2015 08:07:13 GMT", None, "2015-11-05T08:07:13+00:00"),
    ("2026-07-24T07:08:59+07", None, "2026-07-24T07:08:59+07:00"),
    ("2026-07-24 07:08:59 GMT+7", None, "2026-07-24T07:08:59+07:00"),
    ("2026-07-24 07:08:59 UTC+07:00", None, "2026-07-24T07:08:59+07:00"),
    ("2026-07-24 07:08:59 PM +0700", None, "2026-07-24T19:08:59+07:00"),
    ("2026/7/24 7:08 PM", JAKARTA, "2026-07-24T19:08:00+07:00"),
    ("2026-07-24T24:00:00+07:00", None, "2026-07-25T00:00:00+07:00"),
    ("Fri, 24 Jul 2026 07:08:59 WIB", None, "2026-07-24T07:08:59+07:00"),
    ("Fri, 24 Jul 2026 07:08:59 GMT+7", None, "2026-07-24T07:08:59+07:00"),
    ("Fri, 24 Jul 2026 07:08:59 EST", None, "2026-07-24T07:08:59-05:00"),
    ("Fri, 24 Jul 2026 07:08:59", JAKARTA, "2026-07-24T07:08:59+07:00"),
    ("Fri Jul 24 2026 07:08:59 GMT+0700 (WIB)", None, "2026-07-24T07:08:59+07:00"),
    ("1796-07-24T07:08:59+07:00", None, None),
    # ISO 8601 without its marks, and the clocks of programs
    ("20260724T070859+0700", None, "2026-07-24T07:08:59+07:00"),
    ("20260724 070859", JAKARTA, "2026-07-24T07:08:59+07:00"),
    ("20260724070859", JAKARTA, "2026-07-24T07:08:59+07:00"),
    ("20261324070859", JAKARTA, None),
    ("1784851739", JAKARTA, "2026-07-24T07:08:59+07:00"),
    ("1784851739000", None, "2026-07-24T00:08:59+00:00"),
    ("9784851739", None, None),
    ("2026072407", JAKARTA, None),  # year, month, day and hour
    ("0784851739", None, None),
    # numbers alone, where only one of them can be the day
    ("24/07/2026 07:08", JAKARTA, "2026-07-24T07:08:00+07:00"),
    ("24-7-2026, 07.08", JAKARTA, "2026-07-24T07:08:00+07:00"),
    ("24.07.2026 07:08", JAKARTA, "2026-07-24T07:08:00+07:00"),
    ("07/24/2026 7:08:59 PM", JAKARTA, "2026-07-24T19:08:59+07:00"),
    ("07/07/2026 07:08", JAKARTA, "2026-07-07T07:08:00+07:00"),
    ("03/04/2026 07:08", JAKARTA, None),
    ("03/04/2026 07:08 WIB", JAKARTA, "2026-04-03T07:08:00+07:00"),
    ("24/07/2026 07:08", None, None),
    # A naive time is the newsroom's, and only where the newsroom is known.
    ("2026-07-24 07:08:59", JAKARTA, "2026-07-24T07:08:59+07:00"),
    ("2026/07/24 07:08", JAKARTA, "2026-07-24T07:08:00+07:00"),
    ("2021-06-05T12:00:00", TEHRAN, "2021-06-05T12:00:00+04:30"),
    ("2026-07-24 07:08:59", None, None),
    ("Thu, 05 Nov 2015 15:07:13", None, None),
    # A bare day is no time.
    ("2026-07-24", JAKARTA, None),
    ("2018/03/18", TEHRAN, None),
    # Nonsense
    ("", JAKARTA, None),
    (None, JAKARTA, None),
    ("kemarin", JAKARTA, None),
    ("2026-02-31T07:08:59+07:00", None, None),
    ("2026-13-24T07:08:59+07:00", None, None),
    ("2026-07-24T25:08:59+07:00", None, None),
    ("2026-07-24T07:08:59+99:00", None, None),
    ("0000-00-00 00:00:00", JAKARTA, None),
    ("Sat, 99 Dec 2021 15:06:52 +0330", None, None),
    ("Sat, 04 Dec 3000000000 15:06:52 +0330", None, None),
]

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jum'at", "Sabtu", "Minggu")
MONTHS = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November "
    "Desember".split(),
    "id short": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des".split(),
    "en": "January February March April May June July August September October November "
    "December".split(),
    "en short": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
}
FORMS = [
    "{day}, {d:02} {month} {y} | {t} WIB",
    "{day}, {d:02} {month} {y}, {t} WIB",
    "{day} , {d:02} {month} {y}, {t} WIB",
    "{day}, {d:02} {month} {y} , {t}:{s:02} WIB",
    "{day} {d} {month} {y} {t} WIB",
    "{day}   {d:02} {month} {y}  {t} WIB",
    "{day} {d} {month} {y} - {t}",
    "Rina Wijaya - {d:02} {month} {y} {t} wib",
    "Rina Wijaya • {d:02} {month} {y} {t}",
    "• {day}, {d:02} {month} {y}, {t} WIB",
    "{d} {month} {y} {t}",
]


@pytest.mark.parametrize(("text", "zone", "expected"), VISIBLE)
def test_a_date_with_its_time_is_read(text: str, zone: tzinfo, expected: str) -> None:
    moment = parse_visible(text, zone)
    assert moment is not None
    assert moment.isoformat() == expected


@pytest.mark.parametrize("text", NOT_A_TIME)
def test_a_bare_relative_or_impossible_date_is_not_guessed(text: str) -> None:
    assert parse_visible(text, JAKARTA) is None


def test_no_text_is_no_date() -> None:
    assert parse_visible(None, JAKARTA) is None


@pytest.mark.parametrize("language", MONTHS)
@pytest.mark.parametrize("number", range(1, 13))
def test_months_are_read_in_both_languages_long_and_short(language: str, number: int) -> None:
    for name in (
        MONTHS[language][number - 1],
        MONTHS[language][number - 1].upper(),
        MONTHS[language][number - 1].lower(),
    ):
        assert parse_visible(f"7 {name} 2025 07:08", JAKARTA) == datetime(
            2025, number, 7, 7, 8, tzinfo=JAKARTA
        )


@pytest.mark.parametrize(
    ("name", "number"),
    [("Pebruari", 2), ("Agt", 8), ("Sept", 9), ("Sept.", 9), ("Nopember", 11), ("Nop", 11)],
)
def test_older_spellings_of_months_are_read(name: str, number: int) -> None:
    assert parse_visible(f"7 {name} 2025 07:08", JAKARTA) == datetime(
        2025, number, 7, 7, 8, tzinfo=JAKARTA
    )


@pytest.mark.parametrize(("text", "zone", "expected"), STRUCTURED)
def test_a_date_for_machines_is_read_with_its_offset_or_not_at_all(
    text: str | None, zone: tzinfo | None, expected: str | None
) -> None:
    moment = parse_structured(text, zone)
    assert (moment.isoformat() if moment else None) == expected


YEARS = (datetime.fromisoformat("1995-01-01"), datetime.fromisoformat("2099-12-31"))
NEWS_TIMES = st.datetimes(*YEARS)
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moment=NEWS_TIMES, form=st.sampled_from(FORMS), language=st.sampled_from(sorted(MONTHS)))
def test_any_time_written_in_a_publishers_form_is_read_back(
    moment: datetime, form: str, language: str
) -> None:
    written = form.format(
        day=DAYS[moment.weekday()],
        d=moment.day,
        month=MONTHS[language][moment.month - 1],
        y=moment.year,
        t=f"{moment:%H:%M}",
        s=moment.second,
    )
    shown = moment.replace(
        second=moment.second if "{s" in form else 0, microsecond=0, tzinfo=JAKARTA
    )
    assert parse_visible(written, JAKARTA) == shown


@given(moment=st.datetimes(*YEARS, timezones=OFFSETS))
def test_any_time_written_for_machines_is_read_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    read = parse_structured(moment.isoformat())
    assert read == moment
    assert read is not None
    assert read.utcoffset() == moment.utcoffset()


@given(
    text=st.text()
    | st.from_regex(
        r"[0-9]{1,2} (Juli|May) [0-9]{4} [0-9]{1,2}[:.][0-9]{2} ?(WIB|[+-][0-9]{4})?",
        fullmatch=True,
    )
)
def test_what_is_read_from_any_text_knows_its_offset(text: str) -> None:
    moment = parse_visible(text, JAKARTA)
    assert moment is None or moment.utcoffset() is not None


@given(
    text=st.text()
    | st.from_regex(
        r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?([+-][0-9]{4})?",
        fullmatch=True,
    )
    | st.from_regex(
        r"(Fri)?[0-9]{1,2} Jul [0-9]{1,12} [0-9]{2}:[0-9]{2}:[0-9]{2} ([+-][0-9]{4,5}|GMT)?",
        fullmatch=True,
    ),
    zone=st.sampled_from([None, JAKARTA, UTC]),
)
def test_what_is_read_from_any_date_for_machines_knows_its_offset(
    text: str, zone: tzinfo | None
) -> None:
    moment = parse_structured(text, zone)
    assert moment is None or moment.utcoffset() is not None
