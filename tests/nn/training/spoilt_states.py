"""Run by test_checkpoint.py in a process of its own: every field of a checkpoint, spoilt in every way, is loaded.

Prints what ended neither in an error of this project's nor in a training that goes on soundly. A process of its own,
for what native code makes of a bad number may be the end of the process; the last line printed names the field then.
"""

import collections
import copy
import json
import sys
import warnings
from pathlib import Path

import numpy as np

import autograd_core as ag
import nn
import optim
from nn.tensor_file import write_tensors
from nn.training import Checkpoint, Checkpoints, EarlyStopping, Monitor, Trainer
from nn.training.checkpoint import FORMAT, VERSION, _checksum, _without_arrays

EXTREMES = (
    -(10**9),
    -1,
    2**40,
    10**30,
    1.5,
    -1e300,
    float("nan"),
    float("inf"),
    True,
    None,
    "text",
    [],
    [1],
    {},
    {"a": 1},
)
ARRAYS = (
    lambda a: np.zeros((*a.shape, 2), a.dtype),
    lambda a: np.zeros(0, a.dtype),
    lambda a: np.full(a.shape, np.nan, np.float64),
    lambda a: np.full(a.shape, -(2**63), np.int64),
    lambda a: np.full(a.shape, True),
    lambda a: a.astype(np.float16),
)
X = np.random.default_rng(0).uniform(-1, 1, (24, 2)).astype(np.float32)
Y = X @ np.array([[2.0], [-3.0]], np.float32)


def trainer(*callbacks, optimizer=optim.Adam):
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.2), nn.Linear(3, 1))
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    return Trainer(
        net,
        nn.functions.mse_loss,
        optimizer,
        schedule=optim.schedules.ReduceOnPlateau(0.01),
        average=optim.ExponentialMovingAverage(net.parameters(), decay=0.9),
        callbacks=[*callbacks, EarlyStopping(), Monitor("train", (X, Y), report=None)],
    )


def fit(trainer, epochs):
    return trainer.fit((X, Y), (X, Y), epochs=epochs, batch_size=8)


def places(state, place=()):
    """Every dictionary, list and leaf below, as keys one after the other."""
    for key, value in state.items() if isinstance(state, dict) else enumerate(state):
        yield (*place, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*place, key))


def changed(state, place, change):
    """A copy with that place changed by `change(container, key)`."""
    state = copy.deepcopy(state)
    container = state
    for key in place[:-1]:
        container = container[key]
    change(container, place[-1])
    return state


def put(value):
    def change(container, key):
        container[key] = value(container[key]) if callable(value) else value

    return change


def remove(container, key):
    del container[key]


def load_and_train(path, whole, name):
    """What became of it: "refused", "trained", or else what is wrong."""
    state = whole.get("state")
    if isinstance(state, dict) and isinstance(state.get("random_state"), (dict, list)):
        state["random_state"] = json.dumps(state["random_state"])
    write(path, whole)
    resumed = trainer()
    try:
        Checkpoint.load(path).restore(resumed)
    except nn.CheckpointError as error:
        named = name.rstrip("s") in str(error) or "was it saved by another optimiser?" in str(error)
        clear = str(error).startswith(str(path)) and named and "\n" not in str(error)
        return "refused" if clear else f"refused without a clear word: {error}"
    except BaseException as error:
        return f"loading raised {type(error).__name__}: {error}"
    try:
        fit(resumed, 2)
    except ag.AutogradError:
        return "refused"
    except BaseException as error:
        return f"training raised {type(error).__name__}: {error}"
    return "trained"


def write(path, whole):
    """As `Checkpoint.save` does, but whatever `whole` is."""
    arrays = {}
    content = json.dumps(_without_arrays(whole, (), arrays))
    metadata = {"format": FORMAT, "version": str(VERSION), "content": content, "sha256": _checksum(arrays, content)}
    write_tensors(path, arrays, metadata)


def main(path):
    warnings.simplefilter("error")
    assert fit(trainer(Checkpoints(path)), 1)
    saved = Checkpoint.load(path)
    # The random state is text; taken apart, its fields are spoilt like all others.
    whole = {"state": {**saved.state, "random_state": json.loads(saved.state["random_state"])}, "notes": saved.notes}
    outcomes = collections.Counter()
    for place in places(whole):
        value = whole
        for key in place:
            value = value[key]
        changes = {"missing": remove} | {repr(extreme): put(extreme) for extreme in EXTREMES}
        if isinstance(value, np.ndarray):
            changes |= {f"array {number}": put(change) for number, change in enumerate(ARRAYS)}
        for what, change in changes.items():
            name = ".".join(map(str, place))
            print("loading", name, what, file=sys.stderr, flush=True)
            known = next((key for key in reversed(place) if isinstance(key, str) and not key.isdecimal()), "")
            outcome = load_and_train(path, changed(whole, place, change), known)
            outcomes[outcome] += 1
            if outcome not in ("refused", "trained"):
                print(f"{name} {what}: {outcome}", flush=True)
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
