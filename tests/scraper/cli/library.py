"""An archive with a story of each kind that commands meet."""

from __future__ import annotations

from archive import Archive
from tests.archive.invented import (
    BODY,
    DAY,
    HOUR,
    NOW,
    SITE,
    announce,
    check,
    keep,
    link,
    story,
    take_down,
    url_of,
)


def fill(archive: Archive) -> None:
    """Story 1 was edited, 2 removed, 3 opted out and doubtful, 4 refused, 5 failed, 6 is another
    address of 1.
    """
    announce(archive, *map(link, (1, 2, 3)), source="https://www.kabar.example/sitemap.xml")
    keep(archive, story(1))
    announce(
        archive, link(4, refused="video_page"), link(5), link(6, key=f"{SITE}-1"), source="umpan"
    )
    keep(
        archive,
        story(1, body=BODY.replace("turun", "naik"), headline="Harga Beras Naik"),
        at=NOW + HOUR,
    )
    keep(
        archive,
        story(
            2,
            kicker=None,
            deck=None,
            dateline=None,
            agency=None,
            authors=(),
            editors=(),
            headline=None,
        ),
    )
    take_down(archive, story(2), at=NOW + DAY)
    keep(archive, story(3, site="warta", story_id="88", warnings=("no_date",)))
    with archive.transaction(NOW):
        archive.history.note_rights(3, "robots.txt: GPTBot")
    check(archive, url_of(5), "failed", reason="timeout", next_check_at=NOW + HOUR)
