"""What the processes of the tests do: `mpirun -n 4 python parallel_programs.py NAME DIRECTORY` calls the function."""

import hashlib
import os
import signal
import sys
from pathlib import Path

import numpy as np

import autograd_core as ag
import nn
import optim
from nn.parallel import DataParallel
from nn.training import Callback, Checkpoint, Checkpoints, EarlyStopping, Trainer

rng = np.random.default_rng(0)
# In mini-batches of 8 or 16 the last one has 6, which make three shards: a process of four has nothing to do.
IMAGES, LABELS = rng.standard_normal((70, 1, 6, 6)).astype(np.float32), rng.integers(0, 3, 70)


def network():
    """With dropout, and batch normalisation, and gradients in several buckets."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(64, 16),
        nn.Tanh(),
        nn.Linear(16, 3),
    )


def trainer(callbacks=(), seed=0, **options):
    ag.manual_seed(seed)
    net = network()
    parallel = DataParallel(shards=4, bucket_bytes=1000, timeout=120)
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    options = {"metrics": ["accuracy"], "parallel": parallel, "callbacks": callbacks, **options}
    return Trainer(net, nn.functions.cross_entropy, optimizer, **options)


def fit(one, epochs=1):
    return one.fit((IMAGES, LABELS), (IMAGES, LABELS), epochs=epochs, batch_size=16, seed=3)


def noise(images, generator):
    return images + generator.standard_normal(images.shape, np.float32) / 10


def ways():
    """Trainings that differ in how a step is made."""
    return {
        "eager": {"compile": False},
        "accumulated": {"compile": False, "accumulate": 2, "clip": lambda ps: optim.clip_grad_norm(ps, 0.5)},
        "compiled": {"compile": True},
    }


def digest(state):
    """What the arrays and numbers of a state are, but for the seconds."""
    if isinstance(state, dict):
        return {key: digest(value) for key, value in state.items() if key != "seconds"}
    if isinstance(state, list):
        return [digest(value) for value in state]
    return hashlib.sha256(np.ascontiguousarray(state)).hexdigest() if isinstance(state, np.ndarray) else state


def trained_in_all_ways(directory):
    """Each process starts from other weights, and the first one's count."""
    found = {}
    for name, options in ways().items():
        one = trainer(seed=int(os.environ.get("PMI_RANK", 0)), **options)
        augment = noise if name == "eager" else None
        one.fit((IMAGES, LABELS), (IMAGES, LABELS), epochs=1, batch_size=8, seed=3, augment=augment)
        found[name] = digest(one.state_dict())
    if one.is_first:
        Checkpoint({}, found).save(Path(directory, "found"))


class Deadly(Callback):
    """The second process is killed after its seventh step."""

    def __init__(self, deadly):
        self.deadly = deadly

    def step_ended(self, trainer):
        if self.deadly and trainer.position.step == 7 and trainer.parallel.rank == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def saving(directory, deadly=False):
    """A training that saves after each step, and remembers its best epoch."""
    path = Path(directory, "checkpoint")
    one = trainer([Checkpoints(path, every_steps=1), EarlyStopping(patience=5), Deadly(deadly)], compile=False)
    if path.exists():
        Checkpoint.load(path).restore(one)
    return one


def killed(directory):
    fit(saving(directory, deadly=True), epochs=3)


def failing(directory):
    """The second process fails before the training, which the first one has begun."""
    one = trainer()
    if one.parallel.rank == 1:
        raise KeyError("of my own")
    fit(one)


def frozen_in_one(directory):
    """The second process freezes a bias between two steps, alone; both say so."""
    parallel = DataParallel(shards=2, timeout=60)
    net = nn.Linear(3, 2)
    parallel.share_weights(net)
    x = np.ones((4, 3), np.float32)
    for step in range(2):
        net.bias.requires_grad = not (step and parallel.rank)
        try:
            parallel.backward(net, lambda x: net(ag.tensor(x)).sum(), x)
        except nn.ParallelError as error:
            Path(directory, str(parallel.rank)).write_text(f"{step}: {error}")


def waiting(directory):
    """The second process leaves, and the first one waits for it."""
    parallel = DataParallel(shards=2, timeout=0.3)
    if parallel.is_first:
        parallel.gather(np.zeros(1))


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
