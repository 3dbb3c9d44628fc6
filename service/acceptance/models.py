"""A model of acceptance as it is kept: a number for each feature, by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import structlog

from matching.chance import FEATURES, AcceptanceModel

log = structlog.get_logger("dibs.acceptance")


def kept(model: AcceptanceModel) -> dict[str, float]:
    """The weights by feature."""
    return dict(zip(FEATURES, map(float, model.weights), strict=True))


def model_of(coefficients: Mapping[str, float] | None) -> AcceptanceModel:
    """The model with these weights; the prior without any, or with those of other features."""
    if coefficients is None:
        return AcceptanceModel()
    if coefficients.keys() != set(FEATURES):
        log.warning("acceptance_model_passed_over", features=sorted(coefficients))
        return AcceptanceModel()
    return AcceptanceModel(np.array([coefficients[name] for name in FEATURES]))
