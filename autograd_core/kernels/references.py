"""Reference counts, which say who else looks at an array.

What sys.getrefcount adds to them depends on Python's version and on where it is called: from Python 3.14 on a name may
lend its reference to the call, which then counts none of its own. A number in the source that allows for one more would
take what somebody holds for free. So things are counted where they stand, in a list, and what that adds is measured.
"""

import sys
from typing import Any


def counts(things: list[Any]) -> list[int]:
    """How many references there are to each of the things in a list, besides the list's."""
    return [n - _ADDED for n in map(sys.getrefcount, things)]


_ADDED = max(map(sys.getrefcount, [object()]))
