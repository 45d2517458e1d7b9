"""Compiled steps count the optimiser's steps before they run: whatever comes between, they count as eager ones do."""

import sys
import threading

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.recording import thread
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


@pytest.mark.parametrize("shown", ["average", "leaf", "loss"])
@pytest.mark.parametrize(
    ("optimiser", "change"),
    [
        ("RAdam", None),  # whose rule is another from the sixth step on
        ("SGD", "momentum"),
        ("Adam", "maximize"),
        ("Adam", "a state"),
        ("Adam", "all states"),
        ("Adam", "a count"),
    ],
)
@pytest.mark.parametrize("calls", [1, 2, 3, 5])  # before the change: some are captured, one is run both ways
def test_other_updates_than_were_captured_with_something_after_them(optimiser, change, calls, shown):
    def run(compiled):
        leaves = [_leaf(1.0, -2.0), _leaf(0.5)]
        average = ag.zeros(2, dtype="float64")
        optimizer = OPTIMISERS[optimiser](leaves)

        @compiled
        def step(x):
            optimizer.zero_grad()
            loss = ((leaves[0] * x).sin() + leaves[1]).sum()
            loss.backward()
            optimizer.step()
            if shown == "average":
                average.assign(0.5 * average + 0.5 * leaves[0].detach())
            return leaves[0].detach() if shown == "leaf" else loss

        results = []
        for i in range(9):
            if i == calls and change in ("momentum", "maximize"):
                optimizer.param_groups[0][change] = 0.9 if change == "momentum" else True
            elif i == calls and change == "a state":
                optimizer.state[0]["exp_avg"] = optimizer.state[0]["exp_avg"] * 0.5
            elif i == calls and change == "all states":
                optimizer.state.clear()
            elif i == calls and change == "a count":
                optimizer.state[1]["step"] = 50
            results.append(step(ag.tensor([0.3, 0.1 * i], dtype="float64")).numpy().copy())
        return [*map(np.sum, results), *[leaf.numpy() for leaf in leaves], average.numpy()]

    _of_both(run)


@pytest.mark.parametrize("shown", ["average", "leaf"])
def test_updates_of_ones_own_that_change_are_made_and_then_refused(shown):
    @ag.update_rule
    def descend(g, /, p, *, rate):
        return p - rate * g

    @ag.update_rule
    def ascend(g, /, p, *, rate):
        return p + rate * g

    w, average = ag.zeros(3, requires_grad=True), ag.zeros(3)
    rules = [descend]  # what is in a list is not looked at, but updates are listed at every run

    @ag.compile
    def step(x):
        w.grad = None
        (w * x).sum().backward()
        ag.apply_updates(lambda: [(rules[0].with_numbers({"rate": 0.5}), [w.grad, w])])
        if shown == "average":
            average.assign(w.detach() * 2.0)
        return w.detach() if shown == "leaf" else None

    for _ in range(5):
        step(ag.ones(3))
    rules[0] = ascend
    with pytest.raises(ag.CompileError, match="has made these updates, but not what comes after"):
        step(ag.ones(3))
    np.testing.assert_array_equal(w.numpy(), -2.0)
    np.testing.assert_array_equal(average.numpy(), -5.0 if shown == "average" else 0.0)
    shown_now = step(ag.ones(3))
    np.testing.assert_array_equal(w.numpy(), -1.5)
    np.testing.assert_array_equal(average.numpy() if shown == "average" else 2 * shown_now.numpy(), -3.0)


@pytest.mark.parametrize(
    "setting",
    [{"nesterov": False}, {"ns_steps": 2}, {"ns_coefficients": (2.0, -1.5, 0.5)}, {"momentum": 0.5}, {"eps": 1.0}],
)
def test_settings_that_ops_compute_with(setting):
    def run(compiled):
        w = ag.tensor([[1.0, 0.5], [-0.3, 2.0]], dtype="float64", requires_grad=True)
        optimizer = optim.Muon([w], lr=0.1)

        @compiled
        def step(x):
            optimizer.zero_grad()
            ((x @ w) ** 2).sum().backward()
            optimizer.step()

        for i in range(9):
            if i == 5:
                optimizer.param_groups[0].update(setting)
            step(ag.tensor([[1.0, 0.1 * i]], dtype="float64"))
        return [w.numpy()]

    _of_both(run)


def _faulty_op():
    """An op that gives what it is given, but raises while the event that comes with it is set."""
    fault = threading.Event()

    @ag.array_op
    def maybe(x, /):
        if fault.is_set():
            raise RuntimeError("broken off")
        return x + 0.0

    @maybe.vjp("x")
    def _(g, x):
        return g

    return maybe, fault


def test_a_leaf_that_is_an_argument_for_a_while_in_a_step_that_breaks_off():
    w, other = ag.zeros(3), ag.ones(3)
    maybe, fault = _faulty_op()

    @ag.compile
    def step(x):
        w.assign(x)
        total = (w * x).sum()  # by a launch, which may be told where x is
        w.assign(w * 2.0 + maybe(other))
        return total

    for i in range(5):
        step(ag.full((3,), float(i)))
    fault.set()
    with pytest.raises(RuntimeError, match="broken off"):
        step(ag.full((3,), 7.0))
    np.testing.assert_array_equal(w.numpy(), 7.0)


def test_two_steps_of_an_optimiser_in_one_that_breaks_off_between_them():
    w = ag.ones(3, requires_grad=True)
    optimizer = optim.Adam([w], lr=0.5)
    maybe, fault = _faulty_op()

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
    fault.set()
    with pytest.raises(RuntimeError, match="broken off"):
        step(ag.ones(3))
    assert optimizer.state[0]["step"] == 11
    fault.clear()
    step(ag.ones(3))
    assert optimizer.state[0]["step"] == 13


def _of_both(run):
    """What `run(compiled)` gives, compiled and not, is the same."""
    for compiled, eager in zip(*[run(lambda f, c=c: ag.compile(f) if c else f) for c in (True, False)], strict=True):
        np.testing.assert_allclose(compiled, eager, rtol=1e-12)


def _leaf(*numbers):
    return ag.tensor(np.array(numbers), requires_grad=True)


def test_changes_before_an_update_by_another_rule_are_kept():
    def run(compiling):
        p = _leaf(1.0, 2.0)
        optimizer = optim.RAdam([p], lr=0.1)  # whose rule is another from the sixth step on

        @compiling
        def step(x):
            with ag.no_grad():
                p.assign(p * 0.9)
            p.grad = None
            ((p * x) ** 2).sum().backward()
            optimizer.step()

        found = []
        for _ in range(9):
            step(ag.ones(2, dtype="float64"))
            found.append(p.numpy().copy())
        return found

    _of_both(run)


def test_an_update_by_another_optimiser_is_kept_before_one_by_another_rule():
    def run(compiling):
        p, q = _leaf(1.0, 2.0), _leaf(3.0)
        first, last = optim.SGD([p, q], lr=0.01), optim.SGD([p], lr=0.02)

        @compiling
        def step(x):
            p.grad = q.grad = None
            ((p * x) ** 2 * q).sum().backward()
            first.step()
            last.step()

        found = []
        for i in range(9):
            last.param_groups[0]["maximize"] = i >= 5
            step(ag.ones(2, dtype="float64"))
            found += [p.numpy().copy(), q.numpy().copy()]
        return found

    _of_both(run)


@pytest.mark.parametrize("change", ["step", "assign"])
def test_changes_before_an_error_are_kept(change):
    def run(compiling):
        p = _leaf(1.0, 1.0, 1.0)
        optimizer = optim.Adam([p], lr=0.1)

        @compiling
        def step(x, labels):
            p.grad = None
            if change == "step":
                (p * p).sum().backward()
                optimizer.step()
            else:
                p.assign(p * 0.5)
            p.grad = None
            functions.cross_entropy(x * p, labels).backward()
            optimizer.step()

        found = []
        for i in range(9):
            labels = ag.tensor(np.array([0, 9 if i == 6 else 1]))
            if i == 6:
                with pytest.raises(ag.AutogradError):
                    step(ag.ones((2, 3), dtype="float64"), labels)
            else:
                step(ag.ones((2, 3), dtype="float64"), labels)
            found += [p.numpy().copy(), np.array(optimizer.state[0]["step"])]
        return found

    _of_both(run)


@ag.update_rule
def _plain(g, /, p, *, rate):
    return p - rate * g


class Faulty(optim.Optimizer):
    """One whose numbers cannot be computed at times."""

    rule = _plain
    faulty = False

    def __init__(self, params, lr=0.1):
        super().__init__(locals())

    def numbers(self, settings, step):
        if Faulty.faulty:
            raise RuntimeError("no rate")
        return {"rate": settings["lr"]}


def test_an_optimiser_that_cannot_count_leaves_those_before_it_alone():
    def run(compiling):
        p, q = _leaf(1.0, 2.0), _leaf(1.0, 2.0)
        first, last = optim.SGD([p], lr=0.1), Faulty([q])

        @compiling
        def step(x):
            p.grad = q.grad = None
            (p * x + q * x).sum().backward()
            first.step()
            last.step()

        found = []
        for i in range(9):
            Faulty.faulty = i == 6
            if i == 6:
                with pytest.raises(RuntimeError, match="no rate"):
                    step(ag.ones(2, dtype="float64"))
            else:
                step(ag.ones(2, dtype="float64"))
            found += [p.numpy().copy(), q.numpy().copy(), np.array([o.state[0]["step"] for o in (first, last)])]
        return found

    _of_both(run)


class _Interrupt:
    """Ctrl-C at the n-th line of Python that is run within it, of those in files whose names end so."""

    def __init__(self, n, within=".py"):
        self.left = n
        self.within = within

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.look)

    def look(self, frame, event, _):
        if event == "line" and frame.f_code.co_filename.endswith(self.within):
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self.look

    def __exit__(self, *_):
        sys.settrace(self.before)


@pytest.mark.parametrize("name", ["Adam", "NAdam", "groups"])
@pytest.mark.parametrize("listed", [False, True])  # by Python at every run, because parameters are at different steps
def test_an_interrupt_at_any_line_leaves_a_step_counted_and_made_or_neither(name, listed):
    training = Training(OPTIMISERS[name], compiled=True)
    training.go()
    if listed:
        sets_a_count(training)
        training.go()
    x, labels = ag.tensor(training.batches[0]), ag.tensor(training.labels[0])
    outcomes = []
    for n in range(1, 1000):
        before = [array.copy() for array in training.everything()[1:]]  # views would have the step captured anew
        interrupt = _Interrupt(n)
        try:
            with interrupt:
                training.step(x, labels)
        except KeyboardInterrupt:
            pass
        changed = [not np.array_equal(a, b) for a, b in zip(before, training.everything()[1:], strict=True)]
        # Between two updates that numpy makes, as of gradients that are transposed, one is made and the other not.
        assert any(changed[:3]) == any(changed[3:]), f"counted and not updated; interrupted at line {n}"
        outcomes.append(any(changed))
        if interrupt.left > 0:
            break
    assert False in outcomes
    assert outcomes[-1]
    assert interrupt.left > 0


def test_an_interrupt_of_a_capture_is_what_is_raised_and_ends_it():
    x = ag.tensor([0.5, 1.5])
    for n in range(1, 1000):
        step = ag.compile(lambda x: ((x * 2.0).tanh() + x).sin())
        try:
            with _Interrupt(n, within="fusion.py"):
                step(x)
        except KeyboardInterrupt:
            assert thread.recording.capture is None
        else:
            break
    assert 50 < n < 900
