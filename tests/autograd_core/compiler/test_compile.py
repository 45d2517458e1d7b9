"""A compiled step gives what the function gives: results, gradients, leaves, optimisers; or it says why it does not."""

import threading

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

CALLS = 6  # of which the first three are run eagerly


def batches(shape=(8, 5), classes=3, dtype=np.float64, calls=CALLS):
    rng = np.random.default_rng(0)
    for _ in range(calls):
        yield ag.tensor(rng.normal(size=shape).astype(dtype)), ag.tensor(rng.integers(0, classes, shape[0]))


def perceptron():
    ag.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 6), nn.ReLU(), nn.Linear(6, 3)).double()


def training_step(net, optimizer):
    def step(x, labels):
        optimizer.zero_grad()
        loss = ag.softmax_cross_entropy(net(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


def assert_alike(ours, expected):
    np.testing.assert_allclose(ours.numpy(), expected.numpy(), rtol=1e-11, atol=1e-13)


def assert_same_training(make_net, make_optimizer, shape=(8, 5), calls=CALLS):
    eager, compiled = make_net(), make_net()
    optimizers = [make_optimizer(net.parameters()) for net in (eager, compiled)]
    plain, step = training_step(eager, optimizers[0]), ag.compile(training_step(compiled, optimizers[1]))
    for x, labels in batches(shape, calls=calls):
        assert_alike(step(x, labels), plain(x, labels))
        for p, q in zip(compiled.parameters(), eager.parameters(), strict=True):
            assert_alike(p, q)
            assert_alike(p.grad, q.grad)
    for ours, expected in zip(compiled.state_dict().values(), eager.state_dict().values(), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-11, atol=1e-13)
    state, expected = (optimizer.state_dict() for optimizer in optimizers)
    np.testing.assert_equal(*[[sorted(entry) for entry in s["state"].values()] for s in (state, expected)])
    for ours, theirs in zip(state["state"].values(), expected["state"].values(), strict=True):
        for name in theirs:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-11, atol=1e-13)


def runs(step):
    """How many programs there are that were checked."""
    return sum(ready.checked for entry in step._entries.values() for ready in entry._programs)


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "SGD with momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    **{
        name: lambda p, name=name: getattr(optim, name)(p)
        for name in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "Adadelta", "RMSprop", "Lion")
    },
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_with_every_optimiser_is_what_it_is_without(name):
    assert_same_training(perceptron, OPTIMIZERS[name])


def convolutional():
    ag.manual_seed(0)
    layers = [nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(4, 3, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(3, 3)]
    return nn.Sequential(*layers).double()


def test_running_means_of_a_convolutional_net_are_what_they_are_without():
    assert_same_training(convolutional, OPTIMIZERS["Adam"], (8, 2, 8, 8))


def test_it_runs_as_a_program_once_it_was_checked():
    calls = []

    @ag.compile
    def double(x):
        calls.append(x)
        return x * 2

    for i in range(CALLS):
        assert double(ag.tensor([float(i), 1.0])).tolist() == [2.0 * i, 2.0]
    assert len(calls) == 2  # nothing changes, so the first call was captured and the second compared
    assert runs(double) == 1
    assert "multiply" in str(double)


def test_an_optimiser_may_change_its_rule():
    assert_same_training(perceptron, lambda p: optim.RAdam(p), calls=9)  # at its sixth step


def test_nested_arguments_and_results_and_arrays():
    @ag.compile
    def together(pair, *, named):
        (a, b), c = pair, named["c"]
        return {"sum": [a + b, c], "none": None, "number": 3}

    for i in range(CALLS):
        a, b, c = (np.full(2, float(i + k)) for k in range(3))
        result = together((a, ag.tensor(b)), named={"c": c})
        assert result["sum"][0].tolist() == [2 * i + 1.0] * 2
        assert result["sum"][1].tolist() == [i + 2.0] * 2
        assert (result["none"], result["number"]) == (None, 3)


def test_other_shapes_dtypes_and_numbers_are_other_programs():
    @ag.compile
    def scaled(x, factor):
        return x * factor

    for _ in range(CALLS):
        for factor in (2.0, 3.0):
            for x in (ag.tensor([1.0]), ag.tensor([1.0, 2.0]), ag.tensor([1.0], dtype=np.float64)):
                y = scaled(x, factor)
                assert y.dtype == x.dtype
                assert y.tolist() == [factor * v for v in x.tolist()]
    assert len(scaled._entries) == 6


def test_numbers_that_change_at_every_call_are_warned_of():
    @ag.compile
    def scaled(x, factor):
        return x * factor

    with pytest.warns(RuntimeWarning, match="scaled was called with more than 16 kinds of arguments"):
        for i in range(20):
            assert scaled(ag.tensor([1.0]), float(i)).tolist() == [i]


RATE = 1.0


def test_numbers_in_variables_around_it_are_read_at_every_call():
    factor = 2.0

    @ag.compile
    def scaled(x):
        return x * factor * RATE

    for _ in range(CALLS):
        assert scaled(ag.tensor([1.0])).tolist() == [2.0]
    factor = 3.0
    for _ in range(CALLS):
        assert scaled(ag.tensor([1.0])).tolist() == [3.0]
    global RATE
    RATE = 2.0
    for _ in range(CALLS):
        assert scaled(ag.tensor([1.0])).tolist() == [6.0]
    assert len(scaled._entries) == 3


def test_training_and_evaluation_are_two_programs():
    net = convolutional()

    @ag.compile
    def predict(x):
        with ag.no_grad():
            return net(x)

    for x, _ in batches((8, 2, 8, 8)):
        for mode in (True, False):
            net.train(mode)
            with ag.no_grad():
                before = {name: value.copy() for name, value in net.state_dict().items()}
                expected = net(x)
                net.load_state_dict(before)
            assert_alike(predict(x), expected)


def test_a_rate_that_changes_is_read_at_every_step():
    nets = perceptron(), perceptron()
    optimizers = [optim.Adam(net.parameters(), lr=0.1) for net in nets]
    plain, step = training_step(nets[0], optimizers[0]), ag.compile(training_step(nets[1], optimizers[1]))
    for i, (x, labels) in enumerate(batches()):
        for optimizer in optimizers:
            optimizer.set_lr(0.1 / (i + 1))
        assert_alike(step(x, labels), plain(x, labels))
    assert_alike(nets[0][0].weight, nets[1][0].weight)
    assert runs(step) == 1


def counting_step():
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    @ag.compile
    def step(x):
        w.grad = None
        loss = ((w * x) ** 2).sum()
        loss.backward()
        w.assign(w - 0.25 * w.grad)
        return loss

    return w, step


def test_what_others_hold_is_left_alone():
    w, step = counting_step()
    x = ag.tensor([1.0, 0.5])
    for _ in range(CALLS):
        step(x)
    held, gradient, detached, loss = w.numpy(), w.grad, w.detach(), step(x)
    before = held.copy(), gradient.numpy().copy(), detached.numpy().copy(), loss.item()
    assert (held != w.numpy()).all()
    for _ in range(CALLS):
        step(x)
    np.testing.assert_array_equal(held, before[0])
    np.testing.assert_array_equal(gradient.numpy(), before[1])
    np.testing.assert_array_equal(detached.numpy(), before[2])
    assert loss.item() == before[3]


def test_a_leaf_that_is_given_new_numbers_outside_goes_on_from_these():
    w, step = counting_step()
    for _ in range(CALLS):
        step(ag.tensor([1.0, 0.5]))
    w.assign([4.0, 8.0])
    assert step(ag.tensor([1.0, 0.5])).item() == 32.0
    assert w.tolist() == [2.0, 7.0]


def test_a_constant_that_is_replaced_is_seen():
    scale = ag.tensor([2.0])

    @ag.compile
    def scaled(x):
        return x * scale

    for _ in range(CALLS):
        assert scaled(ag.tensor([3.0])).tolist() == [6.0]
    scale.assign([5.0])
    for _ in range(CALLS):
        assert scaled(ag.tensor([3.0])).tolist() == [15.0]


def test_another_thread_has_a_program_of_its_own():
    w, step = counting_step()
    x, plain = ag.tensor([1.0, 0.5]), counting_step()
    for _ in range(CALLS):
        step(x)
    worker = threading.Thread(target=lambda: [step(x) for _ in range(CALLS)])
    worker.start()
    worker.join()
    step(x)
    for _ in range(2 * CALLS + 1):
        plain[1].__wrapped__(x)
    assert w.tolist() == plain[0].tolist()


def test_a_label_out_of_range_is_refused_in_a_later_run_and_changes_nothing():
    net = perceptron()
    step = ag.compile(training_step(net, optim.SGD(net.parameters(), lr=0.1)))
    for x, labels in batches():
        step(x, labels)
    before = net[0].weight.numpy().copy()
    with pytest.raises(ag.ArgumentError, match="labels go from 0 to 2, got some from 3 to 3"):
        step(x, ag.tensor(np.full(8, 3)))
    np.testing.assert_array_equal(net[0].weight.numpy(), before)


def test_inside_another_captured_function_it_is_a_part_of_that():
    inner = ag.compile(lambda x: x + 1)
    outer = ag.compile(lambda x: inner(x) * 2)
    for i in range(CALLS):
        assert outer(ag.tensor([float(i)])).tolist() == [2.0 * (i + 1)]
    assert not inner._entries


def test_a_method_is_compiled_for_each_object():
    class Scaled:
        def __init__(self, factor):
            self.factor = ag.tensor([factor])

        @ag.compile
        def apply(self, x):
            return self.factor * x

    two, three = Scaled(2.0), Scaled(3.0)
    for _ in range(CALLS):
        assert two.apply(ag.tensor([1.0])).tolist() == [2.0]
        assert three.apply(ag.tensor([1.0])).tolist() == [3.0]


def test_integers_beside_floats_are_read_at_every_call():
    @ag.compile
    def scaled(x, n):
        return x * n, n / 2, ag.exp(n)

    for i in range(CALLS):
        x, n = ag.tensor([0.5, 0.25]), ag.tensor([i, 2])
        for ours, expected in zip(scaled(x, n), scaled.__wrapped__(x, n), strict=True):
            np.testing.assert_allclose(ours.numpy(), expected.numpy(), rtol=3e-7)
            assert ours.dtype == expected.dtype


@pytest.mark.parametrize("own", [False, True])
def test_random_numbers_are_those_that_it_would_draw_without(own):
    drawn = []
    for compiled in (False, True):
        ag.manual_seed(3)
        generator = np.random.default_rng(3) if own else None

        def noisy(x, generator=generator):
            return x + ag.randn(3, generator=generator) + nn.functions.dropout(x, 0.5)

        call = ag.compile(noisy) if compiled else noisy
        drawn.append([call(ag.ones(3)).tolist() for _ in range(CALLS)])
    assert drawn[0] == drawn[1]
    assert drawn[0][-1] != drawn[0][-2]


# --- what cannot be compiled says so ------------------------------------------------------------


@pytest.mark.parametrize(
    ("trap", "what"),
    [
        (lambda x: x.sum().item(), r"item\(\)"),
        (lambda x: float(x.sum()), r"item\(\)"),
        (lambda x: 1.0 if x.sum() < 1 else 2.0, "its truth"),
        (lambda x: x.tolist(), r"tolist\(\)"),
        (lambda x: x.numpy().max(), r"numpy\(\)"),
        (lambda x: np.asarray(x), r"numpy\(\)"),
        (lambda x: f"{x}", "its text"),
        (lambda x: x[int(x.sum())], r"item\(\)"),
    ],
)
def test_a_number_that_python_asks_for_stops_the_capture_and_names_the_line(trap, what):
    def function(x):
        return x * trap(x * 0.25)

    with pytest.raises(ag.CompileError, match=rf"compile: {what}.* of shape .* was asked for at .*test_compile.py:\d+"):
        ag.compile(function)(ag.tensor([1.0, 2.0]))
    assert ag.tensor([1.0]).item() == 1.0  # capturing has ended


def test_numbers_of_constants_may_be_asked_for():
    scale = ag.tensor([2.0])
    assert ag.compile(lambda x: x * scale.item())(ag.tensor([3.0])).tolist() == [6.0]


def test_what_numpy_computed_on_the_way_is_found_when_both_ways_are_compared():
    seen = iter(range(100))
    constant = ag.compile(lambda x: x * ag.tensor([float(next(seen))]))
    first = constant(ag.tensor([1.0]))
    assert first.tolist() == [0.0]
    with pytest.raises(
        ag.CompileError, match=r"output 0 differs from what the function computes without compiling, by up to 1"
    ):
        constant(ag.tensor([1.0]))


def test_a_function_that_does_something_else_the_next_time_is_refused():
    seen = iter(range(100))
    other = ag.compile(lambda x: x + 1 if next(seen) == 0 else x * 2)
    other(ag.tensor([1.0]))
    with pytest.raises(ag.CompileError, match=r"in place of .* add\(\(1,\), 1\) came .* multiply\(\(1,\), 2\)"):
        other(ag.tensor([1.0]))


def test_hooks_gradients_from_before_and_graphs_that_are_returned_are_refused():
    w = ag.tensor([1.0], requires_grad=True)

    def step(x):
        loss = (w * x).sum()
        loss.backward()
        return loss

    w.grad = ag.tensor([1.0])
    with pytest.raises(ag.CompileError, match="adds to a gradient"):
        ag.compile(step)(ag.tensor([1.0]))
    w.grad = None
    remove = w.register_hook(lambda g: g)
    with pytest.raises(ag.CompileError, match="hooks"):
        ag.compile(step)(ag.tensor([1.0]))
    remove()
    with pytest.raises(ag.CompileError, match="returned with its graph"):
        ag.compile(lambda x: w * x)(ag.tensor([1.0]))


def test_an_error_of_the_function_is_its_own_and_leaves_nothing_behind():
    def failing(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ag.compile(failing)(ag.tensor([1.0]))
    x = ag.tensor([2.0], requires_grad=True)
    (x * x).backward()
    assert x.grad.item() == 4.0


def test_what_is_no_function_is_refused():
    with pytest.raises(ag.CompileError, match="takes a function, got int"):
        ag.compile(3)
