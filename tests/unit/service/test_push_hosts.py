"""How many pushes may be under way to one host: few at first, more as it answers, few again when it
fails.
"""

from __future__ import annotations

from service.push.hosts import FIRST, LEAST, MOST_AT_ONCE, MOST_REMEMBERED, Hosts


def taken(hosts: Hosts, host: str) -> int:
    """How many more it may have."""
    return sum(hosts.take(host) for _ in range(2 * MOST_AT_ONCE))


def answered(hosts: Hosts, host: str, times: int, *, failed: bool = False) -> None:
    for _ in range(times):
        assert hosts.take(host)
        hosts.give_back(host, failed=failed)


def test_a_host_begins_with_a_few_and_another_one_with_its_own() -> None:
    hosts = Hosts()
    assert taken(hosts, "one.example") == taken(hosts, "two.example") == FIRST
    assert not hosts.take("one.example")


def test_a_host_that_answers_gets_one_more_each_time_until_it_has_all() -> None:
    hosts = Hosts()
    answered(hosts, "one.example", 3)
    assert taken(hosts, "one.example") == FIRST + 3
    hosts = Hosts()
    answered(hosts, "one.example", 100)
    assert taken(hosts, "one.example") == MOST_AT_ONCE


def test_a_host_that_fails_gets_half_each_time_until_it_has_hardly_any() -> None:
    hosts = Hosts()
    answered(hosts, "one.example", 100)
    answered(hosts, "one.example", 1, failed=True)
    assert taken(hosts, "one.example") == MOST_AT_ONCE // 2
    hosts = Hosts()
    answered(hosts, "one.example", 100)
    answered(hosts, "one.example", 100, failed=True)
    assert taken(hosts, "one.example") == LEAST


def test_of_very_many_hosts_the_oldest_are_forgotten() -> None:
    hosts = Hosts()
    for number in range(MOST_REMEMBERED + 1):
        answered(hosts, f"{number}.example", 1)
    assert taken(hosts, "0.example") == FIRST
    assert taken(hosts, "1.example") == FIRST + 1
