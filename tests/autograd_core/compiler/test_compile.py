"""A compiled step gives what the function gives: results, gradients, leaves, optimisers; or it says why it does not."""

import functools
import threading

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

CALLS = 6  # of which the first two or three are run eagerly


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
    "Adam that maximises": lambda p: optim.Adam(p, maximize=True),
    "SGD that maximises": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, maximize=True),
    **{
        name: lambda p, name=name: getattr(optim, name)(p)
        for name in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "Adadelta", "RMSprop", "Lion")
    },
    "ASGD": lambda p: optim.ASGD(p),
    "Rprop": lambda p: optim.Rprop(p, lr=0.05),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_with_every_optimiser_is_what_it_is_without(name):
    assert_same_training(perceptron, OPTIMIZERS[name])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_few_numbers_which_numpy_updates_without_compiling_get_the_same_bits(name):
    def weights(is_compiled):
        rng = np.random.default_rng(1)
        w = ag.tensor(rng.standard_normal(4), dtype=np.float32, requires_grad=True)
        optimizer = OPTIMIZERS[name]([w])

        def step(x):
            optimizer.zero_grad()
            ((w * x - 1.0) ** 2).sum().backward()
            optimizer.step()

        run = ag.compile(step) if is_compiled else step
        for _ in range(60):
            run(ag.tensor(rng.standard_normal(4), dtype=np.float32))
        return w.tolist()

    assert weights(is_compiled=True) == weights(is_compiled=False)


@pytest.mark.parametrize("start", [1.5, [1.0, -2.0]])
def test_a_group_may_change_its_direction(start):
    def weights(is_compiled):
        w = ag.tensor(start, requires_grad=True)
        optimizer = optim.SGD([w], lr=0.1)

        def step():
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()

        run = ag.compile(step) if is_compiled else step
        for i in range(12):
            optimizer.param_groups[0]["maximize"] = i % 8 > 4
            run()
        return w.tolist()

    assert weights(is_compiled=True) == weights(is_compiled=False)


class RefusedError(Exception):
    pass


@pytest.mark.parametrize("refused_call", [0, 1, 2, 5])
@pytest.mark.parametrize("refuse", ["raise", "ask for a number"])
def test_what_was_assigned_before_an_error_is_computed(refused_call, refuse):
    def weights(is_compiled):
        w, mean = ag.tensor([0.5, 0.25], requires_grad=True), ag.tensor([1.0, 2.0])

        def step(x, is_refused):
            w.grad = None
            loss = ((w * x - 1.0) ** 2).sum()
            loss.backward()
            w.assign(w - 0.125 * w.grad)
            mean.assign(0.5 * mean + 0.5 * x)
            if is_refused:
                if refuse == "raise":
                    raise RefusedError
                loss.item()
            return loss

        run, seen = ag.compile(step) if is_compiled else step, []
        for i in range(refused_call + 4):
            try:
                run(ag.tensor([1.0, float(i)]), i == refused_call)
            except (RefusedError, ag.CompileError):
                assert i == refused_call
            seen.append([w.tolist(), mean.tolist(), w.grad.tolist()])
        return seen

    assert weights(is_compiled=True) == weights(is_compiled=False)


def test_another_thread_sees_what_was_assigned_while_a_step_is_captured():
    mean, seen = ag.tensor([1.0, 2.0]), []

    @ag.compile
    def step(x):
        mean.assign(0.5 * mean + 0.5 * x)
        looking = threading.Thread(target=lambda: seen.append(mean.tolist()))
        looking.start()
        looking.join()

    step(ag.tensor([3.0, 4.0]))
    assert seen == [[2.0, 3.0]]


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
        calls.append(x.shape)
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

    with pytest.warns(RuntimeWarning, match="scaled was called with more than 16 kinds of arguments") as warned:
        for i in range(20):
            assert scaled(ag.tensor([1.0]), float(i)).tolist() == [i]
    assert len(warned) == 1


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


def test_even_a_single_number_is_updated_without_python_within_a_compiled_step():
    w = ag.tensor([2.0], requires_grad=True)
    optimizer = optim.Adam([w], lr=0.1)

    @ag.compile
    def step(x):
        optimizer.zero_grad()
        ((w * x - 1.0) ** 2).sum().backward()
        optimizer.step()

    for _ in range(CALLS):
        step(ag.tensor([1.0]))
    (adam,) = [line for line in str(step).partition("after passes:")[2].splitlines() if "adam" in line]
    assert "called" not in adam


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


@pytest.mark.parametrize("is_held", [False, True])
def test_a_first_run_makes_a_program_unless_somebody_looks_at_the_leaves(is_held):
    w, runs_of_python = ag.tensor([1.0, 2.0], requires_grad=True), []
    held = w.numpy() if is_held else np.array([1.0, 2.0])

    @ag.compile
    def step(x):
        runs_of_python.append(1)
        w.grad = None
        ((w * x) ** 2).sum().backward()
        w.assign(w - 0.25 * w.grad)

    for _ in range(CALLS):
        step(ag.tensor([1.0, 0.5]))
    np.testing.assert_allclose(w.numpy(), [0.5**CALLS, 2 * 0.875**CALLS], rtol=1e-6)
    assert held.tolist() == [1.0, 2.0]
    assert len(runs_of_python) == 2 + is_held


def test_a_first_run_may_make_what_later_ones_find():
    w, scale = ag.tensor([1.0], requires_grad=True), []

    @ag.compile
    def step(x):
        w.grad = None
        if not scale:
            scale.append(ag.tensor([2.0]))
            x = x + 1.0
        (w * x * scale[0]).sum().backward()
        w.assign(w - w.grad)

    for i in range(CALLS):
        step(ag.tensor([1.0]))
        assert w.tolist() == [1.0 - 4.0 - 2.0 * i]


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


# --- what is easily lost --------------------------------------------------------------------------


def one(value=1.0):
    w = ag.tensor([value], dtype=float, requires_grad=True)
    return w, optim.SGD([w], lr=0.1)


X = ag.tensor([1.0], dtype=float)


def results(function, calls=CALLS):
    return [function(X) for _ in range(calls)]


def test_gradients_that_are_forgotten_at_the_end_were_there_for_the_update():
    w, optimizer = one()

    @ag.compile
    def step(x):
        (w * x).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        return w.detach() + 0

    np.testing.assert_allclose([y.item() for y in results(step)], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    assert w.grad is None


def test_two_networks_with_an_optimiser_each_learn_in_turns():
    def make():
        (d, for_d), (g, for_g) = one(1.0), one(2.0)

        def step(x):
            for_d.zero_grad()
            (d * g.detach() * x).sum().backward()
            for_d.step()
            for_g.zero_grad()
            for_d.zero_grad()
            (g * d * x).sum().backward()
            for_g.step()
            return ag.concat([d.detach(), g.detach()])

        return step

    for ours, expected in zip(results(ag.compile(make())), results(make()), strict=True):
        assert_alike(ours, expected)


def test_what_a_leaf_was_is_returned_kept_and_swapped():
    w, optimizer = one()
    target = ag.tensor([0.0], dtype=float)
    a, b = ag.tensor([1.0], dtype=float), ag.tensor([2.0], dtype=float)

    @ag.compile
    def step(x):
        optimizer.zero_grad()
        old = w.detach()
        target.assign(w)
        (w * x).sum().backward()
        optimizer.step()
        kept = a.detach()
        a.assign(b)
        b.assign(kept)
        return old

    for i in range(CALLS):
        np.testing.assert_allclose([step(X).item(), target.item(), w.item()], [1 - i / 10, 1 - i / 10, 0.9 - i / 10])
        assert (a.item(), b.item()) == ((2.0, 1.0) if i % 2 == 0 else (1.0, 2.0))


def test_leaves_of_any_order_in_memory_are_updated():
    def make():
        w = ag.tensor(np.asfortranarray(np.arange(12.0).reshape(3, 4)), requires_grad=True)
        bias = ag.tensor(1.0, dtype=float, requires_grad=True)
        optimizer = optim.SGD([w, bias], lr=0.1)

        def step(x):
            optimizer.zero_grad()
            ((w * x).sum() * bias).backward()
            optimizer.step()
            return (w.sum() + bias).detach()

        return step

    for ours, expected in zip(results(ag.compile(make())), results(make()), strict=True):
        assert ours.shape == ()
        assert_alike(ours, expected)


def test_comparisons_are_bools():
    @ag.compile
    def compared(x):
        positive = x > 0
        return positive, ~positive, (x < 5) & positive

    for ours in results(compared):
        assert [y.dtype for y in ours] == [bool] * 3
        assert [y.item() for y in ours] == [True, False, True]


def test_freezing_hooks_and_rates_between_calls_count():
    w, optimizer = one()
    v = ag.tensor([1.0], dtype=float, requires_grad=True)

    @ag.compile
    def step(x):
        optimizer.zero_grad()
        v.grad = None
        (w * v * x).sum().backward()
        optimizer.step()

    results(step)
    v.requires_grad = False
    results(step)
    assert v.grad is None
    v.requires_grad = True
    results(step)
    assert_alike(v.grad, w + 0.1)
    remove = w.register_hook(lambda g: g)
    with pytest.raises(ag.CompileError, match="hooks"):
        step(X)
    remove()
    step(X)


def test_gradients_are_added_up_from_call_to_call_as_without_compiling():
    def training(compile):
        net = perceptron()
        optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

        def add_gradients(x, labels):
            loss = ag.softmax_cross_entropy(net(x), labels)
            loss.backward()
            return loss

        step = ag.compile(add_gradients) if compile else add_gradients
        losses, held = [], []
        for i, (x, labels) in enumerate(batches(calls=14)):
            losses.append(step(x, labels).item())
            if i in (5, 9, 10):
                held.append((net[0].weight.grad, net[0].weight.grad.numpy().copy()))
            if i % 3 == 2:
                optimizer.step()
                optimizer.zero_grad(set_to_none=i < 8)
        for gradient, numbers in held:
            np.testing.assert_array_equal(gradient.numpy(), numbers)
        return [*losses, *net[2].weight.grad.numpy().ravel()]

    np.testing.assert_allclose(training(True), training(False), rtol=1e-12)


def test_adding_to_a_gradient_is_a_program_of_its_own():
    w, _ = one()
    step = ag.compile(lambda x: (w * x).sum().backward())
    for i in range(CALLS):
        step(X)
        assert w.grad.item() == i + 1.0
    w.grad = None
    for _ in range(CALLS):
        step(X)
    assert str(step).count("captured because") == 2
    assert "a leaf of shape (1,) has a gradient from before and had no gradient" in str(step)


def test_weights_that_something_else_updates_are_followed():
    def training(compile):
        net = perceptron()
        optimizer = optim.Adam(net.parameters(), lr=0.1)

        def gradients(x, labels):
            loss = ag.softmax_cross_entropy(net(x), labels)
            loss.backward()
            return loss, net[0].weight.detach(), net[0].weight

        step = ag.compile(gradients) if compile else gradients
        losses, views, held = [], [], []
        for i, (x, labels) in enumerate(batches(calls=14)):
            optimizer.zero_grad()
            loss, view, weight = step(x, labels)
            assert weight is net[0].weight
            losses.append(loss.item())
            views.append(view.numpy().copy())
            if i % 4 == 3:
                held.append((net[0].weight.detach(), view, views[-1]))
            optimizer.step()
            for other, same, numbers in held:
                np.testing.assert_array_equal(other.numpy(), numbers)
                np.testing.assert_array_equal(same.numpy(), numbers)
        return [*losses, *np.ravel(views)]

    np.testing.assert_allclose(training(True), training(False), rtol=1e-12)


def test_a_gradient_from_before_may_be_read_and_comes_back_after_an_error():
    w, _ = one()

    @ag.compile
    def step(x, mask):
        seen = w.grad * 2.0
        (w * x).sum().backward()
        return seen, w.grad, x[mask]

    some, more = ag.tensor([True]), ag.tensor([False])
    for i in range(CALLS):
        w.grad = ag.tensor([float(i)], dtype=float)
        seen, total, _ = step(X, some)
        assert (seen.item(), total.item(), w.grad.item()) == (2.0 * i, i + 1.0, i + 1.0)
    with pytest.raises(ag.CompileError, match="shapes in a compiled step must not depend on numbers"):
        step(X, more)
    assert w.grad.item() == CALLS


def test_constants_that_python_reads_or_that_are_only_returned_are_read_anew():
    read, returned = ag.tensor([2.0], dtype=float), ag.tensor([7.0])

    @ag.compile
    def scaled(x):
        return x * float(read), returned

    results(scaled)
    read.assign([3.0])
    returned.assign([8.0])
    for y, same in results(scaled):
        assert y.item() == 3.0
        assert same is returned


def test_numbers_are_told_apart_by_their_bits():
    inverse = ag.compile(lambda x, c: 1 / (x * c))
    for _ in range(CALLS):
        assert [inverse(X, c).item() for c in (0.0, -0.0)] == [np.inf, -np.inf]
        assert np.isnan(inverse(X, np.nan).item())
    assert len(inverse._entries) == 3


def test_shapes_that_depend_on_numbers_are_refused_when_they_change():
    masked = ag.compile(lambda x, m: x[m])
    for _ in range(CALLS):
        assert masked(ag.ones(3), ag.tensor([True, True, False])).tolist() == [1.0, 1.0]
    with pytest.raises(ag.CompileError, match=r"getitem gives shape \(1,\), and gave \(2,\)"):
        masked(ag.ones(3), ag.tensor([True, False, False]))


def test_state_that_was_loaded_and_layers_that_were_replaced_are_used():
    nets = [perceptron() for _ in range(2)]
    optimizers = [optim.Adam(net.parameters(), lr=0.1) for net in nets]
    average = [ag.zeros_like(net[0].weight) for net in nets]

    def make(i):
        train = training_step(nets[i], optimizers[i])

        def step(x, labels):
            loss = train(x, labels)
            average[i].assign(0.5 * average[i] + 0.5 * nets[i][0].weight.detach())
            return loss

        return step

    plain, step = make(0), ag.compile(make(1))
    for k, (x, labels) in enumerate(batches(calls=12)):
        assert_alike(step(x, labels), plain(x, labels))
        if k == 5:
            for optimizer in optimizers:
                optimizer.load_state_dict(optimizer.state_dict())
        if k == 8:
            for net in nets:
                net[1] = nn.Sigmoid()
    assert_alike(*average)


def test_views_that_are_held_from_call_to_call_are_warned_of():
    w, step = counting_step()
    with pytest.warns(RuntimeWarning, match="captured anew, which is slow; at last because something holds a view"):
        for _ in range(40):
            step(ag.tensor([1.0, 0.5]))
            held = w.numpy()
    assert held.shape == (2,)


@pytest.mark.parametrize(
    ("forbidden", "what"),
    [
        (lambda x, optimizer: optimizer.set_lr(0.5), "setting a rate"),
        (lambda x, optimizer: x.assign(x + 1), "an argument of shape .* was given new numbers"),
        (lambda x, optimizer: setattr(x, "requires_grad", True), "an argument of shape .* was made to require"),
        (lambda x, optimizer: ag.tensor(x * 2), "a copy by tensor.., .* of a tensor"),
        (lambda x, optimizer: (ag.Value(1.0) * 2).backward(), "the backward pass of a Value"),
        (lambda x, optimizer: ag.manual_seed(1), "setting a seed"),
        (lambda x, optimizer: ag.seeded(1).__enter__(), "setting a seed"),
    ],
)
def test_what_would_not_be_done_again_is_refused(forbidden, what):
    _, optimizer = one()
    with pytest.raises(ag.CompileError, match=f"compile: {what}"):
        ag.compile(lambda x: forbidden(x, optimizer))(X)


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


def test_retaining_a_gradient_is_refused_by_name_and_leaves_the_tensor_usable():
    w, x = ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor([3.0, 4.0])

    def step(x):
        w.grad = None
        inner = w * x
        inner.retain_grad()
        loss = ag.square(inner).sum()
        loss.backward()
        return loss, inner.grad

    with pytest.raises(ag.CompileError, match=r"compile: retain_grad\(\) .*ag\.gradients\(loss, \[t\]\)"):
        ag.compile(step)(x)
    assert step(x)[1].numpy().tolist() == [6.0, 16.0]


def test_hooks_and_graphs_of_gradients_or_results_are_refused():
    w = ag.tensor([1.0], requires_grad=True)

    def step(x):
        loss = (w * x).sum()
        loss.backward()
        return loss

    (w**2).sum().backward(create_graph=True)
    with pytest.raises(ag.CompileError, match=r"the gradient of .* from before the step has a graph of its own"):
        ag.compile(step)(ag.tensor([1.0]))
    w.grad = None
    remove = w.register_hook(lambda g: g)
    with pytest.raises(ag.CompileError, match="hooks"):
        ag.compile(step)(ag.tensor([1.0]))
    remove()
    with pytest.raises(ag.CompileError, match="returned with its graph"):
        ag.compile(lambda x: w * x)(ag.tensor([1.0]))


def test_an_optimisers_step_alone_is_refused():
    w, optimizer = one()
    w.grad = ag.ones_like(w)
    with pytest.raises(ag.CompileError, match="uses gradients from outside"):
        ag.compile(lambda: optimizer.step())()


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


def test_with_check_every_call_is_compared():
    w = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    other = ag.tensor(w, requires_grad=True)
    late = [0.0]

    def step_of(w, added):
        def step(x):
            w.grad = None
            loss = (w * x).sum() + ag.tensor(added[0])
            loss.backward()
            with ag.no_grad():
                w.assign(w - 0.1 * w.grad)
            return loss

        return step

    step, eager = ag.compile(check=True)(step_of(w, late)), step_of(other, [0.0])
    for k in range(6):
        x = ag.tensor([1.0, float(k), -1.0])
        assert step(x).item() == pytest.approx(eager(x).item())
        np.testing.assert_allclose(w.detach().numpy(), other.detach().numpy(), rtol=1e-6)
    late[0] = 1.0  # which a program has as it was
    with pytest.raises(ag.CompileError, match="output 0 differs from what the function computes without compiling"):
        step(x)
    with pytest.raises(ag.CompileError, match="check is for functions of tensors"):
        ag.compile(lambda x: x * 2.0, check=True)(ag.Value(1.0))


@pytest.mark.parametrize("length", [1000, 100_000])
def test_comparisons_give_bools_whatever_the_length(length):
    x = ag.tensor(np.linspace(-1, 1, length, dtype=np.float32))
    for answer in (x > 0.5, x == x, ag.isnan(x), ag.logical_not(x), x != 0):
        assert answer.dtype == bool
    assert ag.compile(lambda x: (x > 0.5).sum())(x).item() == (x > 0.5).sum().item() == length // 4


some_tensor, some_function = ag.tensor(1.0), ag.relu


def test_what_is_bound_anew_around_the_function_is_followed():
    global some_tensor, some_function
    inside = ag.tensor(1.0)
    step = ag.compile(lambda x: some_function(x * some_tensor) + inside)
    x = ag.tensor([-1.0, 2.0])
    for _ in range(4):
        np.testing.assert_allclose(step(x).numpy(), [1.0, 3.0])
    try:
        some_tensor = ag.tensor(5.0)
        np.testing.assert_allclose(step(x).numpy(), [1.0, 11.0])
        some_function = ag.square
        np.testing.assert_allclose(step(x).numpy(), [26.0, 101.0])
        inside = ag.tensor(0.0)
        np.testing.assert_allclose(step(x).numpy(), [25.0, 100.0])
    finally:
        some_tensor, some_function = ag.tensor(1.0), ag.relu
    factor = ag.Value(2.0)
    product = ag.compile(lambda x: factor * x)
    assert [product(ag.Value(3.0)).data for _ in range(4)] == [6.0] * 4
    factor = ag.Value(7.0)
    assert product(ag.Value(3.0)).data == 21.0


class Scaling:
    """What people keep settings in."""

    def __init__(self, scale):
        self.scale = scale
        self.inner = None

    def step(self, x):
        return x * self.scale

    def __call__(self, x):
        return sum([self.step(x) for _ in range(1)])


def helper(x):
    return (lambda y: y * RATE)(x)


def by_settings(settings, x):
    return x * settings.inner.scale


WAYS = {
    "a decorated function": lambda at: ag.no_grad()(lambda x: x * RATE),
    "a helper": lambda at: lambda x: helper(x),
    "within a comprehension": lambda at: lambda x: [x * RATE for _ in range(2)][1],
    "a partial function": lambda at: functools.partial(lambda y, x: x * RATE + y, 0.0),
    "a method": lambda at: at.step,
    "an object that is called": lambda at: at,
    "an object around it": lambda at: lambda x: x * at.scale,
    "an object within one": lambda at: functools.partial(by_settings, at),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_function_reads_by_name_is_read_anew(way, monkeypatch):
    at = Scaling(2.0)
    at.inner = at
    monkeypatch.setitem(globals(), "RATE", 2.0)
    step = ag.compile(WAYS[way](at))
    for scale in (2.0, 3.0, 2.0):
        at.scale = scale
        monkeypatch.setitem(globals(), "RATE", scale)
        for _ in range(4):
            assert step(ag.tensor([1.0])).tolist() == [scale]
    assert len(step._entries) == 2


def test_objects_that_are_arguments_are_read_anew():
    step, at = ag.compile(by_settings), Scaling(2.0)
    at.inner = Scaling(2.0)
    for scale in (2.0, 3.0):
        at.inner.scale = scale
        assert [step(at, ag.tensor([1.0])).item() for _ in range(4)] == [scale] * 4
    at.inner = Scaling(5.0)
    assert [step(at, ag.tensor([1.0])).item() for _ in range(4)] == [5.0] * 4


def test_lists_and_dictionaries_that_are_given_are_not_changed():
    given = {"y": ag.zeros(1)}
    for change in (lambda d, x: d.update(y=x), lambda d, x: d.pop("y"), lambda d, x: d.setdefault("z", [])):
        with pytest.raises(ag.CompileError, match="changed a list or dictionary that it was given"):
            ag.compile(change)(given, ag.ones(1))
    assert list(given) == ["y"]


def test_a_compiled_function_within_vmap_is_mapped_and_nan_is_a_constant_like_others():
    step = ag.compile(lambda x: ag.where(x > 0, x, float("nan")))
    x = ag.tensor([[1.0, -1.0], [2.0, 3.0]])
    for _ in range(4):
        np.testing.assert_array_equal(step(x[0]).numpy(), [1.0, np.nan])
    np.testing.assert_array_equal(ag.vmap(step)(x).numpy(), [[1.0, np.nan], [2.0, 3.0]])


def test_returned_numbers_that_no_op_computed_are_compared():
    random = np.random.default_rng(0)
    calls = [0]

    def grow():
        calls[0] += 1
        return [1.0] * calls[0]

    for noise in (lambda: ag.tensor(random.standard_normal(1)), random.random, lambda: str(random.random()), grow):
        step = ag.compile(lambda x, noise=noise: (x * 2, noise()))
        with pytest.raises(ag.CompileError, match="which none of its ops computed"):
            [step(ag.tensor(1.0)) for _ in range(3)]


# --- print(compiled) -----------------------------------------------------------------------------


def test_a_program_shows_its_ops_and_what_became_of_them():
    w = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)

    @ag.compile
    def step(x):
        w.grad = None
        (ag.tanh(x @ w) * 2.0).sum().backward()
        return w.grad

    for _ in range(4):
        step(ag.ones((3, 2)))
    before, after = str(step).split("after passes:\n")
    assert "(3, 2) = tanh((3, 2))  # kernel 1" in before and "(3, 2) = multiply((3, 2), 2.0)  # kernel 1" in before
    lines = [line.strip() for line in after.splitlines()]
    assert "tanh, multiply" in lines  # one pass
    assert len(lines) == len(step._entries.popitem()[1]._programs[0].program.plan.steps)


def test_a_program_says_why_it_was_captured():
    scale = 2.0
    net = nn.Sequential(nn.Linear(2, 3))

    @ag.compile
    def double(x, how=None):
        return (net(x) * scale).detach()

    def why():
        for _ in range(2):
            double(*arguments, **named)
        *_, last = str(double).split("captured because ")
        return last.splitlines()[0]

    arguments, named = [ag.ones((1, 2))], {}
    assert why() == "it was called first"
    arguments = [ag.ones((4, 2))]
    assert why() == "arguments[0] is float32 (4, 2) and was float32 (1, 2)"
    named = {"how": [1, "b"]}
    assert why() == "named arguments are 1 and were 0"
    named = {"how": [1, "c"]}
    assert why() == "named arguments['how'][1] is 'c' and was 'b'"
    scale = 3.0
    assert why() == "scale is 3.0 and was 2.0"
    net = nn.Sequential(nn.Linear(2, 3))
    assert why() == "net is another than before, a Sequential"
    net.eval()
    assert "Linear.training is False and was True" in why()
    net[0].weight.assign(ag.zeros((3, 2)))
    assert "which it only reads, was given new numbers" in why()


def test_more_threads_after_the_capture_compute_the_same():
    x, w = ag.randn((64, 16, 16, 16)), ag.randn((16, 16, 3, 3))
    step, before = ag.compile(lambda x: ag.conv2d(x, w)), ag.get_num_threads()
    try:
        ag.set_num_threads(1)
        expected = step(x).numpy()
        for count in (1, 5, 2, 1):
            ag.set_num_threads(count)
            for _ in range(6):
                np.testing.assert_array_equal(step(x).numpy(), expected)
        assert "the number of threads is 5 and was 1" in str(step)
    finally:
        ag.set_num_threads(before)


LOOKS = {
    "detach": lambda w: w.detach(),
    "data": lambda w: w.data,
    "dlpack": lambda w: ag.from_dlpack(w.detach()),
    "an entry of a detached one": lambda w: w.detach()[...],
}


@pytest.mark.parametrize("look", LOOKS)
def test_new_numbers_of_a_leaf_show_through_what_looks_at_it(look):
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    step = ag.compile(lambda x: (LOOKS[look](w) * x).sum())
    x = ag.tensor([1.0, 1.0])
    assert [step(x).item() for _ in range(5)] == [3.0] * 5
    for value in (5.0, 7.0, 9.0):
        w.assign([value, 0.0])
        assert [step(x).item() for _ in range(2)] == [value, value]


@ag.array_op
def tamed(x, /):
    """x where it is tame, as one array or another."""
    return x if np.abs(x).max() <= 1 else x / np.abs(x).max()


@ag.array_op
def squashed(x, /):
    """By kernels that depend on numbers."""
    return ag.softmax(x, axis=-1) if x.max() < 1 else ag.sigmoid(x)


@pytest.mark.parametrize("op", [tamed, squashed])
def test_an_op_of_ones_own_may_do_other_things_for_other_numbers(op):
    step = ag.compile(lambda x: op(x) + 0.0)
    for size in (0.1, 0.2, 0.1, 0.3, 5.0, 0.1, 7.0):
        x = ag.tensor(np.array([[size, size / 2]] * 2))
        assert_alike(step(x), op(x))


def test_a_graph_that_no_backward_pass_went_through_is_not_returned():
    w, b = ag.tensor([2.0], requires_grad=True), ag.tensor([3.0], requires_grad=True)

    def step(x):
        loss = (w * x).sum()
        loss.backward()
        return loss, 2 * loss, b * x

    with pytest.raises(ag.CompileError, match=r"shape \(1,\) is returned with its graph.* return x.detach\(\)"):
        ag.compile(step)(ag.tensor([1.0]))
    shown = ag.compile(lambda x: step(x)[:2])  # these two nobody can differentiate any more, compiled or not
    assert [y.item() for y in shown(ag.tensor([1.0]))] == [2.0, 4.0]


def test_within_detect_anomaly_it_runs_as_it_stands():
    step = ag.compile(lambda x: ag.log(x).sum())
    for _ in range(5):
        step(ag.tensor([1.0]))
    with ag.detect_anomaly():
        assert step(ag.tensor([1.0])).item() == 0.0
        with pytest.raises(ag.AnomalyError, match="log"):
            step(ag.tensor([-1.0]))
    assert np.isnan(step(ag.tensor([-1.0])).item())

    def within(x):
        with ag.detect_anomaly():
            return ag.log(x)

    with pytest.raises(ag.CompileError, match="put it around the call"):
        ag.compile(within)(ag.tensor([1.0]))


def test_numbers_of_numpy_are_told_apart_by_their_bits():
    divided = ag.compile(lambda x, number: x / number)
    quotients = (np.float32, 0.0, np.inf), (np.float32, -0.0, -np.inf), (float, -0.0, -np.inf), (float, np.nan, np.nan)
    for kind, number, expected in quotients:
        for _ in range(4):
            np.testing.assert_array_equal(divided(ag.tensor([1.0]), kind(number)).numpy(), [expected])
    assert len(divided._entries) == 4


def test_arrays_of_the_other_byte_order_are_taken():
    linear = nn.Linear(3, 2, bias=False)
    of_numpy = ag.compile(lambda x: (linear(x).detach(), ag.sort(x)))
    of_kernels = ag.compile(lambda x, labels: (x * 2.0, nn.functions.cross_entropy(x, labels)))
    for i in range(6):
        x = np.arange(6.0).reshape(2, 3)[:: 1 if i % 2 else -1].astype(">f4") + i
        labels = np.array([i % 3, 1], ">i8")
        y, ordered = of_numpy(x)
        assert ordered.dtype == np.float32
        np.testing.assert_array_equal(ordered.numpy(), x)
        np.testing.assert_allclose(y.numpy(), linear(ag.tensor(x)).numpy(), rtol=1e-6)
        doubled, loss = of_kernels(x, labels)
        np.testing.assert_array_equal(doubled.numpy(), 2 * x)
        expected = nn.functions.cross_entropy(ag.tensor(x.astype("f4")), labels.astype(int))
        np.testing.assert_allclose(loss.numpy(), expected.numpy(), rtol=1e-6)


class Slotted:
    """Settings in slots and in the class."""

    __slots__ = ("scale",)
    offset = 0.0


layers = nn.ModuleList([nn.Linear(1, 1)])
batch_norm = nn.BatchNorm1d(1)
held = nn.ParameterDict({"w": nn.Parameter([1.0])})
rated = optim.SGD([ag.tensor([1.0], requires_grad=True)], lr=0.5)
slotted = Slotted()


def through_layers(x):
    for layer in layers:
        x = layer.forward(x)
    return x


PLACES = {
    "a parameter that is read": (lambda x: x * layers[0].weight, lambda: set_to(layers[0], "weight")),
    "a list of modules": (through_layers, lambda: layers.append(nn.Tanh())),
    "a module in a list": (through_layers, lambda: layers.__setitem__(0, nn.Linear(1, 1))),
    "a dictionary of parameters": (lambda x: x * held["w"], lambda: held.__setitem__("w", nn.Parameter([3.0]))),
    "a buffer": (lambda x: x + batch_norm.running_mean, lambda: setattr(batch_norm, "running_mean", ag.ones((1,)))),
    "a mode": (lambda x: x * 2 if batch_norm.training else x, lambda: batch_norm.train(not batch_norm.training)),
    "a rate": (lambda x: x * rated.lr, lambda: rated.set_lr(rated.lr / 2)),
    "a slot": (lambda x: x * slotted.scale, lambda: setattr(slotted, "scale", slotted.scale + 1)),
    "a class": (lambda x: x + slotted.offset, lambda: setattr(Slotted, "offset", Slotted.offset + 1)),
    "a class by its name": (lambda x: x + Slotted.offset, lambda: setattr(Slotted, "offset", Slotted.offset + 1)),
    "a method": (lambda x: Scaling(2.0).step(x), lambda: setattr(Scaling, "step", lambda self, x: x - 1)),
    "a module of Python": (lambda x: x * np.extra_number, lambda: setattr(np, "extra_number", 3.0)),
}


def set_to(module, name):
    setattr(module, name, nn.Parameter(np.full_like(getattr(module, name).numpy(), 5.0)))


@pytest.mark.parametrize("place", PLACES)
def test_what_is_set_anew_is_followed(place, monkeypatch):
    function, change = PLACES[place]
    slotted.scale = 1.0
    monkeypatch.setattr(np, "extra_number", 2.0, raising=False)
    monkeypatch.setattr(Scaling, "step", Scaling.step)
    step, plain = ag.compile(ag.no_grad()(function)), ag.no_grad()(function)
    x = ag.tensor([[3.0], [4.0]])
    for _ in range(2):
        before = [step(x) for _ in range(5)][-1].numpy()
        np.testing.assert_allclose(before, plain(x).numpy(), rtol=1e-6)
        change()
        after = step(x).numpy()
        np.testing.assert_allclose(after, plain(x).numpy(), rtol=1e-6)


def test_a_setting_of_a_group_is_not_changed_within_a_step():
    _, optimizer = one()

    def step(x):
        optimizer.param_groups[0]["lr"] *= 0.5
        return x * 2

    with pytest.raises(ag.CompileError, match="setting 'lr' of a parameter group is Python's work"):
        ag.compile(step)(X)
    assert optimizer.lr == 0.1
