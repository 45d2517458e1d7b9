"""Modules in a row, in a list, by name: found, numbered, replaced and refused as PyTorch's users expect."""

from collections import OrderedDict

import numpy as np
import pytest

import autograd_core as ag
import nn

COVERS = {"ModuleList", "ModuleDict", "Sequential"}


def names(module):
    return [name for name, _ in module.named_children()]


@pytest.fixture
def net():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


@pytest.fixture
def listed():
    return nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 3)])


def test_a_slice_of_a_sequential_has_the_same_modules_under_the_same_names(net):
    body = net[:-1]
    assert isinstance(body, nn.Sequential)
    assert names(net[1:]) == ["1", "2"]
    assert body[0] is net[0]
    x = ag.tensor([[1.0, -2.0]])
    np.testing.assert_array_equal(net(x).numpy(), net[2](body(x)).numpy())
    assert net[-1] is net[2]


def test_a_sequential_of_a_dictionary_goes_by_its_names():
    net = nn.Sequential(OrderedDict(hidden=nn.Linear(2, 3), act=nn.ReLU(), out=nn.Linear(3, 1)))
    assert list(net.state_dict()) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert net.act is net[1]
    net.append(nn.Sigmoid())
    assert names(net) == ["hidden", "act", "out", "0"]
    with pytest.raises(
        ag.ArgumentError, match=r"Sequential: modules with names \(hidden, act, out, 0\) cannot be numb"
    ):
        net.insert(0, nn.ReLU())


@pytest.mark.parametrize("make", [lambda *modules: nn.Sequential(*modules), lambda *modules: nn.ModuleList(modules)])
def test_rows_grow_shrink_and_are_numbered(make):
    a, b, c, d = nn.Linear(1, 1), nn.ReLU(), nn.Tanh(), nn.Sigmoid()
    row = make(a, b).append(d)
    assert list(row.insert(2, c)) == [a, b, c, d]
    assert names(row) == ["0", "1", "2", "3"]
    del row[1]
    assert list(row) == [a, c, d]
    assert names(row) == ["0", "1", "2"]
    row[-1] = b
    assert list(row.extend([d, d])) == [a, c, b, d, d]
    assert len(row) == 5
    del row[1:]
    assert list(row) == [a]
    for index in (1, -2):
        with pytest.raises(IndexError, match=f"index {index} is out of range for 1 modules"):
            row[index]


def test_a_sequential_computes_one_module_after_the_other(net):
    x = np.array([[1.0, -2.0]], np.float32)
    hidden = np.tanh(x @ net[0].weight.numpy().T + net[0].bias.numpy())
    expected = hidden @ net[2].weight.numpy().T + net[2].bias.numpy()
    np.testing.assert_allclose(net(ag.tensor(x)).numpy(), expected, rtol=1e-6)
    assert nn.Sequential()(1.5) == 1.5


def test_a_module_list_is_sliced_to_one_numbered_from_0(listed):
    assert list(listed[1:]) == [listed[1]]
    assert list(listed[1:].state_dict()) == ["0.weight", "0.bias"]
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        listed(1)


def test_a_module_dict_is_a_dictionary_of_modules():
    heads = nn.ModuleDict({"a": nn.Linear(1, 2), "b": nn.ReLU()})
    heads["c"] = nn.Tanh()
    heads.update([("b", nn.Sigmoid())])
    assert (list(heads), len(heads), "b" in heads, "d" in heads) == (["a", "b", "c"], 3, True, False)
    assert heads.items() == list(zip(heads.keys(), heads.values(), strict=True))
    assert isinstance(heads.pop("b"), nn.Sigmoid)
    del heads["c"]
    assert list(heads.state_dict()) == ["a.weight", "a.bias"]
    for lacking in (lambda: heads["x"], lambda: heads.pop("x")):
        with pytest.raises(KeyError, match="no module is named 'x'; there are a"):
            lacking()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'' cannot name a module: no empty names, and no dots"),
        ("a.b", "'a.b' cannot name a module"),
        ("values", "'values' cannot name a module, for it has another meaning here; rename it"),
        ("training", "'training' cannot name a module, for it has another meaning"),
    ],
)
def test_names_that_cannot_be_are_refused(name, message):
    with pytest.raises(ag.ArgumentError, match=message):
        nn.ModuleDict({name: nn.ReLU()})


def test_what_is_no_module_is_refused(net):
    for wrong in (
        lambda: nn.Sequential(nn.ReLU(), 3),
        lambda: nn.ModuleList([3]),
        lambda: nn.ModuleDict({"a": 3}),
        lambda: net.append(3),
        lambda: net.insert(0, 3),
    ):
        with pytest.raises(TypeError, match="takes modules, got a int"):
            wrong()
    with pytest.raises(TypeError, match=r"got a list at position 0; give them one by one: Sequential\(\*modules\)"):
        nn.Sequential([nn.ReLU()])
    with pytest.raises(TypeError, match=r"got the class ReLU rather than one that is made of it: ReLU\(...\) as 'a'"):
        nn.ModuleDict({"a": nn.ReLU})
    assert names(net) == ["0", "1", "2"]


def test_a_hook_between_a_layer_and_its_relu_sees_what_the_layer_returns():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    x = ag.tensor([[4.0, 4.0]])
    net[0].weight.assign([[-1.0, -1.0], [1.0, 1.0], [0.0, 1.0]])
    whole, seen = net(x).numpy(), []
    with net[0].register_forward_hook(lambda module, inputs, output: seen.append(output.numpy())):
        np.testing.assert_array_equal(net(x).numpy(), whole)
    np.testing.assert_array_equal(seen[0], net[0](x).numpy())
    assert (seen[0] < 0).any()
    with net[1].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].numpy())):
        net(x)
    np.testing.assert_array_equal(seen[1], seen[0])
