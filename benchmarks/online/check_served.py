"""The checker of an instance's pairs: knows the model's words, nothing of how pairs were made."""

import numpy as np

from benchmarks.online.check import Broken
from benchmarks.online.instance import Instance
from benchmarks.online.serving import Served


def check_lines(instance: Instance, served: Served) -> None:
    """Raises Broken unless every pair is feasible, within everybody's room, and was made as the
    later of the two arrived.
    """
    _check_pairs(instance, served)
    later = np.maximum(served.task, served.worker) + 1
    _refuse("not made as one of the two arrived", served.arrived != later)


def check_times(instance: Instance, served: Served) -> None:
    """Raises Broken unless every pair is feasible, within everybody's room, and was made when both
    had arrived and neither had left.
    """
    _check_pairs(instance, served)
    for rows in (served.task, served.worker):
        start = instance.at_s[rows]
        early, late = served.at_s < start, served.at_s > start + instance.ttl_s[rows]
        _refuse("made before both had arrived", early | (rows >= served.arrived))
        _refuse("made after one had left", late)


def total(instance: Instance, served: Served) -> float:
    """The utility of all pairs: pay times rate of success."""
    return int(instance.utility(served.task, served.worker).sum()) / instance.scale


def _check_pairs(instance: Instance, served: Served) -> None:
    task, worker = served.task, served.worker
    _refuse("not a task and a worker", ~instance.is_task[task] | instance.is_task[worker])
    apart = np.hypot(instance.x[task] - instance.x[worker], instance.y[task] - instance.y[worker])
    _refuse("too far apart", apart > instance.reach[worker])
    for one, other in ((task, worker), (worker, task)):
        ends = instance.at_s[other] + instance.ttl_s[other]
        _refuse("whose times do not meet", instance.at_s[one] >= ends)
    uses = np.bincount(np.concatenate([task, worker]), minlength=len(instance))
    if (uses > instance.room).any():
        raise Broken(f"{int((uses > instance.room).sum())} tasks or workers used too often")


def _refuse(bound: str, broken: np.typing.NDArray[np.bool_]) -> None:
    if broken.any():
        raise Broken(f"{int(broken.sum())} pairs {bound}")
