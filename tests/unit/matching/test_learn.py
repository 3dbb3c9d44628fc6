"""Learning how people answer: unbiased by who was withdrawn, person by person, draw by draw."""

import numpy as np
import pytest

from matching.chance import FEATURES
from matching.replay.behaviour import ACCEPTED, DECLINED, SILENT, UNDELIVERED
from matching.replay.learn import WITHDRAWN, Answers, draw_behaviour

NAMES = tuple(f"t{n}" for n in range(30))


def answers(
    seed: int, *, offers: int = 3_000, chance: float = 0.5, liking: float = 0.0
) -> tuple[Answers, list[float]]:
    """Pairs of offers of one wave: who accepts withdraws the other; a third of refusals are
    silence. Also each tasker's own liking.
    """
    rng = np.random.default_rng(seed)
    likings = liking * rng.standard_normal(len(NAMES))
    tasker = rng.integers(0, len(NAMES), offers)
    odds = np.log(chance / (1 - chance)) + likings[tasker]
    yes = rng.random(offers) < 1 / (1 + np.exp(-odds))
    silent = ~yes & (rng.random(offers) < 1 / 3)
    share = np.where(silent, 1.0, rng.uniform(0, 0.9, offers))
    outcome = np.where(yes, ACCEPTED, np.where(silent, SILENT, DECLINED))
    accepted_at = np.where(yes, share, np.inf).reshape(-1, 2)
    other = accepted_at[:, ::-1].ravel()
    beaten = other < share
    outcome[beaten], share[beaten] = WITHDRAWN, other[beaten]
    features = np.zeros((offers, len(FEATURES)))
    features[:, 0] = 1.0
    return Answers(features, outcome, share, tasker, NAMES), likings.tolist()


@pytest.mark.parametrize("chance", [0.3, 0.6])
def test_silence_cut_short_by_a_winner_counts_for_what_it_was(chance: float) -> None:
    found, _ = answers(1, chance=chance)
    told = np.isin(found.outcome, (ACCEPTED, DECLINED, SILENT))
    naive = (found.outcome[told] == ACCEPTED).mean()
    drawn = [draw_behaviour(found, np.random.default_rng(n)) for n in range(10)]
    one = np.zeros((1, len(FEATURES)))
    one[0, 0] = 1.0
    chances = [each.model.chances(one)[0] for each in drawn]
    assert abs(np.mean(chances) - chance) < 0.04
    assert abs(np.mean(chances) - chance) < abs(naive - chance)
    assert abs(np.mean([each.silent for each in drawn]) - 1 / 3) < 0.05


def test_who_takes_more_than_others_is_found_out() -> None:
    found, likings = answers(2, liking=1.2)
    drawn = draw_behaviour(found, np.random.default_rng(1))
    believed = [drawn.liking[name] for name in NAMES]
    assert np.corrcoef(believed, likings)[0, 1] > 0.85


def test_likings_are_small_where_all_are_alike() -> None:
    found, _ = answers(3, liking=0.0)
    drawn = draw_behaviour(found, np.random.default_rng(1))
    assert np.std([drawn.liking.get(name, 0.0) for name in NAMES]) < 0.4


def test_draws_differ_less_the_more_is_known() -> None:
    def spread(offers: int) -> float:
        found, _ = answers(4, offers=offers)
        weights = [
            draw_behaviour(found, np.random.default_rng(n)).model.weights[0] for n in range(20)
        ]
        return float(np.std(weights))

    assert spread(4_000) < spread(120)


def test_nothing_seen_is_the_prior() -> None:
    nothing = Answers(
        np.zeros((0, len(FEATURES))), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64)
    )
    drawn = draw_behaviour(nothing, np.random.default_rng(1))
    assert drawn.model.weights[0] == pytest.approx(0.2)
    assert (drawn.liking, drawn.undelivered, drawn.given_up) == ({}, 0.0, 0.0)


def test_what_reached_nobody_is_counted_apart() -> None:
    found, _ = answers(5, offers=200)
    found.outcome[:50] = UNDELIVERED
    drawn = draw_behaviour(found, np.random.default_rng(1))
    assert drawn.undelivered == pytest.approx(0.25)
