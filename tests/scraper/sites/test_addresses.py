"""No page may make the crawler ask an internal address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.sites.addresses import is_private

PRIVATE = [
    "",
    ".",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "web.localhost",
    "server.local",
    "db.internal",
    "nas.lan",
    "wiki.intranet",
    "router.home.arpa",
    # IPv4, in every way that resolvers still understand
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    # IPv6
    "::",
    "::1",
    "[::1]",
    "fe80::1",
    "fe80::1%eth0",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "2001:db8::1",
    # IPv4 within IPv6, as gateways translate it
    "64:ff9b::127.0.0.1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:808:808::1",  # no gateway leads there any more
    "::127.0.0.1",
]
PUBLIC = [
    "www.suara.com",
    "rmol.id",
    "jogja.suara.com.",
    "local.suara.com",
    "localhost.suara.com",
    "10.suara.com",
    "lan.id",
    "1.1.1.1",
    "8.8.8.8",
    "::ffff:8.8.8.8",
    "[2606:4700:4700::1111]",
    "64:ff9b::8.8.8.8",
    "xn--brita-9ra.id",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_an_internal_host_is_private(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_host_is_not_private(host: str) -> None:
    assert not is_private(host)


@given(host=st.text())
def test_any_name_gets_an_answer(host: str) -> None:
    assert is_private(host) in (True, False)


@given(address=st.ip_addresses())
def test_an_address_is_private_exactly_where_it_is_not_global(address: object) -> None:
    spelled = str(address)
    if not spelled.startswith(("::ffff:", "64:ff9b:", "2002:")):  # these hold an IPv4 address
        assert is_private(spelled) is (not address.is_global or address.is_multicast)


@given(address=st.ip_addresses(v=4))
def test_an_ipv4_address_inside_ipv6_is_judged_like_itself(address: object) -> None:
    assert is_private(f"::ffff:{address}") is is_private(str(address))
