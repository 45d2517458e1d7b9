"""What the tests of the search minimise; a module of its own, so that other processes can import it."""

import json
import os
import time

import numpy as np

import autograd_core as ag
import nn
import optim
from nn.errors import DivergenceError
from nn.search import grid, run
from nn.training import Callback, Trainer


def bowl(parameters, seed):
    """Least at x = 0.3, y = 1e-3 (in its logarithm)."""
    return (parameters["x"] - 0.3) ** 2 + (np.log10(parameters["y"]) + 3) ** 2


def drawn(parameters, seed):
    """What the default generator gives after the seed."""
    return float(ag.default_generator().random()) + seed


def trained(parameters, seed):
    """The loss of a small network after two epochs."""
    x = np.linspace(-1, 1, 32, dtype=np.float32)[:, None]
    net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    trainer = Trainer(net, nn.functions.mse_loss, optim.SGD(net.parameters(), lr=parameters["lr"]))
    trainer.fit((x, x**2), epochs=2, batch_size=8, seed=seed)
    return trainer.history[-1].train["loss"]


class Pause(Callback):
    """Lets the other threads draw between two steps."""

    def __init__(self, seconds):
        self.seconds = seconds

    def step_ended(self, trainer):
        time.sleep(self.seconds)


def trained_with_dropout(parameters, seed):
    """As `trained`; with masks, and examples in an order, from the default generator."""
    x = ag.default_generator().permutation(np.linspace(-1, 1, 32, dtype=np.float32))[:, None]
    net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 1))
    optimizer = optim.SGD(net.parameters(), lr=parameters["lr"])
    trainer = Trainer(net, nn.functions.mse_loss, optimizer, callbacks=Pause(parameters["pause"]))
    trainer.fit((x, x**2), epochs=3, batch_size=8, seed=seed)
    return trainer.history[-1].train["loss"]


def process(parameters, seed):
    return os.getpid()


def threads(parameters, seed):
    return ag.get_num_threads()


def troublesome(parameters, seed):
    """Fails in the way it is told to."""
    match parameters["way"]:
        case "diverges":
            raise DivergenceError("the loss is nan")
        case "nan":
            return float("nan")
        case "defect":
            return {}["nothing"]
        case "text":
            return "0.5"
        case "killed":
            os._exit(9)
        case number:
            return number


def fold_mean(train, validation, seed):
    assert len(train) + len(validation) == 10
    return float(np.mean([x for x, _ in validation]))


def fold_fails(train, validation, seed):
    raise DivergenceError("the loss is inf")


def search_by_mpi():
    """What several processes of MPI do: the first one searches, the others try."""
    import search_objectives  # by the name that the workers know it by
    from mpi4py.futures import MPIPoolExecutor

    with MPIPoolExecutor() as executor:
        results = run(search_objectives.trained, grid({"lr": [0.01, 0.1, 0.3]}), executor=executor, seed=4)
    print(json.dumps([trial.value for trial in results]))


if __name__ == "__main__":
    search_by_mpi()
