"""A webhook: JSON by POST, bounded in time, nothing followed, no secret shown."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest

from scraper.monitoring.alerts.targets import Undelivered, Webhook
from scraper.monitoring.alerts.webhook import post
from tests.scraper.monitoring.alerts.incidents import MINUTE, NOW, disk, drift, message
from tests.scraper.monitoring.alerts.receivers import Receiver, free_port
from tests.waiting import until


def refusal(webhook: Webhook) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        post(webhook, message())
    assert "RAHASIA" not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_it_is_reported_everything_of_an_incident(receiver: Receiver) -> None:
    post(Webhook(url=receiver.url), message())
    (body,) = receiver.bodies
    assert body == {
        "id": "a1b2-began",
        "state": "began",
        "kind": "drift",
        "site": "kabar",
        "layout": "baru",
        "day": None,
        "since": NOW.isoformat(),
        "ended_at": None,
        "why": drift().why,
        "urls": ["https://www.kabar.example/berita/1"],
        "archive": "news.db",
        "began_told": True,
        "test": False,
        "sent_at": NOW.isoformat(),
        "text": f"[warta] kabar: drift began: {drift().why}",
    }
    (headers,) = receiver.headers
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("warta/")
    assert headers["Idempotency-Key"] == "a1b2-began"


def test_what_concerns_the_whole_archive_names_no_site(receiver: Receiver) -> None:
    post(Webhook(url=receiver.url), message(disk(), state="ended", ended_at=NOW + 9 * MINUTE))
    (body,) = receiver.bodies
    assert (body["site"], body["ended_at"]) == (None, (NOW + 9 * MINUTE).isoformat())
    over = "[warta] news.db: shortage of disk space is over; it lasted 9 minutes"
    assert body["text"] == f"{over} (last report: {disk().why})"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_answer_of_success_is_one(receiver: Receiver, status: int) -> None:
    receiver.status = status
    post(Webhook(url=receiver.url), message())
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(
    ("status", "down"),
    [(500, True), (503, True), (429, True), (400, False), (404, False), (410, False)],
)
def test_another_answer_is_reported_and_tells_whether_more_can_be_sent(
    receiver: Receiver, status: int, down: bool
) -> None:
    receiver.status = status
    found = refusal(Webhook(url=receiver.url))
    assert str(found).startswith(f"it answered {status} ")
    assert found.down is down


def test_a_redirect_is_not_followed_not_even_at_its_own_host(receiver: Receiver) -> None:
    receiver.status, receiver.location = 307, receiver.url + "/lain"
    found = refusal(Webhook(url=receiver.url))
    assert "it answered 307" in str(found)
    assert "redirects are not followed" in str(found)
    assert receiver.asked == 1


def test_nobody_listens() -> None:
    assert (
        str(refusal(Webhook(url=f"http://127.0.0.1:{free_port()}/RAHASIA"))) == "connection refused"
    )


def test_a_name_that_does_not_exist() -> None:
    assert refusal(Webhook(url="http://tidak-ada.invalid/RAHASIA", timeout=5)).down


def test_it_accepts_and_never_answers(receiver: Receiver) -> None:
    receiver.trouble = "hang"
    assert str(refusal(Webhook(url=receiver.url, timeout=0.2))) == "no response within 0.2 s"


def test_it_drops_the_connection(receiver: Receiver) -> None:
    receiver.trouble = "drop"
    assert "connection" in str(refusal(Webhook(url=receiver.url)))


def test_an_answer_without_end_is_not_read(receiver: Receiver) -> None:
    receiver.trouble = "endless"
    begun = time.monotonic()
    post(Webhook(url=receiver.url), message())
    assert time.monotonic() - begun < 10
    until(lambda: receiver.asked == 1)


def test_a_certificate_that_is_trusted(tls: ssl.SSLContext) -> None:
    with Receiver(tls) as receiver:
        post(Webhook(url=receiver.url), message())
        assert len(receiver.bodies) == 1


def test_a_certificate_that_is_not_trusted_is_reported(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with Receiver(tls) as receiver:
        assert str(refusal(Webhook(url=receiver.url))).startswith("TLS: ")
        assert receiver.bodies == []


def test_the_proxy_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{receiver.port}")
    post(Webhook(url="http://alerts.kabar.example/warta"), message())
    assert receiver.paths == ["http://alerts.kabar.example/warta"]


def test_a_proxy_that_is_down_is_reported_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", f"http://orang:RAHASIA@127.0.0.1:{free_port()}")
    assert "proxy" in str(refusal(Webhook(url="http://alerts.kabar.example/warta")))


def test_a_login_in_the_address_is_used_and_netrc_is_not(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login orang password RAHASIA\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    post(Webhook(url=receiver.url), message())
    post(Webhook(url=receiver.url.replace("//", "//orang:sandi@")), message())
    assert [headers.get("Authorization") for headers in receiver.headers] == [
        None,
        "Basic b3Jhbmc6c2FuZGk=",
    ]


def test_what_no_encoding_can_hold_is_replaced(receiver: Receiver) -> None:
    post(Webhook(url=receiver.url), message(drift("kabar\ud800")))
    assert receiver.bodies[0]["site"] == "kabar?"
