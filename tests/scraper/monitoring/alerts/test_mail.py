"""Mail: plain text in UTF-8, headers that nobody can add to, TLS, and servers in trouble."""

from __future__ import annotations

import logging
import ssl

import pytest

from scraper.monitoring.alerts.mail import compose, send
from scraper.monitoring.alerts.targets import Mail, Undelivered
from tests.scraper.monitoring.alerts.incidents import MINUTE, NOW, disk, drift, mailbox, message
from tests.scraper.monitoring.alerts.receivers import Postbox, free_port, silent


def refusal(mail: Mail) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        send(mail, message())
    assert "\n" not in str(caught.value)
    assert "sandi-rahasia" not in str(caught.value)
    return caught.value


def test_the_subject_says_what_began_and_the_text_says_why_in_utf_8(postbox: Postbox) -> None:
    send(mailbox(postbox, recipients=("redaksi@kabar.example", "jaga@kabar.example")), message())
    (letter,) = postbox.letters
    assert letter["Subject"] == "[warta] kabar: drift began"
    assert letter["From"] == "warta@kabar.example"
    assert letter["Date"].datetime == NOW
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()
    assert drift().why in text
    assert "https://www.kabar.example/berita/1" in text
    assert "Layout: baru" in text
    assert postbox.recipients == [["redaksi@kabar.example", "jaga@kabar.example"]]


def test_the_end_answers_the_beginning_so_that_mailers_show_them_together(postbox: Postbox) -> None:
    send(mailbox(postbox), message())
    over = {"state": "ended", "ended_at": NOW + 9 * MINUTE}
    send(mailbox(postbox), message(id="a1b2-ended", **over))
    began, ended = postbox.letters
    assert ended["In-Reply-To"] == began["Message-ID"] != ended["Message-ID"]
    assert ended["Subject"] == "[warta] kabar: drift is over; it lasted 9 minutes"
    assert ended.get_content().startswith("Drift is over; it lasted 9 minutes.")


def test_an_end_whose_beginning_was_never_reported_says_so(postbox: Postbox) -> None:
    send(mailbox(postbox), message(id="a1b2-ended", state="ended", ended_at=NOW, began_told=False))
    assert "No earlier message about this incident" in postbox.letters[0].get_content()
    assert postbox.letters[0]["In-Reply-To"] is None


@pytest.mark.parametrize(
    "site",
    [
        "kabar\r\nBcc: orang@lain.example",
        "kabar\n\nisi palsu",
        "kabar\x00\x1b[31m",
        "kabar\u2028Bcc: x@y.example",
        "\u202erabak",
    ],
)
def test_no_name_of_a_site_adds_a_header_or_a_line(postbox: Postbox, site: str) -> None:
    send(
        mailbox(postbox),
        message(
            drift(
                site,
                layout="baru\r\nX-Palsu: ya",
                why="dua\r\nbaris",
                urls=("https://x.example/\r\nX: y",),
            )
        ),
    )
    (letter,) = postbox.letters
    assert {"Bcc", "X-Palsu", "X"}.isdisjoint(letter.keys())
    assert not set("\r\n\x00\x1b\u2028\u202e") & set(letter["Subject"])
    assert postbox.recipients == [["redaksi@kabar.example"]]
    assert "dua baris" in letter.get_content()


def test_a_very_long_name_makes_a_subject_of_bounded_length() -> None:
    mail = Mail(host="127.0.0.1", sender="a@kabar.example", recipients=("b@kabar.example",))
    assert len(compose(mail, message(drift("ü" * 5000)))["Subject"]) == 200


def test_a_subject_beyond_ascii_comes_back_as_it_was(postbox: Postbox) -> None:
    send(mailbox(postbox), message(drift("warta désa “kita”")))
    assert postbox.subjects == ["[warta] warta désa “kita”: drift began"]


def test_what_concerns_the_whole_archive_names_the_archive(postbox: Postbox) -> None:
    send(mailbox(postbox), message(disk()))
    assert postbox.subjects == ["[warta] news.db: shortage of disk space began"]


# TLS and logins


def test_starttls_and_a_login(tls: ssl.SSLContext) -> None:
    with Postbox(tls, login=("jaga", "sandi-rahasia")) as postbox:
        send(mailbox(postbox, starttls=True, username="jaga", password="sandi-rahasia"), message())
        assert (postbox.encrypted, postbox.logins) == ([True], [("jaga", "sandi-rahasia")])


def test_tls_from_the_first_byte(tls: ssl.SSLContext) -> None:
    with Postbox(tls, implicit=True) as postbox:
        send(mailbox(postbox, tls=True, starttls=True), message())
        assert len(postbox.letters) == 1


def test_a_wrong_password_is_reported_without_it(tls: ssl.SSLContext) -> None:
    with Postbox(tls, login=("jaga", "lain")) as postbox:
        found = refusal(mailbox(postbox, starttls=True, username="jaga", password="sandi-rahasia"))
        assert str(found) == "the server refused the login (535)"
        assert postbox.letters == []


def test_a_certificate_that_is_not_trusted_gets_no_password(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with Postbox(tls, login=("jaga", "sandi-rahasia")) as postbox:
        found = refusal(mailbox(postbox, starttls=True, username="jaga", password="sandi-rahasia"))
        assert str(found).startswith("TLS: ")
        assert postbox.logins == []


def test_a_server_without_starttls_gets_nothing_where_it_is_wanted(postbox: Postbox) -> None:
    assert "STARTTLS" in str(refusal(mailbox(postbox, starttls=True)))
    assert postbox.letters == []


# Trouble


def test_nobody_listens() -> None:
    mail = Mail(
        host="127.0.0.1",
        port=free_port(),
        sender="a@kabar.example",
        recipients=("b@kabar.example",),
    )
    assert str(refusal(mail)) == "connection refused"


def test_it_accepts_and_never_answers() -> None:
    with silent() as server:
        port = server.getsockname()[1]
        mail = Mail(
            host="127.0.0.1",
            port=port,
            sender="a@kabar.example",
            recipients=("b@kabar.example",),
            timeout=0.2,
        )
        assert "no response within 0.2 s" in str(refusal(mail))


def test_a_temporary_refusal_means_later_and_a_permanent_one_means_this_message(
    postbox: Postbox,
) -> None:
    postbox.trouble = "refuse"
    later = refusal(mailbox(postbox))
    assert (str(later), later.down) == ("the server answered 451 coba lagi nanti", True)
    postbox.trouble = "reject"
    assert not refusal(mailbox(postbox)).down


def test_one_of_two_recipients_does_not_exist_and_the_other_is_reported_once(
    postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    postbox.no_such = {"hilang@kabar.example"}
    with caplog.at_level(logging.WARNING):
        send(
            mailbox(postbox, recipients=("redaksi@kabar.example", "hilang@kabar.example")),
            message(),
        )
    assert postbox.recipients == [["redaksi@kabar.example"]]
    assert "1 of 2 recipients refused" in caplog.text


def test_no_recipient_exists(postbox: Postbox) -> None:
    postbox.no_such = {"redaksi@kabar.example"}
    found = refusal(mailbox(postbox))
    assert (str(found), found.down) == ("the server refused every recipient (550)", False)
