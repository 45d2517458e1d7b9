"""Modules find their parameters, save and load them, and compute what their formula says."""

import copy

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

COVERS = {
    *("Module", "Parameter", "Sequential", "Linear", "functions.linear"),
}


class Net(nn.Module):
    def __init__(self):
        self.hidden = nn.Linear(2, 3)
        self.inner = nn.Sequential(nn.Tanh(), nn.Linear(3, 1, bias=False))
        self.register_buffer("scale", ag.tensor(2.0))

    def forward(self, x):
        return self.inner(self.hidden(x)) * self.scale


def test_parameters_are_found_by_dotted_name_and_buffers_are_saved_with_them():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["hidden.weight", "hidden.bias", "inner.1.weight"]
    assert list(net.state_dict()) == ["scale", "hidden.weight", "hidden.bias", "inner.1.weight"]
    assert [name for name, _ in net.named_modules()] == ["", "hidden", "inner", "inner.0", "inner.1"]


def test_a_shared_parameter_counts_once():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]


def test_a_state_dict_moves_between_networks_and_is_not_changed_by_training():
    a, b = Net(), Net()
    state = a.state_dict()
    b.load_state_dict(state)
    x = ag.tensor([[1.0, 2.0]])
    assert a(x).tolist() == b(x).tolist()
    before = state["hidden.weight"].copy()
    a.hidden.weight.assign(np.zeros((3, 2)))
    np.testing.assert_array_equal(state["hidden.weight"], before)


def test_a_state_dict_that_does_not_fit_lists_every_problem_and_changes_nothing():
    net = Net()
    state = dict(net.state_dict())
    del state["scale"]
    state["extra"] = np.zeros(3)
    state["hidden.bias"] = np.zeros(7)
    state["hidden.weight"] = state["hidden.weight"] + 1
    before = net.hidden.weight.numpy()
    with pytest.raises(nn.StateError) as error:
        net.load_state_dict(state)
    for problem in ("missing scale ()", "unexpected extra (3,)", "hidden.bias has shape (7,) instead of (3,)"):
        assert problem in str(error.value)
    np.testing.assert_array_equal(net.hidden.weight.numpy(), before)


def test_train_and_eval_reach_every_part():
    net = Net().eval()
    assert [module.training for _, module in net.named_modules()] == [False] * 5
    assert all(module.training for _, module in net.train().named_modules())


def test_zero_grad_forgets_gradients():
    net = Net()
    net(ag.tensor([[1.0, 2.0]])).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_repr_shows_the_tree():
    assert repr(nn.Sequential(nn.Linear(2, 3), nn.ReLU())) == (
        "Sequential(\n  (0): Linear(in_features=2, out_features=3)\n  (1): ReLU()\n)"
    )
    assert "kernel_size=(5, 5), stride=3, padding=2" in repr(nn.Conv2d(1, 6, 5, 3, padding=2))
    assert repr(nn.MaxPool2d(2)) == "MaxPool2d(kernel_size=2)"


def test_linear_is_x_w_transposed_plus_b():
    layer = nn.Linear(3, 2)
    x = np.random.default_rng(0).standard_normal((4, 5, 3)).astype(np.float32)
    expected = x @ layer.weight.numpy().T + layer.bias.numpy()
    np.testing.assert_allclose(layer(ag.tensor(x)).numpy(), expected, rtol=1e-5, atol=1e-6)


def test_xor_of_deck_c():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    net.load_state_dict({"0.weight": [[1, 1], [1, 1]], "0.bias": [0, -1], "2.weight": [[1, -2]], "2.bias": [0]})
    assert net(ag.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])).tolist() == [[0], [1], [1], [0]]


def test_a_filter_is_learned_by_backpropagation_as_in_deck_a():
    x, f = np.arange(9.0).reshape(1, 1, 3, 3) / 9, np.array([[0.5, -0.25], [0.1, 0.9]]).reshape(1, 1, 2, 2)
    image, filters = ag.tensor(x, requires_grad=True), ag.tensor(f, requires_grad=True)
    out = ag.conv2d(image, filters)
    upstream = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    out.backward(upstream)
    for i in range(2):
        for j in range(2):
            assert filters.grad.numpy()[0, 0, i, j] == pytest.approx(np.sum(x[0, 0, i : i + 2, j : j + 2] * upstream))
    full = np.pad(upstream[0, 0], 1)
    flipped = f[0, 0, ::-1, ::-1]
    for i in range(3):
        for j in range(3):
            assert image.grad.numpy()[0, 0, i, j] == pytest.approx(np.sum(full[i : i + 2, j : j + 2] * flipped))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: nn.Linear(5, 2)(x), r"linear: expects 5 features in the last axis, got shape \(4, 3\)"),
        (lambda x: nn.Linear(0, 2), "Linear: in_features must be a whole number of at least 1, got 0"),
        (lambda x: nn.Linear(4, 2)(x.reshape(3, 2, 2)), "flatten the images first"),
        (lambda x: nn.Conv2d(1, 0, 3), "Conv2d: out_channels"),
        (lambda x: nn.Flatten(5)(x), "flatten: axis 5 is not one of the 2 axes"),
        (lambda x: nn.models.lenet5((8, 8)), "lenet5: images of 8×8 pixels are too small"),
    ],
)
def test_refused_inputs(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call(ag.tensor(np.zeros((4, 3))))


def test_a_module_without_forward_says_what_to_write():
    with pytest.raises(NotImplementedError, match="define forward"):
        nn.Module()(1)
    with pytest.raises(TypeError, match="takes modules, got a function at position 1"):
        nn.Sequential(nn.ReLU(), lambda x: x)


def test_modules_and_parameters_in_lists_and_dictionaries_are_found():
    class Stack(nn.Module):
        def __init__(self):
            self.layers = [nn.Linear(2, 3), nn.Linear(3, 1)]
            self.heads = {"a": nn.Linear(1, 1), "b": (nn.Parameter([1.0]),)}

        def forward(self, x, scale=1.0):
            for layer in self.layers:
                x = layer(x)
            return x * scale

    net = Stack()
    assert [name for name, _ in net.named_parameters()] == [
        "heads.b.0", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
        "heads.a.weight", "heads.a.bias",
    ]  # fmt: skip
    assert [name for name, _ in net.eval().named_modules() if not _.training] == ["", "layers.0", "layers.1", "heads.a"]
    x = [[1.0, 2.0]]
    assert net(x, scale=2.0).tolist() == (2 * net(x)).tolist()
    Stack().load_state_dict(net.state_dict())


def test_a_parameter_is_not_replaced_by_what_would_not_be_learned():
    layer = nn.Linear(2, 2)
    for plain in (ag.ones((2, 2)), np.ones((2, 2)), [[1.0, 1.0], [1.0, 1.0]]):
        with pytest.raises(
            nn.StateError, match=rf"weight is a Parameter, and a {type(plain).__name__} in its.*set Parameter\(...\)"
        ):
            layer.weight = plain
    layer.weight = nn.Parameter(ag.ones((2, 2)))
    layer.bias = None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]


def test_a_shared_module_is_walked_once_and_saved_under_each_of_its_names():
    layer = nn.Linear(2, 2)
    net = nn.Sequential(layer, nn.Tanh(), layer)
    assert [name for name, _ in net.named_modules()] == ["", "0", "1"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    net.load_state_dict(net.state_dict())


def test_apply_reaches_every_module_once_parts_first():
    net, seen = Net(), []
    assert net.apply(seen.append) is net
    assert seen == [net.hidden, net.inner[0], net.inner[1], net.inner, net]
    shared = nn.Sequential(net.hidden, net.hidden)
    seen.clear()
    shared.apply(seen.append)
    assert seen == [net.hidden, shared]


def test_a_frozen_part_gets_no_gradient_and_learns_again_when_unfrozen():
    net = Net()
    net(ag.tensor([[1.0, 2.0]])).sum().backward()
    net.hidden.freeze()
    assert net.hidden.weight.grad is None
    net.zero_grad()
    net(ag.tensor([[1.0, 2.0]])).sum().backward()
    assert net.hidden.weight.grad is None
    assert net.inner[1].weight.grad is not None
    assert all(p.requires_grad for p in net.unfreeze().parameters())
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())


def test_a_step_leaves_frozen_parameters_alone_whenever_they_were_frozen():
    net = Net()
    every = optim.SGD(net.parameters(), lr=0.1)
    net.hidden.freeze()
    frozen_before = optim.SGD(net.parameters(), lr=0.1, weight_decay=0.5)
    rest = optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
    for optimizer in (every, frozen_before, rest):
        frozen, learned = net.hidden.weight.numpy().copy(), net.inner[1].weight.numpy().copy()
        net(ag.tensor([[1.0, 2.0]])).sum().backward()
        optimizer.step()
        np.testing.assert_array_equal(net.hidden.weight.numpy(), frozen)
        assert (net.inner[1].weight.numpy() != learned).all()
    net.unfreeze()
    net(ag.tensor([[1.0, 2.0]])).sum().backward()
    frozen_before.step()
    assert (net.hidden.weight.numpy() != frozen).any()


def test_a_conversion_keeps_the_parameters_that_optimisers_hold_and_integers_as_they_are():
    net = Net()
    net.register_buffer("steps", ag.tensor(np.array(3)))
    before = net.parameters()
    net(ag.tensor([[1.0, 2.0]])).sum().backward()
    net.double()
    assert all(a is b for a, b in zip(before, net.parameters(), strict=True))
    assert {p.dtype for p in (*net.parameters(), net.scale)} == {np.dtype(np.float64)}
    assert net.hidden.weight.grad.dtype == np.float64
    assert net.steps.dtype == np.int64
    assert net(np.array([[1.0, 2.0]])).dtype == np.float64
    assert net.float()(np.ones((1, 2), np.float32)).dtype == np.float32
    with pytest.raises(ag.DTypeError, match="Net: parameters are floating-point numbers, not int32"):
        net.astype(np.int32)
    with pytest.raises(ag.DTypeError, match="Net: astype takes float32 or float64, got 'single precision'"):
        net.astype("single precision")


def test_a_copy_shares_nothing_but_what_was_shared_within():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    twin = copy.deepcopy(net)
    assert twin[1].weight is twin[0].weight
    assert twin[0].weight is not net[0].weight
    x = ag.tensor([[1.0, 2.0]])
    np.testing.assert_array_equal(net(x).numpy(), twin(x).numpy())
    twin[0].weight.assign(np.zeros((2, 2)))
    assert net[0].weight.numpy().any()


def test_without_strict_a_state_is_taken_as_far_as_it_goes():
    net, other = Net(), Net()
    state = dict(other.state_dict(), extra=np.zeros(3))
    del state["scale"]
    missing, unexpected = net.load_state_dict(state, strict=False)
    assert (missing, unexpected) == (["scale"], ["extra"])
    np.testing.assert_array_equal(net.hidden.weight.numpy(), other.hidden.weight.numpy())
    state["hidden.bias"] = np.zeros(7)
    with pytest.raises(nn.StateError, match=r"state: hidden.bias has shape \(7,\) instead of \(3,\)$"):
        net.load_state_dict(state, strict=False)
    with pytest.raises(nn.StateError, match="Net: a state is a dictionary of arrays, got a list"):
        net.load_state_dict([])


def test_attributes_that_pytorchs_users_mean_otherwise_are_refused():
    net = Net()
    with pytest.raises(ag.ArgumentError, match=r"Net: a module has no requires_grad, .* write freeze\(\)"):
        net.requires_grad = False
    for name in ("train", "eval"):
        with pytest.raises(ag.ArgumentError, match=rf"Net: {name} is a method, .* call it: {name}\(\)"):
            setattr(net, name, True)

    class Own(nn.Module):
        def __init__(self, requires_grad, freeze):
            self.requires_grad, self.freeze = requires_grad, freeze

    assert Own(True, False).requires_grad


def test_next_gives_what_is_listed_in_turn():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    assert next(net.parameters()) is net[0].weight
    assert (next(net.buffers()), next(net.children()), next(net.modules())) == (net[1].running_mean, net[0], net)
    parameters = net.parameters()
    assert [next(parameters) for _ in range(2)] == parameters[:2]
    assert len(parameters) == 4
    with pytest.raises(StopIteration):
        next(nn.Tanh().parameters())
