"""One library in a process of its own: prepares what it is asked to, and times it when it is its turn.

Requests and replies are lines of JSON. A peer is a module of benchmarks.peers; a case of the kind "matmul" goes to its
function `matmul`, which returns a Task.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from typing import Any

from benchmarks.problems import in_short
from benchmarks.timing import Task, seconds_per_call

# Seconds between two looks at what a process still does after its turn, and until it is left to it.
LOOK, LONGEST_WAIT = 0.02, 1.0


def main(peer_name: str) -> None:
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not come between the replies

    def reply(**content: Any) -> None:
        print(json.dumps(content), file=replies, flush=True)

    try:
        peer = importlib.import_module(f"benchmarks.peers.{peer_name}")
    except Exception as error:
        return reply(problem=_reason(error))
    reply(threads=peer.threads())
    task: Task | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                task = None  # frees the one before
                kind = getattr(peer, request["kind"], None)
                if kind is None:
                    reply(problem="not for it")
                    continue
                task = kind(**request["case"])
                _fall_asleep()
                reply(evidence=task.evidence)
            else:
                seconds = seconds_per_call(task, request["wanted"])
                _fall_asleep()
                reply(seconds=seconds)
        except NotImplementedError as error:
            reply(problem=str(error))
        except Exception as error:
            reply(problem=_reason(error))
    return None


def _fall_asleep() -> None:
    """Return when this process has come to rest.

    Threads that wait for work go on spinning for a while, OpenBLAS's for 0.1 s, on the cores that the next library
    needs.
    """
    last = time.perf_counter() + LONGEST_WAIT
    busy = True
    while busy and time.perf_counter() < last:
        spent = time.process_time()
        time.sleep(LOOK)
        busy = time.process_time() - spent > LOOK / 10


def _reason(error: Exception) -> str:
    text = str(error).strip() or "no message"
    return in_short(f"{type(error).__name__}: {text.splitlines()[0]}")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's; it closes the pipes
    with contextlib.suppress(BrokenPipeError):
        main(sys.argv[1])
