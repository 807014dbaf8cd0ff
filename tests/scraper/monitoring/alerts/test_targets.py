"""Targets as a configuration names them, without showing a secret; what is wrong with one the
configuration says.
"""

from __future__ import annotations

from typing import Any

from scraper.configuration.keys import Alerts
from scraper.monitoring.alerts.targets import Mail, Target, Webhook
from scraper.monitoring.alerts.targets import targets as targets_of

MAIL: dict[str, Any] = {
    "host": "smtp.kabar.example",
    "sender": "warta@kabar.example",
    "recipients": ["redaksi@kabar.example"],
}


def targets(section: dict[str, Any]) -> tuple[Target, ...]:
    return targets_of(Alerts.model_validate(section))


def test_a_webhook_is_an_address_and_mail_a_table() -> None:
    assert targets({"webhook": "https://kabar.example/x", "mail": MAIL}) == (
        Webhook(url="https://kabar.example/x"),
        Mail(
            host="smtp.kabar.example",
            sender="warta@kabar.example",
            recipients=("redaksi@kabar.example",),
        ),
    )


def test_there_may_be_several_and_none() -> None:
    assert targets({}) == ()
    several = targets(
        {
            "webhook": ["https://a.example/1", "https://a.example/2", "https://a.example/1"],
            "mail": MAIL,
        }
    )
    assert [target.timeout for target in several] == [10.0, 10.0, 30.0]
    assert len({target.name for target in several}) == 3


def test_port_465_means_tls_from_the_first_byte() -> None:
    (target,) = targets({"mail": MAIL | {"port": 465}})
    assert isinstance(target, Mail)
    assert target.tls


def test_secrets_stay_out_of_sight() -> None:
    secret = "https://kabar.example/RAHASIA"
    shown = repr(
        targets(
            {"webhook": secret, "mail": MAIL | {"username": "jaga", "password": "sandi-rahasia"}}
        )
    )
    assert "RAHASIA" not in shown
    assert "sandi-rahasia" not in shown


def test_the_name_of_a_target_shows_its_host_alone_and_does_not_change() -> None:
    one, two = (
        Webhook(url="https://kabar.example/RAHASIA"),
        Webhook(url="https://kabar.example/LAIN"),
    )
    assert one.name == Webhook(url="https://kabar.example/RAHASIA", timeout=3).name != two.name
    assert one.name.startswith("webhook kabar.example (")
    assert "RAHASIA" not in one.name
