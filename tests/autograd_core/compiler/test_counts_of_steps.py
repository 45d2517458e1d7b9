"""Compiled steps count the optimiser's steps before they run: whatever comes between, they count as eager ones do."""

import numpy as np
import pytest

import autograd_core as ag
import optim
from nn import functions

OPTIMISERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
    "NAdam": lambda p: optim.NAdam(p, lr=0.1),  # which carries more than the count from step to step
    "RAdam": lambda p: optim.RAdam(p, lr=0.1),  # whose rule is another from the sixth step on
    "groups": lambda p: optim.Adam([{"params": p[:1], "lr": 0.2}, {"params": p[1:]}], lr=0.1),
    "Muon": lambda p: optim.Muon(p[1:], lr=0.1),
}


class Training:
    """A small training, compiled or not, and what comes between its steps."""

    def __init__(self, make, compiled):
        rng = np.random.default_rng(0)
        shapes = [(3,), (4, 3), (2, 3)]
        self.parameters = [ag.tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes]
        self.optimizer = make(self.parameters)
        self.batches = rng.standard_normal((40, 5, 3))
        self.labels = rng.integers(0, 2, (40, 5))
        self.losses = []
        self.count = 0

        def step(x, labels):
            self.optimizer.zero_grad()
            bias, hidden, out = self.parameters
            loss = functions.cross_entropy(
                ((x + bias) @ hidden.T).tanh() @ ag.ones((4, 3), dtype="float64") @ out.T, labels
            )
            loss.backward()
            self.optimizer.step()
            return loss

        self.eager = step
        self.step = ag.compile(step) if compiled else step

    def go(self, steps=6):
        for _ in range(steps):
            x, labels = ag.tensor(self.batches[self.count]), ag.tensor(self.labels[self.count])
            self.losses.append(float(self.step(x, labels)))
            self.count += 1

    def everything(self):
        state = self.optimizer.state_dict()["state"]
        entries = [np.asarray(state[i][name], float) for i in sorted(state) for name in sorted(state[i])]
        return [np.array(self.losses), *[p.numpy() for p in self.parameters], *entries]


def breaks_off(training):
    """A batch whose labels are refused, before any update."""
    with pytest.raises(ag.AutogradError):
        training.step(ag.tensor(training.batches[0]), ag.tensor(np.full(5, 9)))


def sets_a_count(training):
    next(iter(training.optimizer.state.values()))["step"] = 40


def sets_all_counts(training):
    for state in training.optimizer.state.values():
        state["step"] = 40


def sets_a_rate(training):
    training.optimizer.set_lr(0.01)


def replaces_a_state(training):
    for state in training.optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, ag.Tensor):
                state[name] = value * 0.5


def writes_into_a_state(training):
    for state in training.optimizer.state.values():
        for value in state.values():
            if isinstance(value, ag.Tensor):
                value.assign(value * 0.5)


def takes_a_step_without_compiling(training):
    training.eager(ag.tensor(training.batches[-1]), ag.tensor(training.labels[-1]))


def gives_one_parameter_alone_a_gradient(training):
    training.optimizer.zero_grad()
    training.parameters[1].grad = ag.ones((4, 3), dtype="float64")
    training.optimizer.step()


def goes_back(training):
    saved = training.optimizer.state_dict()
    training.go(1)
    training.optimizer.load_state_dict(saved)


BETWEEN = [
    breaks_off, sets_a_count, sets_all_counts, sets_a_rate, replaces_a_state, writes_into_a_state,
    takes_a_step_without_compiling, gives_one_parameter_alone_a_gradient, goes_back,
]  # fmt: skip


CASES = [(name, between) for name in OPTIMISERS for between in BETWEEN]
CASES.remove(("Muon", replaces_a_state))  # which is refused, for another update comes after that of the momentum


@pytest.mark.parametrize(("name", "between"), CASES)
def test_whatever_comes_between_steps(name, between):
    trainings = [Training(OPTIMISERS[name], compiled) for compiled in (True, False)]
    for training in trainings:
        training.go()
        between(training)
        training.go()
        between(training)
        training.go(2)
    for compiled, eager in zip(*[training.everything() for training in trainings], strict=True):
        np.testing.assert_allclose(compiled, eager, rtol=1e-12, atol=1e-14)


def test_a_parameter_that_had_no_gradient_and_gets_one_outside():
    w, unused = (ag.ones(3, requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([w, unused], lr=0.5)

    @ag.compile
    def step(x):
        w.grad = None  # of this one alone
        (w * x).sum().backward()
        optimizer.step()

    for _ in range(5):
        step(ag.ones(3))
    unused.grad = ag.ones(3)
    with pytest.raises(ag.CompileError, match="gradients from outside"):
        step(ag.ones(3))
    np.testing.assert_array_equal(unused.numpy(), 1.0)


def test_two_steps_of_an_optimiser_in_one_that_breaks_off_between_them():
    w = ag.ones(3, requires_grad=True)
    optimizer = optim.Adam([w], lr=0.5)
    breaks = False

    @ag.array_op
    def maybe(x, /):
        if breaks:
            raise RuntimeError("broken off")
        return x + 0.0

    @maybe.vjp("x")
    def _(g, x):
        return g

    @ag.compile
    def step(x):
        for first in (True, False):
            w.grad = None
            (w * (x if first else maybe(x))).sum().backward()
            optimizer.step()
        return x.sum()

    for _ in range(5):
        step(ag.ones(3))
    assert optimizer.state[0]["step"] == 10
    breaks = True
    with pytest.raises(RuntimeError, match="broken off"):
        step(ag.ones(3))
    assert optimizer.state[0]["step"] == 11
    breaks = False
    step(ag.ones(3))
    assert optimizer.state[0]["step"] == 13
