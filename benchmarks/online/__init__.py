"""Matching as arrivals come: published days and instances, replayed without looking ahead.

`lines` reads the files, `day` and `instance` are what they hold. `replay` lets a policy decide as
the day's arrivals come, one group of arrivals at a time, and `rules` and `engine` are policies.
`check` goes through the pairs that were made, knowing nothing of how: that is what a score rests
on. A policy is shown what has arrived, never the day.
"""
