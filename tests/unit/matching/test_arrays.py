"""What numpy lacks for ragged rows, and the memory that rounds leave to each other."""

import subprocess
import sys

import numpy as np
import pytest

from matching.arrays import ranges, whole_s

AGAIN = """
import resource
import numpy as np
from matching.arrays import keep_freed_memory
{keep}
def faults_of_a_round():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    columns = [np.ones(50_000) for _ in range(60)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults_of_a_round()
print(faults_of_a_round())
"""


def test_ranges_follow_one_another() -> None:
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]
    assert ranges(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []


def test_the_last_bits_of_a_sum_do_not_put_it_past_a_second() -> None:
    assert whole_s(np.array([10.0, 10.000001, 10.2])).tolist() == [10.0, 10.0, 11.0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of glibc's allocator")
def test_a_round_finds_the_memory_that_the_one_before_freed() -> None:
    """24 MB of columns are 5,900 pages of 4 KiB."""
    found = [
        subprocess.run([sys.executable, "-c", AGAIN.format(keep=keep)], stdout=-1, check=True)
        for keep in ("", "keep_freed_memory()")
    ]
    given_back, kept = (int(each.stdout) for each in found)
    assert kept < 500 < given_back
