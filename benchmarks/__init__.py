"""Side by side with the peers, in one run: `make bench`, or `python -m benchmarks --help` where they are installed.

Every library works in a process of its own (worker.py), as it would for its users: thread pools that spin after a
call would otherwise take the processors from whoever comes next. The runner (runner.py) gives them turns, A B C A B C,
and takes medians. What they have computed is compared before anything is timed.
"""
