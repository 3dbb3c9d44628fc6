"""An assignment model as bytes, so that one that failed can be kept and solved again."""

import io
from dataclasses import fields
from zipfile import BadZipFile

import numpy as np

from matching.assignment import AssignmentModel


def to_bytes(model: AssignmentModel) -> bytes:
    """The model as a compressed numpy archive (.npz)."""
    file = io.BytesIO()
    columns = {each.name: getattr(model, each.name) for each in fields(model)}
    np.savez_compressed(file, allow_pickle=False, **columns)
    return file.getvalue()


def from_bytes(archive: bytes) -> AssignmentModel:
    """The model in an archive of `to_bytes`. Raises ValueError if it is none."""
    try:
        with np.load(io.BytesIO(archive), allow_pickle=False) as columns:
            return AssignmentModel(
                **{each.name: columns[each.name] for each in fields(AssignmentModel)}
            )
    except (KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ValueError(f"not an archive of a model: {error}") from None
