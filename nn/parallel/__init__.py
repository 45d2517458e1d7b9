"""More than one process, on one machine or many: mini-batches shared among them, to the same bits as by one alone."""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.errors import ParallelError
from nn.parallel.communicator import Alone, Communicator, Pending
from nn.parallel.data_parallel import DataParallel
from nn.parallel.mpi import Mpi, communicator, started_with

__all__ = ["Alone", "Communicator", "DataParallel", "Mpi", "ParallelError", "Pending", "communicator", "started_with"]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
