"""Targets as a configuration names them: checked, with a clear line, and without showing a secret."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from scraper.alerts import Mail, TargetError, Webhook, targets

MAIL: dict[str, Any] = {"host": "smtp.kabar.example", "sender": "warta@kabar.example", "recipients": ["redaksi@kabar.example"]}


def test_a_webhook_is_an_address_and_mail_a_table() -> None:
    assert targets({"webhook": "https://kabar.example/x", "mail": MAIL}) == (
        Webhook(url="https://kabar.example/x"),
        Mail(host="smtp.kabar.example", sender="warta@kabar.example", recipients=("redaksi@kabar.example",)),
    )


def test_there_may_be_several_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert targets({}) == targets({"webhook": None, "mail": None}) == ()
    several = targets(
        {"webhook": ["https://a.example/1", {"url": "https://a.example/2", "timeout": 3}, "https://a.example/1"], "mail": [MAIL]}
    )
    assert [getattr(target, "timeout", None) for target in several] == [10.0, 3, 30.0]
    assert len({target.name for target in several}) == 3


def test_port_465_means_tls_from_the_first_byte() -> None:
    (target,) = targets({"mail": MAIL | {"port": 465}})
    assert isinstance(target, Mail)
    assert target.tls


def test_secrets_of_pydantic_are_opened_and_stay_out_of_sight() -> None:
    secret = SecretStr("https://kabar.example/RAHASIA")
    shown = repr(targets({"webhook": secret, "mail": MAIL | {"username": "jaga", "password": SecretStr("sandi-rahasia")}}))
    assert "RAHASIA" not in shown
    assert "sandi-rahasia" not in shown


def test_the_name_of_a_target_shows_its_host_alone_and_does_not_change() -> None:
    one, two = Webhook(url="https://kabar.example/RAHASIA"), Webhook(url="https://kabar.example/LAIN")
    assert one.name == Webhook(url="https://kabar.example/RAHASIA", timeout=3).name != two.name
    assert one.name.startswith("webhook kabar.example (")
    assert "RAHASIA" not in one.name


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"webhok": "x"}, "alerts, webhok: there is no such key"),
        ({"webhook": "kabar.example/RAHASIA"}, "alerts, webhook, url: expected an address like"),
        ({"webhook": "ftp://kabar.example/RAHASIA"}, "expected an address like"),
        ({"webhook": "http://kabar.example:RAHASIA/"}, "expected an address like"),
        ({"webhook": "http://kabar.example/a\r\nRAHASIA: x"}, "expected an address like"),
        ({"webhook": 7}, "alerts, webhook, url: expected a text, not int"),
        ({"webhook": {"url": "https://kabar.example", "timeout": 0}}, "alerts, webhook, timeout: expected seconds up to 300"),
        ({"webhook": {"timeout": 3}}, "alerts, webhook: url is missing"),
        ({"mail": "redaksi@kabar.example"}, "alerts, mail: expected a table"),
        ({"mail": {"host": "x"}}, "alerts, mail: sender is missing"),
        ({"mail": MAIL | {"recipients": "redaksi@kabar.example"}}, "recipients: expected a list of addresses, not str"),
        ({"mail": MAIL | {"recipients": []}}, "expected at least one address"),
        ({"mail": MAIL | {"recipients": ["a@b\r\nBcc: c@d"]}}, "recipients: expected an address like"),
        ({"mail": MAIL | {"sender": "Redaksi <a@kabar.example>"}}, "sender: expected an address like"),
        ({"mail": MAIL | {"port": "25"}}, "port: expected a number, not str"),
        ({"mail": MAIL | {"port": True}}, "port: expected a number, not bool"),
        ({"mail": MAIL | {"port": 70000}}, "port: expected 1 to 65535"),
        ({"mail": MAIL | {"starttls": "ya"}}, "starttls: expected true or false, not str"),
        ({"mail": MAIL | {"username": "jaga"}}, "username and password belong together"),
        ({"mail": MAIL | {"starttls": False, "username": "jaga", "password": "RAHASIA"}}, "the password would be sent in the clear"),
        ({"mail": MAIL | {"recipient": "x"}}, "alerts, mail, recipient: there is no such key"),
    ],
)
def test_what_cannot_be_a_target_is_one_clear_line(section: dict[str, Any], said: str) -> None:
    with pytest.raises(TargetError) as caught:
        targets(section)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "RAHASIA" not in str(caught.value)
