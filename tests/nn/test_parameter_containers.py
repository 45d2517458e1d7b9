"""Parameters in a list and by name: found, saved and replaced as those that are attributes."""

import copy

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

COVERS = {"ParameterDict", "ParameterList"}


class Polynomial(nn.Module):
    def __init__(self, degree):
        self.coefficients = nn.ParameterList([ag.full((), float(k)) for k in range(degree + 1)])
        self.units = nn.ParameterDict({"x": ag.ones(()), "y": ag.ones(())})

    def forward(self, x):
        return self.units["y"] * sum(c * (self.units["x"] * x) ** k for k, c in enumerate(self.coefficients))


def test_what_they_hold_is_learned_saved_and_converted():
    net = Polynomial(2)
    assert list(net.state_dict()) == [*(f"coefficients.{k}" for k in range(3)), "units.x", "units.y"]
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    net(ag.tensor(3.0)).backward()
    optimizer.step()  # of y·(0 + 1·(u·x) + 2·(u·x)²) at 3: 1, 3 and 9; 39 and 21
    np.testing.assert_allclose([c.item() for c in net.coefficients], [-0.1, 0.7, 1.1], rtol=1e-6)
    np.testing.assert_allclose([u.item() for u in net.units.values()], [-2.9, -1.1], rtol=1e-6)
    twin = Polynomial(2)
    twin.load_state_dict(net.state_dict())
    assert twin(ag.tensor(2.0)).item() == net(ag.tensor(2.0)).item() == copy.deepcopy(net)(ag.tensor(2.0)).item()
    assert {p.dtype for p in net.double().parameters()} == {np.dtype(np.float64)}


def test_a_list_goes_by_numbers():
    first, second = nn.Parameter([1.0]), nn.Parameter([2.0], requires_grad=False)
    listed = nn.ParameterList([first]).extend([second, ag.ones(3)])
    assert listed[0] is first
    assert listed[-2] is second
    assert list(listed[:2]) == [first, second]
    assert len(listed) == 3
    assert isinstance(listed[2], nn.Parameter)
    listed[-3] = second
    assert [p is second for p in listed] == [True, True, False]
    with pytest.raises(IndexError, match="ParameterList: index 3 is out of range for 3 parameters"):
        listed[3]
    with pytest.raises(TypeError, match="takes parameters or tensors, got a list as '3'"):
        listed.append([1.0])
    with pytest.raises(TypeError, match="got a Linear"):
        listed[0] = nn.Linear(1, 1)
    assert listed[0] is second


def test_a_dictionary_goes_by_names():
    a = nn.Parameter([1.0])
    named = nn.ParameterDict([("a", a), ("b", ag.ones(2))])
    assert named.keys() == list(named) == ["a", "b"]
    assert named.items()[0] == ("a", a)
    assert named.get("c") is None
    assert named.pop("a") is a
    assert "a" not in named
    assert repr(named) == "ParameterDict(b: (2,))"
    with pytest.raises(KeyError, match="no parameter is named 'a'; there are b"):
        named["a"]
    for name in ("", "a.b", "forward"):
        with pytest.raises(ag.ArgumentError, match="cannot name a parameter"):
            named[name] = ag.ones(1)
