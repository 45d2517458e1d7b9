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
from typing import Any

from benchmarks.problems import in_short
from benchmarks.timing import Task, seconds_per_call


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
                reply(evidence=task.evidence)
            else:
                reply(seconds=seconds_per_call(task, request["wanted"]))
        except NotImplementedError as error:
            reply(problem=str(error))
        except Exception as error:
            reply(problem=_reason(error))
    return None


def _reason(error: Exception) -> str:
    text = str(error).strip() or "no message"
    return in_short(f"{type(error).__name__}: {text.splitlines()[0]}")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's; it closes the pipes
    with contextlib.suppress(BrokenPipeError):
        main(sys.argv[1])
