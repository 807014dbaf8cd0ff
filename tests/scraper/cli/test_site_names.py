"""Sites are named as people write them."""

from __future__ import annotations

import click
import pytest

from scraper.cli.site_names import SiteName, checked_sites, profiled
from scraper.spiders import sites


@pytest.mark.parametrize(
    "written",
    [
        "suara",
        "Suara",
        " SUARA ",
        "SUARA.com",
        "suara.com/",
        "https://www.suara.com/",
        "www.suara.com",
    ],
)
def test_a_site_is_known_by_its_name_domain_and_address(written: str) -> None:
    assert SiteName().convert(written, None, None) == "suara"


def test_sites_without_a_profile_are_known_as_the_archive_names_them() -> None:
    known = ["www.kabar.example", "suara"]
    assert checked_sites(["KABAR.example", "Suara", "suara"], known) == known


def test_an_unknown_site_is_one_line_with_the_closest() -> None:
    with pytest.raises(click.UsageError) as failed:
        checked_sites(["sura"], ["rmol", "suara"])
    assert str(failed.value) == "no site is called sura; there are rmol, suara; did you mean suara?"


def test_the_names_of_profiles_are_known_without_loading_them() -> None:
    assert profiled() == list(sites())
