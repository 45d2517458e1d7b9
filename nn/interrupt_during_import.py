"""Ctrl-C while `python -m nn` is still importing: end at once and in silence, as a program that has not begun should.

Imported first of all by `nn`. Only in `python -m nn` does it do anything: it is then that `sys.argv[0]` is "-m" during
the import of the package. `nn.__main__` takes over as soon as it is there.
"""

import signal
import sys

if sys.argv[:1] == ["-m"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
