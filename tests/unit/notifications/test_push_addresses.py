"""Where a stranger's endpoint may not lead."""

from __future__ import annotations

import pytest

from notifications.push_addresses import (
    EndpointRefused,
    check_addresses,
    check_endpoint,
    is_public,
)

PUBLIC = ["93.184.216.34", "8.8.8.8", "172.15.0.1", "172.32.0.1", "2606:2800:220:1::1"]
NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.8.9.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "100::1", "2001:0:7f00:1::", "2001:db8::1", "2002:7f00:1::",
    "2002:808:808::", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "2606:2800:220:1::1%1", "localhost", "", "1.2.3", "8.8.8.8:443",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_other_address_is(address: str) -> None:
    assert not is_public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    assert check_addresses(PUBLIC) == PUBLIC
    with pytest.raises(EndpointRefused, match="public internet"):
        check_addresses([*PUBLIC, "127.0.0.1"])


def test_a_host_without_an_address_is_refused() -> None:
    for private in (False, True):
        with pytest.raises(EndpointRefused, match="no address"):
            check_addresses([], private=private)


def test_in_development_any_address_will_do() -> None:
    assert check_addresses(["127.0.0.1"], private=True) == ["127.0.0.1"]
    assert check_endpoint("http://127.0.0.1:8080/push", private=True) == "127.0.0.1"


def test_an_endpoint_is_an_https_url_with_a_host() -> None:
    assert check_endpoint("https://push.example.com/send/abc?x=1") == "push.example.com"
    assert check_endpoint("https://push.example.com:443/send") == "push.example.com"


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example.com/", "ftp://push.example.com/", "//push.example.com/", "push", "",
        "https://", "https:///path", "https://user@push.example.com/", "https://u:p@example.com/",
        "https://:@example.com/", "https://push.example.com:8443/", "https://push.example.com:0/",
        "https://push.example.com:99999/", "https://push.example.com/#part", "https://[::1/",
        "https://push.example.com/a b", "https://push.example.com/\r\nHost: x", "https://bücher.example/",
        "https://push.example.com/" + "x" * 2000, "file:///etc/passwd", "gopher://127.0.0.1:6379/_",
    ],
)  # fmt: skip
def test_nothing_else_is(url: str) -> None:
    with pytest.raises(EndpointRefused):
        check_endpoint(url)


def test_a_refusal_does_not_repeat_the_endpoint() -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_endpoint("http://push.example.com/secret")
    assert "secret" not in str(refused.value)
