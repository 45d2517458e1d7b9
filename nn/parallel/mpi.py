"""Processes that MPI started, by mpi4py (the extra `mpi`), and how they end together.

Waiting offers the processor to others and then sleeps for moments, where MPI's own waiting would keep it busy: so more
processes than processors are slow, but not stuck, and a wait can be given up.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from types import TracebackType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from nn.errors import ParallelError
from nn.parallel.communicator import Alone, Communicator, Pending

# What those that start several processes tell each of them: how many there are.
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS", "SLURM_STEP_NUM_TASKS")
_THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
# How often waiting looks before it sleeps between looks: about a millisecond, or next to nothing where processes have
# to share processors, since it may be the partner that is kept from its work.
_EAGER_LOOKS, _FEW_LOOKS = 2000, 20
_NAP = 20e-6
_GRACE = 0.3  # seconds that each process gives those before it to speak for all, where several have failed alike


def started_with() -> int:
    """How many processes mpirun (or srun) has started this one with, by its environment; 1 if it was not."""
    return max([int(text) for name in _SIZES if (text := os.environ.get(name, "")).isdecimal()], default=1)


class Mpi:
    """All processes of this MPI program; see `Communicator`.

    Large kernels then use a share of the machine's processors in each process, unless `NUMBA_NUM_THREADS` or
    `OMP_NUM_THREADS` says how many. An exception that nobody catches in any of them ends them all. Waiting for another
    process longer than `timeout` seconds does so, too.
    """

    def __init__(self, timeout: float = 600.0) -> None:
        try:
            from mpi4py import MPI
        except (ImportError, RuntimeError) as error:
            raise ParallelError(
                f"this is one of {started_with()} processes, but mpi4py cannot be used ({error});"
                " pip install 'autograd-core[mpi]'"
            ) from error
        self._world = MPI.COMM_WORLD.Dup()  # messages of the program's own are others
        self._any = MPI
        self.rank, self.size, self._timeout = self._world.rank, self._world.size, timeout
        self._eager_looks = _EAGER_LOOKS
        if self.size < started_with():
            raise ParallelError(
                f"this is one of {started_with()} processes, but mpi4py sees {self.size}: mpirun is of another MPI than"
                f" the one that mpi4py uses, which is {MPI.Get_library_version().split(chr(10))[0]}; use its mpirun"
            )
        if self.size > 1:
            self._share_processors()
            self._before = sys.excepthook
            sys.excepthook = self._end_with

    def exchange(self, partner: int, out: NDArray[Any], into: NDArray[Any], tag: int) -> Pending:
        """See `Communicator`."""
        into, out = into.view(np.uint8), out.view(np.uint8)
        return _Requests(
            self._any,
            [self._world.Irecv(into, partner, tag), self._world.Isend(out, partner, tag)],
            into,
            f"process {partner}",
        )

    def gather(self, array: NDArray[Any]) -> Pending:
        """See `Communicator`."""
        own = np.ascontiguousarray(array)
        found = np.empty((self.size, *own.shape), own.dtype)
        request = self._world.Iallgather(own.view(np.uint8), found.view(np.uint8))
        return _Requests(self._any, [request], found, "the others", own)

    def broadcast(self, content: bytes, root: int = 0) -> bytes:
        """See `Communicator`."""
        length = np.array([len(content)], np.int64)
        self.wait(_Requests(self._any, [self._world.Ibcast(length, root)], length, f"process {root}"))
        found = np.frombuffer(content, np.uint8).copy() if self.rank == root else np.empty(int(length[0]), np.uint8)
        self.wait(_Requests(self._any, [self._world.Ibcast(found, root)], found, f"process {root}"))
        return found.tobytes()

    def wait(self, *pending: Pending) -> None:
        """See `Communicator`."""
        looks, started = 0, time.monotonic()
        while not all([one.done() for one in pending]):  # noqa: C419  all of them have to be asked
            looks += 1
            if looks < self._eager_looks:
                os.sched_yield() if hasattr(os, "sched_yield") else time.sleep(0)
                continue
            time.sleep(_NAP)
            if looks % 1000 == 0 and time.monotonic() - started > self._timeout:
                whom = next((one.whom for one in pending if isinstance(one, _Requests) and not one.done()), "others")
                self.abort(
                    f"process {self.rank} of {self.size} has waited {self._timeout:g} seconds for {whom}: it hangs, was"
                    " lost, or has left the training; DataParallel(timeout=...) waits longer"
                )

    def abort(self, message: str, code: int = 1) -> NoReturn:
        """See `Communicator`."""
        if self.rank:
            time.sleep(_GRACE * min(self.rank, 50))
        sys.stdout.flush()
        print(message, file=sys.stderr, flush=True)
        self._world.Abort(code)
        raise SystemExit(code)  # which Abort does not come back to

    def __repr__(self) -> str:
        return f"process {self.rank} of {self.size}"

    def _end_with(
        self, kind: type[BaseException], error: BaseException, where: TracebackType | None
    ) -> None:  # pragma: no cover - in processes of their own
        text = "".join(traceback.format_exception(kind, error, where))
        self.abort(f"{text}process {self.rank} of {self.size} failed, which ends all of them")

    def _share_processors(self) -> None:
        """Of the processors that the processes of this machine may use together, each takes its part."""
        here = self._world.Split_type(self._any.COMM_TYPE_SHARED)
        own = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
        mask = np.zeros(4096, np.uint8)
        mask[[number for number in own if number < mask.size]] = 1
        union = np.empty_like(mask)
        here.Allreduce(mask, union, self._any.MAX)
        if here.size > union.sum():
            self._eager_looks = _FEW_LOOKS
        if not any(os.environ.get(name, "").strip() for name in _THREADS):
            ag.set_num_threads(max(1, min(len(own), int(union.sum()) // here.size)))
        here.Free()


class _Requests:
    """Requests of MPI, and the memory that they speak of."""

    def __init__(self, mpi: Any, requests: list[Any], value: Any, whom: str, *held: Any) -> None:
        self._mpi, self._requests, self.value, self.whom, self._held = mpi, requests, value, whom, held

    def done(self) -> bool:
        """Whether all are."""
        if self._requests and self._mpi.Request.Testall(self._requests):
            self._requests = []
        return not self._requests


def communicator(timeout: float = 600.0) -> Communicator:
    """MPI's if this process was started by mpirun with others, else one alone. Raises `ParallelError`."""
    return Mpi(timeout) if started_with() > 1 else Alone()
