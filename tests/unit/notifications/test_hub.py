"""The hub: lines by person and device."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from notifications.hub import Hub

ADA, BOB = UUID(int=1), UUID(int=2)


def test_a_person_is_heard_on_every_line_oldest_first() -> None:
    hub: Hub[str] = Hub()
    hub.join(ADA, "phone")
    hub.join(ADA, "laptop")
    hub.join(BOB, "tablet")
    assert hub.of(ADA) == ("phone", "laptop")
    assert sorted(hub) == ["laptop", "phone", "tablet"]


def test_nobody_is_found_where_nobody_is_connected() -> None:
    assert Hub[str]().of(ADA) == ()


def test_the_ninth_line_of_a_person_ends_the_first() -> None:
    hub: Hub[int] = Hub()
    assert [hub.join(ADA, line) for line in range(8)] == [[]] * 8
    assert hub.join(ADA, 8) == [0]
    assert hub.of(ADA) == tuple(range(1, 9))


def test_a_device_that_comes_back_replaces_its_older_line() -> None:
    hub: Hub[int] = Hub()
    hub.join(ADA, 1)
    assert hub.name(ADA, 1, "phone") == []
    hub.join(ADA, 2)
    assert hub.name(ADA, 2, "phone") == [1]
    assert hub.of(ADA) == (2,)


def test_two_people_may_call_their_devices_the_same() -> None:
    hub: Hub[int] = Hub()
    hub.join(ADA, 1)
    hub.join(BOB, 2)
    hub.name(ADA, 1, "phone")
    assert hub.name(BOB, 2, "phone") == []


def test_a_line_that_left_cannot_be_named() -> None:
    hub: Hub[int] = Hub()
    hub.join(ADA, 1)
    hub.leave(ADA, 1)
    hub.leave(ADA, 1)
    assert hub.name(ADA, 1, "phone") == []
    assert len(hub) == 0
    assert list(hub) == []


@given(st.lists(st.tuples(st.sampled_from([ADA, BOB]), st.integers(0, 20), st.booleans())))
def test_the_count_is_the_number_of_lines(moves: list[tuple[UUID, int, bool]]) -> None:
    hub: Hub[tuple[UUID, int]] = Hub(3)
    for person, line, comes in moves:
        present = (person, line) in hub.of(person)
        if comes and not present:
            hub.join(person, (person, line))
        else:
            hub.leave(person, (person, line))
        assert len(hub) == len(list(hub)) == sum(len(hub.of(p)) for p in (ADA, BOB))
        assert all(len(hub.of(p)) <= 3 for p in (ADA, BOB))
