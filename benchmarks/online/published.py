"""What is known of the published day: the authors' programs, rules, and the clairvoyant."""

from typing import NamedTuple

PUBLIC_COPY = (
    "GitHub BUAA-BDA/SpatialCrowdsourcing-TOBM, commit e054e2c, dataset/real/data.txt (MIT licence)"
)
ARRIVALS = (82_171, 82_171)
"""Tasks and workers of the published day: the points below are of that file and no other."""


class Point(NamedTuple):
    """A policy and what it reached."""

    policy: str
    pairs: int
    mean_response_s: float
    clairvoyant: bool = False


POINTS = (
    Point("published: Greedy", 74_523, 129.3),
    Point("published: Batch-NNP", 74_266, 141.0),
    Point("published: Batch-LLEP", 76_239, 101.4),
    Point("published: Batch-GR", 79_788, 226.0),
    Point("known rule: least response", 77_258, 83.1),
    Point("known rule: most pairs", 79_813, 211.7),
    Point("clairvoyant: near-maximum pairs, least response", 80_292, 136.0, clairvoyant=True),
    Point("clairvoyant: least response", 75_889, 62.0, clairvoyant=True),
)
"""The programs of Li, Fang, Zeng, Maag, Tong, Zhang (GeoInformatica 24(1), 2020) run on the file,
the best one-line rules at both ends, and what one who sees the whole day can do.
"""
MOST_PAIRS = 80_420
"""The pairs of a maximum flow over the whole day, which knows no waiting."""
