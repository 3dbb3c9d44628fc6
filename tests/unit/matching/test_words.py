"""What clients are told of a search, outcome by outcome."""

import pytest

from matching.result import OutcomeKind
from matching.words import OUTCOMES, Sought, for_client


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        (
            Sought("offers", near=12, asked=3, over_budget=4, busy=7),
            (
                "11 to 20 taskers are near. 3 have been asked, and the first to accept takes it."
                " 3 to 5 ask more than your budget, 6 to 10 have no time then."
            ),
        ),
        (
            Sought("offers", near=70, asked=1),
            "More than 50 taskers are near. One has been asked.",
        ),
        (
            Sought("nobody", near=2, asked=0, over_budget=2),
            "Hardly anybody is near. Nobody could be asked yet, and the search goes on.",
        ),
        (
            Sought("nobody", near=6, asked=0, elsewhere=6),
            (
                "6 to 10 taskers are near. Nobody could be asked yet, and the search goes on."
                " 6 to 10 do not work there."
            ),
        ),
        (
            Sought("left_open", near=4, asked=0),
            (
                "3 to 5 taskers are near. Other chores needed them more this time, and the search"
                " goes on."
            ),
        ),
        (
            Sought("held", near=4, asked=0),
            (
                "3 to 5 taskers are near. It waits a little, since somebody nearer is likely to be"
                " free soon."
            ),
        ),
        (
            Sought("unfilled", near=None, asked=0),
            "Nobody is left to ask; it stays open in case somebody becomes free.",
        ),
    ],
)
def test_a_client_is_told_in_sentences(sought: Sought, expected: str) -> None:
    assert for_client(sought) == expected


def test_every_outcome_has_its_words() -> None:
    assert {*OUTCOMES, "offers"} == {*OutcomeKind, "unfilled"}
