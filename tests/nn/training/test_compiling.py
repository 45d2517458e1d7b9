"""Compiled steps of a training: which are, that they train alike, and that a diverged loss reaches no weight."""

import functools

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import functions as F
from nn.errors import DivergenceError
from nn.training import Trainer

rng = np.random.default_rng(0)
X, LABELS = rng.standard_normal((70, 5)).astype(np.float32), rng.integers(0, 3, 70)


class OneOfMyOwn(nn.Module):
    def __init__(self):
        self.linear = nn.Linear(5, 3)

    def forward(self, x):
        return self.linear(x)


def network():
    ag.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.BatchNorm1d(16), nn.Dropout(0.2), nn.Linear(16, 3))


def trainer(net=None, loss=F.cross_entropy, **named):
    net = network() if net is None else net
    return Trainer(net, loss, optim.Adam(net.parameters(), lr=0.01), metrics=["accuracy"], **named)


def programs(of):
    return len(of._compiled._entries)


SETTINGS = {
    "as it is": dict,
    "accumulated": lambda: {"accumulate": 3},
    "clipped": lambda: {"clip": functools.partial(optim.clip_grad_norm, max_norm=0.1)},
    "scheduled": lambda: {"schedule": lambda step: 0.01 / (1 + step)},
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_compiled_training_is_the_same_up_to_rounding(settings):
    states = []
    for compile in (True, False):
        one = trainer(compile=compile, **SETTINGS[settings]())
        one.fit((X, LABELS), (X, LABELS), epochs=4, batch_size=16, seed=3)
        states.append((one.model.state_dict(), one.history))
        assert (programs(one) > 0) == compile
    (ours, history), (eager, expected) = states
    for name in eager:
        np.testing.assert_allclose(ours[name], eager[name], rtol=1e-3, atol=1e-5)
    for mine, theirs in zip(history, expected, strict=True):
        assert mine.train["loss"] == pytest.approx(theirs.train["loss"], rel=1e-4)
        assert mine.train["accuracy"] == theirs.train["accuracy"]


def test_what_is_compiled_by_default():
    def is_compiled(one, data=(X, LABELS), batch_size=35):
        one.fit(data, epochs=1, batch_size=batch_size)
        return programs(one) > 0

    assert is_compiled(trainer())
    assert is_compiled(trainer(loss=nn.CrossEntropyLoss()))
    assert is_compiled(trainer(loss=functools.partial(F.cross_entropy, label_smoothing=0.1)))
    assert not is_compiled(trainer(OneOfMyOwn()))
    assert is_compiled(trainer(OneOfMyOwn(), compile=True))
    assert not is_compiled(trainer(loss=lambda outputs, targets: F.cross_entropy(outputs, targets)))
    assert not is_compiled(trainer(compile=False))
    assert not is_compiled(trainer(clip=lambda parameters: None))
    seen = []
    watched = trainer()
    watched.model[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    assert not is_compiled(watched)
    assert len(seen) == 2
    patched = trainer()
    patched.model[0].forward = lambda x, layer=patched.model[0]: F.linear(x, layer.weight, layer.bias)
    assert not is_compiled(patched)
    lists = [(X[:20].tolist(), LABELS[:20].tolist())] * 2
    assert not is_compiled(trainer(), lists, None)


def weights_after(change, compile):
    one = trainer(compile=compile)
    one.fit((X, LABELS), epochs=2, batch_size=16)
    change(one)
    one.fit((X, LABELS), epochs=4, batch_size=16)
    return one.model.state_dict()["0.weight"]


CHANGES = {
    "a layer more": lambda one: one.model.append(nn.Tanh()),
    "another loss": lambda one: setattr(one, "loss", functools.partial(F.cross_entropy, label_smoothing=0.3)),
    "another optimiser": lambda one: setattr(one, "optimizer", optim.SGD(one.model.parameters(), lr=0.1)),
    "only the head is learned": lambda one: setattr(one, "optimizer", optim.SGD(one.model[4].parameters(), lr=0.1)),
    "a frozen layer": lambda one: [setattr(p, "requires_grad", False) for p in one.model[0].parameters()],
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_between_two_trainings_is_followed(change):
    ours, eager = (weights_after(CHANGES[change], compile) for compile in (None, False))
    np.testing.assert_allclose(ours, eager, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("bad", [0, 1, 2, 4])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_diverged_loss_reaches_no_weight(bad, accumulate):
    batches = [(X[:20].copy(), LABELS[:20]) for _ in range(10)]
    batches[bad * accumulate][0][3, 2] = np.nan
    one = trainer(compile=True, accumulate=accumulate)
    states = []

    class Remember(nn.training.Callback):
        def step_ended(self, trainer):
            states.append(trainer.state_dict())

    one.callbacks = [Remember()]
    before = one.state_dict()
    place = f"mini-batch {bad + 1}" if accumulate == 1 else f"mini-batches {2 * bad + 1} to {2 * bad + 2}"
    with pytest.raises(DivergenceError, match=f"training diverged: the loss is nan in epoch 1, {place};"):
        one.fit(batches, epochs=1)
    assert len(states) == bad
    expected = (states or [before])[-1]
    found = one.state_dict()
    assert found["position"] == expected["position"]
    for name in ("0.weight", "4.bias"):
        np.testing.assert_array_equal(found["model"][name], expected["model"][name])
    assert repr(found["optimizer"]) == repr(expected["optimizer"])
