"""Graphs with boxes: which nodes are in one, and what is in a box."""

import time

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, Value, tensor
from autograd_core.show import draw, explain, step
from autograd_core.show.folding import take_folded
from autograd_core.show.scope import Scope
from autograd_core.show.snapshot import Box, Reading


class Dense:
    """A layer as `nn` has them, but for all that pictures do not ask for."""

    def __init__(self, inputs, outputs):
        rng = np.random.default_rng(inputs)
        self.weight = tensor(rng.standard_normal((inputs, outputs)), dtype=np.float64, requires_grad=True)
        self.bias = tensor(np.zeros(outputs), dtype=np.float64, requires_grad=True)

    def __call__(self, x):
        return x @ self.weight + self.bias


class Net:
    """Two layers in a block, and one behind it."""

    def __init__(self):
        self.parts = {"block.a": Dense(3, 4), "block.b": Dense(4, 4), "out": Dense(4, 2)}

    def named_modules(self):
        return [("", self), ("block", object()), *self.parts.items()]

    def named_parameters(self):
        for name, part in self.parts.items():
            yield f"{name}.weight", part.weight
            yield f"{name}.bias", part.bias

    def __call__(self, x):
        a, b, out, *_ = self.parts.values()
        return out(ag.relu(b(ag.tanh(a(x)))))


def loss_of(net):
    return (net(tensor(np.ones((5, 3)))) ** 2).sum()


def folded(root, module=None, limit=1000, depth=None):
    scope = Scope(module)
    return take_folded(Reading(root, names=scope.names), scope, limit, depth)


def names(snapshot):
    return [entry.name for entry in snapshot.entries]


def shown(snapshot):
    """Boxes by their names, and ops."""
    return [entry.label if entry.role == "box" else entry.op_name for entry in snapshot.entries if entry.inputs]


def test_modules_are_boxes_and_what_is_between_them_is_not():
    snapshot = folded(loss_of(Net()), Net.__new__(Net)) if False else folded(loss_of(net := Net()), net)
    assert shown(snapshot) == ["block", "relu", "out", "pow", "sum"]
    assert [entry.kind for entry in snapshot.entries if entry.role == "box"] == ["object", "Dense"]


def test_boxes_have_insides_and_these_too():
    snapshot = folded(loss_of(net := Net()), net)
    block = snapshot.insides[names(snapshot).index("block")]
    assert shown(block) == ["block.a", "tanh", "block.b"]
    assert (block.title, block.omission) == ("Inside block", "")
    a = block.insides[names(block).index("block.a")]
    assert shown(a) == ["matmul", "add"]
    assert {"block.a.weight", "block.a.bias"} < set(names(a))
    b = block.insides[names(block).index("block.b")]
    assert "tanh" in [entry.name for entry in b.entries if entry.role == "beyond"]


def test_depth_opens_modules():
    net = Net()
    loss = loss_of(net)
    assert shown(folded(loss, net, depth=1))[:4] == ["block.a", "tanh", "block.b", "relu"]
    opened = folded(loss, net, depth=9)
    assert not any(isinstance(node, Box) for node in opened.nodes)
    assert {name for name, _ in net.named_parameters()} < set(names(opened))


def test_a_dictionary_names_leaves_and_labels_go_before():
    w = tensor([1.0, 2.0], requires_grad=True)
    b = tensor([1.0, 2.0], requires_grad=True, label="b")
    y = (w * w + b).sum()
    module = {"w_1": w, "shift": b}
    assert {"w_1", "b"} < set(names(folded(y, module)))
    assert "∂v3/∂w_1" in explain(y, module=module)
    assert "∂v3/∂w_1" in str(step(y, module=module))
    assert ">w</tspan>" in str(y.show(module=module))  # with 1 below the line


def test_penalties_of_weights_are_no_part_of_their_module():
    net = Net()
    loss = loss_of(net) + 0.1 * sum((weight**2).sum() for _, weight in net.named_parameters())
    assert shown(folded(loss, net))[0] == "block"
    assert shown(folded(loss, net)).count("pow") == 7


def test_a_reshaped_parameter_is_one():
    scale = tensor(np.ones(4), requires_grad=True)
    net = Net()
    net.parts["norm"] = type("Norm", (), {"weight": scale, "bias": net.parts["out"].bias})
    y = (net(tensor(np.ones((2, 3)))) @ tensor(np.ones((2, 4))) * scale.reshape(1, 4)).sum()
    assert shown(folded(y, net))[-2:] == ["norm", "sum"]


def test_a_skip_connection_is_in_the_module_around_it():
    net = Net()
    a, b, out = net.parts.values()
    h = a(tensor(np.ones((5, 3))))
    y = out(b(h) + h).sum()
    assert shown(folded(y, net)) == ["block", "out", "sum"]
    assert shown(folded(y, net, depth=1)) == ["block.a", "block.b", "add", "matmul", "add", "sum"]


def test_a_module_that_is_used_again_later_is_two_boxes_and_no_circle():
    net = Net()
    a, b, out = net.parts.values()
    h = b(out(b(a(tensor(np.ones((5, 3)))))) @ tensor(np.ones((2, 4))))
    snapshot = folded(h.sum(), net)
    assert shown(snapshot) == ["block", "out", "matmul", "block", "sum"]
    assert {"block.b.weight", "block.b.bias"} < set(names(snapshot))  # which both use
    assert all(source < n for n, entry in enumerate(snapshot.entries) for source in entry.inputs)


def test_branches_of_a_module_of_different_length_are_one_box():
    net = Net()
    a, b, out = net.parts.values()
    x = tensor(np.ones((5, 3)))
    y = out(b(a(x)) + ag.exp(ag.tanh(x)) @ a.weight)
    assert shown(folded(y.sum(), net)).count("block") == 1


def chains(count=50):
    """Many sums of the same form."""
    w = [Value(0.1 * i, f"w{i}") for i in range(20)]
    return sum((ag.tanh(w[i % 20] * float(i)) for i in range(count)), start=Value(0.0, "s")), w


def test_of_large_graphs_the_nodes_of_one_op_at_one_level_are_a_box():
    f, w = chains()
    f.backward()
    snapshot = folded(f, limit=30)
    assert shown(snapshot) == ["multiply × 50", "tanh × 50", "add × 49", "add"]
    assert snapshot.entries[1].label == "w… × 20"
    assert "221 nodes; those of one op" in snapshot.omission
    tanh = snapshot.entries[names(snapshot).index("tanh × 50")]
    assert (tanh.value_spread.low, sum(tanh.value_spread.bins)) == (0.0, 50)
    assert tanh.gradient == 1.0  # all have that
    assert "values from 0 to 1, norm" in tanh.summary
    leaves = snapshot.entries[1]
    assert leaves.gradient_spread.high == max(x.grad for x in w)


def test_a_box_of_one_op_can_be_looked_into_unless_it_is_large():
    f, _ = chains()
    snapshot = folded(f, limit=30)
    inside = snapshot.insides[names(snapshot).index("tanh × 50")]
    assert shown(inside) == ["tanh"] * 50
    assert [entry.name for entry in inside.entries if entry.role == "beyond"] == ["multiply × 50"]
    large, _ = chains(500)
    snapshot = folded(large, limit=30)
    assert snapshot.insides == {}


def test_in_a_box_that_many_examples_went_through_ops_are_boxes_again():
    w = [Value(0.1 * i, f"w{i}") for i in range(3)]
    f = ag.sum([ag.tanh(w[0] * float(i) + w[1]) for i in range(80)]) * w[2]
    snapshot = folded(f, {"net.unit.a": w[0], "net.unit.b": w[1], "out.w": w[2]})
    net = snapshot.insides[names(snapshot).index("net")]
    unit = net.insides[names(net).index("net.unit")]
    assert shown(unit) == ["multiply × 80", "add × 80"]
    assert [entry.name for entry in unit.entries if entry.role == "node"] == ["w0", "w1"]


def test_boxes_are_where_their_numbers_no_longer_belong_together():
    f, w = chains()
    w[3].data = 7.0
    assert "values do not belong together: an input was given another one after multiply × 50" in (
        folded(f, limit=30).warning
    )


@pytest.mark.parametrize("module", [3, [tensor([1.0])], {"w": 3.0}])
def test_what_is_no_module_is_refused(module):
    with pytest.raises(DTypeError, match=r"show: module (is what|names)"):
        draw(Value(1.0) * 2.0, module=module)


def test_a_module_of_another_graph_is_refused():
    with pytest.raises(ArgumentError, match="none of the 6 parameters of this module is in the graph"):
        draw(loss_of(Net()), module=Net())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": 0}, "limit=0"),
        ({"depth": 1}, "depth=1.*needs module="),
        ({"width": 20}, "width=20; a picture is at least 100"),
        ({"width": float("nan")}, "width=nan"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        draw(Value(1.0) * 2.0, **options)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"depth": -1}, "depth=-1; it says how many levels"),
        ({"depth": "2"}, "depth='2'; it says how many levels of modules are opened, a whole number"),
        ({"limit": 2.5}, "limit=2.5; a whole number of nodes"),
        ({"width": "wide"}, "width='wide'; a picture is at least"),
    ],
)
def test_what_is_no_depth_limit_or_width_is_refused(option, message):
    net = Net()
    with pytest.raises(ArgumentError, match=f"show: {message}"):
        draw(loss_of(net), module=net, **option)


@pytest.mark.parametrize("form", ["sums", "sum of a list", "recurrence"])
def test_a_graph_of_any_form_and_size_is_drawn_in_seconds(form):
    if form == "sums":
        f, _ = chains(20_000)
    elif form == "sum of a list":
        f = ag.sum([Value(1.0) for _ in range(80_000)])
    else:  # each node at a level of its own
        f = Value(0.5, "x")
        for _ in range(20_000):
            f = ag.sin(f) * ag.cos(f)
    before = time.process_time()
    drawing = draw(f)
    assert time.process_time() - before < 2
    assert len(str(drawing)) < 2_000_000
