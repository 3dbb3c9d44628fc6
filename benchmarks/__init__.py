"""Measurements, each beside the peers it is held against.

`python -m benchmarks NAME [--json FILE]` runs one, prints its table and, if asked, writes the rows.
Runs of what is compared alternate, so that a busy minute hits everybody; times are medians of CPU
seconds. Peers run in the same process, on the same data. Nothing here is needed to run Dibs.
"""
