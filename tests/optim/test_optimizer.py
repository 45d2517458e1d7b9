"""What all optimisers share: groups, rates, closures, state; and what each of them refuses."""

import copy
import json
import operator
import pickle

import numpy as np
import pytest

import autograd_core as ag
import optim


def two():
    w, b = (ag.tensor(numbers, requires_grad=True) for numbers in ([1.0, -2.0, 3.0], [0.5]))
    w.grad, b.grad = ag.tensor([1.0, 1.0, -2.0]), ag.tensor([4.0])
    return w, b


def test_groups_have_settings_of_their_own():
    w, b = two()
    optim.SGD([{"params": [w], "lr": 0.0}, {"params": [b]}], lr=0.1).step()
    assert w.tolist() == [1.0, -2.0, 3.0]
    assert b.tolist() == pytest.approx([0.1])


def test_a_group_that_is_added_is_updated_too():
    w, b = two()
    optimizer = optim.SGD([w], lr=0.1)
    optimizer.step()
    optimizer.add_param_group({"params": b, "lr": 0.05, "weight_decay": 1.0})
    optimizer.step()
    assert b.tolist() == pytest.approx([0.5 - 0.05 * (4.0 + 0.5)])
    assert w.tolist() == pytest.approx([0.8, -2.2, 3.4])
    optimizer.zero_grad()
    assert w.grad is None
    assert b.grad is None


def test_a_rate_that_is_set_keeps_the_shares_of_the_groups():
    w, b = two()
    optimizer = optim.Adam([{"params": [w], "lr": 0.03}, {"params": [b]}], lr=0.3)
    optimizer.set_lr(0.1)
    assert [group["lr"] for group in optimizer.param_groups] == [pytest.approx(0.01), 0.1]
    optimizer.set_lr(0.0)
    assert [group["lr"] for group in optimizer.param_groups] == [0.0, 0.0]
    optimizer.set_lr(0.3)
    assert [group["lr"] for group in optimizer.param_groups] == [pytest.approx(0.03), 0.3]
    with pytest.raises(ag.ArgumentError, match="Adam: lr must be a number of at least 0, got -1"):
        optimizer.set_lr(-1)
    with pytest.raises(ag.ArgumentError, match="Adam: lr must be a number of at least 0, got nan"):
        optimizer.set_lr(float("nan"))


def test_settings_as_attributes_are_the_rate_or_refused():
    p, q = ag.tensor([0.0], requires_grad=True), ag.tensor([0.0], requires_grad=True)
    optimizer = optim.SGD([{"params": [p]}, {"params": [q], "lr": 0.5}], lr=1.0)
    optimizer.lr = 0.1
    (p + q).sum().backward()
    optimizer.step()
    assert (p.item(), q.item(), optimizer.lr) == pytest.approx((-0.1, -0.05, 0.1))
    with pytest.raises(ag.ArgumentError, match="lr must be"):
        optimizer.lr = -1.0
    with pytest.raises(ag.ArgumentError, match=r"SGD: momentum is a setting of parameter groups; write optimizer"):
        optimizer.momentum = 0.9
    assert optimizer.lr == pytest.approx(0.1)
    optimizer.note = "one's own"  # is nobody's setting
    with pytest.raises(ag.ArgumentError, match=r"SGD: learning_rate is no setting, .* did you mean 'lr'"):
        optimizer.learning_rate = 0.5


def test_a_group_takes_no_settings_but_its_own_and_none_of_another_kind():
    optimizer = optim.SGD(two(), lr=0.1)
    group = optimizer.param_groups[0]
    before = dict(group)
    for change in (
        lambda: group.__setitem__("learning_rate", 1),
        lambda: group.update({"momentum": 0.5, "learning_rate": 1}),
        lambda: group.setdefault("learning_rate", 1),
        lambda: operator.ior(group, {"learning_rate": 1}),
    ):
        with pytest.raises(ag.ArgumentError, match=r"SGD: a .* no setting 'learning_rate'; .*mean 'lr'"):
            change()
    for wrong in (-1, "0.1", float("nan")):
        with pytest.raises(ag.ArgumentError, match="SGD: lr must be"):
            group["lr"] = wrong
    assert group == before
    group |= {"lr": 0.2}
    assert group.setdefault("lr") == 0.2
    for copied in (copy.deepcopy(group), pickle.loads(pickle.dumps(group))):
        assert copied["lr"] == 0.2
        with pytest.raises(ag.ArgumentError, match="no setting"):
            copied["foo"] = 1


def test_parameters_without_a_gradient_are_left_alone_and_count_no_step():
    w, b = two()
    w.grad = None
    optimizer = optim.Adam([w, b], lr=0.1)
    optimizer.step()
    assert w.tolist() == [1.0, -2.0, 3.0]
    assert {index: state["step"] for index, state in optimizer.state.items()} == {1: 1}


def test_step_calls_a_closure_and_returns_what_it_returns():
    w, _ = two()

    def closure():
        loss = (w * w).sum()
        loss.backward()
        return loss

    optimizer = optim.SGD([w], lr=0.5)
    optimizer.zero_grad()
    assert float(optimizer.step(closure)) == 14.0
    assert w.tolist() == [0.0, 0.0, 0.0]
    assert optimizer.step() is None


def test_gradients_of_several_mini_batches_make_one_step_like_that_of_all():
    x, y = np.random.default_rng(3).standard_normal((2, 12, 4))
    ends = []
    for parts in (1, 3):
        w = ag.tensor(np.ones(4), requires_grad=True)
        optimizer = optim.Adam([w], lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            for xs, ys in zip(np.split(x, parts), np.split(y, parts), strict=True):
                (((ag.tensor(xs) * w - ag.tensor(ys)) ** 2).mean() / parts).backward()
            optimizer.step()
        ends.append(w.numpy())
    np.testing.assert_allclose(*ends, rtol=1e-12)


def test_float32_parameters_stay_float32_whatever_kind_of_number_the_rate_is():
    for size in (3, 300):
        w = ag.ones(size, requires_grad=True)
        optimizer = optim.Adam([w], lr=np.float64(0.1), betas=(np.float64(0.9), np.float64(0.99)))
        w.grad = ag.ones(size)
        optimizer.set_lr(np.float64(0.2))
        optimizer.step()
        assert w.dtype == optimizer.state[0]["exp_avg"].dtype == np.float32
        np.testing.assert_allclose(w.numpy(), 0.8, rtol=1e-6)
        json.dumps(optimizer.state_dict()["param_groups"])


def test_a_momentum_that_begins_during_training_begins_from_nothing():
    w, _ = two()
    v = ag.tensor(w.numpy(), requires_grad=True)
    v.grad = w.grad
    optimizer, with_momentum = optim.SGD([w], lr=0.1), optim.SGD([v], lr=0.1, momentum=0.5)
    optimizer.step()
    optimizer.param_groups[0]["momentum"] = 0.5
    v.assign(w)
    for _ in range(3):
        optimizer.step()
        with_momentum.step()
    np.testing.assert_array_equal(w.numpy(), v.numpy())


@pytest.mark.parametrize("name", ["Adam", "NAdam"])
def test_parameters_of_one_group_are_updated_as_if_each_had_an_optimiser(name):
    """Numbers are computed once for parameters at the same step, which is not all that NAdam's depend on."""
    has_gradients_at = ((0, 1, 2, 3, 4, 5), (0, 1, 4, 5), (2, 3, 4, 5))
    ends = []
    for together in (True, False):
        parameters = [ag.tensor(np.array([1.0, 2.0]), requires_grad=True) for _ in has_gradients_at]
        groups = [parameters] if together else [[parameter] for parameter in parameters]
        optimizers = [getattr(optim, name)(group, lr=0.1) for group in groups]
        for step in range(6):
            for parameter, steps in zip(parameters, has_gradients_at, strict=True):
                parameter.grad = ag.tensor(np.array([0.3, -0.1 * step])) if step in steps else None
            for optimizer in optimizers:
                optimizer.param_groups[0]["betas"] = (0.5, 0.9) if step < 2 else (0.9, 0.99)
                optimizer.step()
        ends.append([parameter.numpy() for parameter in parameters])
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("decoupled", [True, False])
def test_decay_is_coupled_or_decoupled_alike_for_all(decoupled):
    """Without a gradient of the loss, coupled decay is all the gradient there is, and decoupled decay all the step."""
    for name in ("SGD", "Adagrad", "Adadelta", "RMSprop", "Adam", "Adamax", "NAdam", "RAdam", "Lion"):
        by_decay, by_gradient = (ag.tensor(np.array([2.0, -3.0]), requires_grad=True) for _ in range(2))
        by_decay.grad = ag.zeros_like(by_decay)
        make = getattr(optim, name)
        make([by_decay], lr=0.1, weight_decay=0.5, decoupled_weight_decay=decoupled).step()
        if decoupled:
            np.testing.assert_allclose(by_decay.numpy(), [2.0 * 0.95, -3.0 * 0.95], rtol=1e-12, err_msg=name)
        else:
            by_gradient.grad = 0.5 * by_gradient.detach()
            make([by_gradient], lr=0.1).step()
            np.testing.assert_array_equal(by_decay.numpy(), by_gradient.numpy(), err_msg=name)


@ag.update_rule
def rolling(g, /, p, pace, *, lr, friction):
    pace = pace / friction - lr * g
    return p + pace, pace


class Rolling(optim.Optimizer):
    """As little as an optimiser may be: state and numbers by the names of its rule, any number for friction."""

    rule = rolling

    def __init__(self, params, lr=0.1, friction=2.0):
        super().__init__(locals())


def test_an_optimiser_that_names_nothing_has_its_rules_names():
    w, _ = two()
    optimizer = Rolling([w], friction=-1)
    optimizer.step()
    optimizer.step()
    assert w.tolist() == pytest.approx([0.9, -2.1, 3.2])  # the second step undoes the pace of the first
    assert optimizer.state_dict()["state"][0].keys() == {"step", "pace"}
    with pytest.raises(ag.ArgumentError, match="Rolling: friction must be a number, got much"):
        Rolling([w], friction="much")


class WithoutSlash(Rolling):
    rule = ag.update_rule(lambda g, p, *, lr: (g, p - lr * g))


class WithoutNumber(Rolling):
    rule = ag.update_rule(lambda g, /, p, *, lr, factor: p - lr * factor * g)

    def numbers(self, settings, step):
        return {"faktor": 1.0}


class WithoutRate(optim.Optimizer):
    def __init__(self, params, rate=0.1):
        super().__init__(locals())


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (WithoutSlash, r"WithoutSlash: an optimiser's rule reads .* got one that reads \(\) and updates \('g', 'p'\)"),
        (WithoutNumber, r"WithoutNumber: .* numbers \('lr', 'factor'\), of which only \['lr'\] are .* \['faktor'\]"),
        (WithoutRate, r"WithoutRate: an optimiser has a setting lr; got \['rate'\]"),
    ],
)
def test_a_class_that_is_not_whole_says_what_it_lacks(kind, message):
    w, _ = two()
    with pytest.raises(ag.ArgumentError, match=message):
        kind([w]).step()


def one():
    return ag.ones(2, requires_grad=True)


REFUSED = [
    (lambda: optim.SGD([]), "SGD: no parameters to optimise; pass model.parameters()"),
    (lambda: optim.SGD(one()), "SGD: takes a list of tensors, got a single one"),
    (lambda: optim.SGD([p := one(), p]), "SGD: a parameter is listed twice"),
    (lambda: optim.SGD([{"params": [p := one()]}, {"params": [p]}]), "SGD: a parameter is listed twice"),
    (lambda: optim.SGD([one() * 2]), "SGD: takes leaf tensors of floats, got .* shape .* computed"),
    (lambda: optim.SGD([ag.ones(2)]), "SGD: no parameter requires a gradient; unfreeze"),
    (lambda: optim.SGD([3.0]), "SGD: takes leaf tensors of floats, got a float"),
    (lambda: optim.SGD(3), r"SGD: takes tensors, such as model.parameters\(\), got a int"),
    (
        lambda: optim.SGD([ag.ones(2, dtype=int)]),
        r"of floats, got a tensor of shape \(2,\) and dtype int64",
    ),
    (lambda: optim.SGD([{"lr": 1.0}]), r"""SGD: a group is a dictionary with "params", got keys \['lr'\]"""),
    (lambda: optim.SGD([{"params": [one()]}, one()]), 'SGD: a group is a dictionary with "params"'),
    (lambda: optim.Adam([{"params": [one()], "rate": 1}]), r"Adam: no setting named \['rate'\]; has \['amsgrad', 'b"),
    (lambda: optim.SGD([{"params": [one()], "lr": 1.0}], lr=0.0), "SGD: a group with the lr 1.0 needs the optimiser's"),
    (lambda: optim.SGD([one()], lr=-1), "SGD: lr must be at least 0, got -1"),
    (lambda: optim.SGD([one()], lr=float("nan")), "SGD: lr must be at least 0, got nan"),
    (lambda: optim.SGD([{"params": [one()], "lr": 1.0}], lr="fast"), "SGD: lr must be a number, got fast"),
    (lambda: optim.SGD([one()], lr=True), "SGD: lr must be a number, got True"),
    (lambda: optim.SGD([one()], nesterov="no"), "SGD: nesterov must be true or false, got no"),
    (lambda: optim.SGD([one()], lr="fast"), "SGD: lr must be a number, got fast"),
    (lambda: optim.SGD([one()], momentum=1.0), "SGD: momentum must be at least 0 and below 1, got 1.0"),
    (lambda: optim.SGD([one()], dampening=2.0), "SGD: dampening must be from 0 to 1, got 2.0"),
    (lambda: optim.SGD([one()], nesterov=True), "SGD: nesterov needs a momentum above 0 and no dampening, got 0.0"),
    (lambda: optim.SGD([one()], momentum=0.9, dampening=0.1, nesterov=True), "SGD: nesterov needs .* got 0.9 and 0.1"),
    (lambda: optim.Adagrad([one()], lr_decay=-1), "Adagrad: lr_decay must be at least 0, got -1"),
    (lambda: optim.Adagrad([one()], initial_accumulator_value=-1), "Adagrad: initial_accumulator_value must be at"),
    (lambda: optim.Adadelta([one()], rho=1.5), "Adadelta: rho must be from 0 to 1, got 1.5"),
    (lambda: optim.RMSprop([one()], alpha=1.0), "RMSprop: alpha must be at least 0 and below 1, got 1.0"),
    (lambda: optim.RMSprop([one()], momentum=-0.1), "RMSprop: momentum must be at least 0 and below 1, got -0.1"),
    (lambda: optim.Adam([one()], betas=(0.9, 1.0)), "Adam: betas must be two numbers of at least 0 and below 1, got"),
    (lambda: optim.Adam([one()], betas=0.9), "Adam: betas must be two numbers of at least 0 and below 1, got 0.9"),
    (lambda: optim.Adam([one()], betas="ab"), "Adam: betas must be two numbers of at least 0 and below 1, got ab"),
    (lambda: optim.Adam([one()], betas=(0.9,)), "Adam: betas must be two numbers"),
    (lambda: optim.Adam([one()], eps=-1), "Adam: eps must be at least 0, got -1"),
    (lambda: optim.AdamW([one()], weight_decay=-1), "AdamW: weight_decay must be at least 0, got -1"),
    (lambda: optim.NAdam([one()], momentum_decay=-1), "NAdam: momentum_decay must be at least 0, got -1"),
    (lambda: optim.LBFGS([one()], max_iter=0), "LBFGS: max_iter must be at least 1, got 0"),
    (lambda: optim.LBFGS([one()], max_iter=1.5), "LBFGS: max_iter must be a whole number, got 1.5"),
    (lambda: optim.LBFGS([one()], max_eval=0), "LBFGS: max_eval must be at least 1, got 0"),
    (lambda: optim.LBFGS([one()], tolerance_grad=-1), "LBFGS: tolerance_grad must be at least 0, got -1"),
    (lambda: optim.LBFGS([one()], line_search_fn="wolfe"), 'LBFGS: line_search_fn must be None or "strong_wolfe"'),
    (lambda: optim.LBFGS([{"params": [one()]}, {"params": [one()]}]), "LBFGS: one group of parameters"),
    (lambda: optim.LBFGS([one()]).step(), "LBFGS: step needs a closure"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_refused_settings(make, message):
    with pytest.raises(ag.ArgumentError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_group_that_is_refused_is_not_added():
    w, b = two()
    optimizer = optim.SGD([w], lr=0.1)
    for group in ({"params": [w]}, {"params": [b], "lr": -1.0}, {"params": [b * 2]}):
        with pytest.raises(ag.ArgumentError):
            optimizer.add_param_group(group)
    assert [group["params"] for group in optimizer.param_groups] == [[w]]
