"""One module a library, written as its users would write it well; each function returns a Task (timing.py).

What a library lacks, its module leaves out. `threads()` says how many threads it uses.
"""
