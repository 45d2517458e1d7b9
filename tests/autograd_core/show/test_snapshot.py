"""What a snapshot reads out of a graph."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, Value, logsumexp, tensor
from autograd_core.show.snapshot import take
from autograd_core.show.summaries import number_text


def names(root, **options):
    return [entry.name for entry in take(root, **options).entries]


def test_inputs_come_first_and_from_left_to_right():
    x, y, z = Value(1, "x"), Value(2, "y"), Value(3, "z")
    snapshot = take((x + y) * z)
    assert [entry.name for entry in snapshot.entries] == ["x", "y", "v1", "z", "v2"]
    assert [entry.inputs for entry in snapshot.entries] == [(), (), (0, 1), (), (2, 3)]


def test_shared_node_is_one_entry():
    x = Value(3, "x")
    snapshot = take(x * x)
    assert [entry.inputs for entry in snapshot.entries] == [(), (0, 0)]


def test_nodes_that_are_equal_in_value_stay_apart():
    assert len(take(Value(1.0, "x") + Value(1.0, "y")).entries) == 3


def test_generated_names_avoid_labels():
    v1, x = Value(1, "v1"), Value(2, "x")
    assert names((v1 + x) * x) == ["v1", "x", "v2", "v3"]


def test_repeated_labels_are_told_apart():
    assert names(Value(1, "x") + Value(2, "x") + Value(3, "x#2") + Value(4, "x")) == [
        "x", "x#3", "v1", "x#2", "v2", "x#4", "v3",
    ]  # fmt: skip


@pytest.mark.parametrize(("label", "name"), [("x", "x"), ("", "2")])
def test_plain_numbers_in_a_formula_are_constants(label, name):
    snapshot = take(0.5 * Value(2, label) + 0.5)
    assert [(entry.name, entry.role) for entry in snapshot.entries if entry.op is None] == [
        ("0.5", "constant"),
        (name, "node"),
        ("0.5", "constant"),
    ]


def test_plain_numbers_in_lists_are_constants():
    snapshot = take(logsumexp([Value(2, "x"), 1.0]))
    assert [(entry.name, entry.role) for entry in snapshot.entries[:2]] == [("x", "node"), ("1", "constant")]


def test_every_value_is_a_node_with_or_without_a_label():
    assert [(entry.name, entry.role) for entry in take(Value(2, "x") * Value(3)).entries] == [
        ("x", "node"),
        ("3", "node"),
        ("v1", "node"),
    ]
    assert [(entry.name, entry.role) for entry in take(Value(2) * Value(2)).entries] == [
        ("2", "node"),
        ("2#2", "node"),
        ("v1", "node"),
    ]


def test_gradients_are_unknown_before_backward_and_known_after():
    x = Value(3, "x")
    y = x * x
    assert not take(y).differentiated
    y.backward()
    assert [entry.gradient for entry in take(y).entries] == [6.0, 1.0]


def test_gradients_that_are_graphs_themselves_are_read_as_numbers():
    x = Value(3, "x")
    y = x * x
    y.backward(create_graph=True)
    assert [entry.gradient for entry in take(y).entries] == [6.0, 1.0]


def test_snapshot_keeps_what_was_when_it_was_taken():
    x = Value(3, "x")
    snapshot = take(x * 2.0)
    x.data, x.label = 4.0, "other"
    assert (snapshot.entries[0].value, snapshot.entries[0].name) == (3.0, "x")


def test_of_a_large_graph_the_nodes_nearest_to_the_result_are_taken():
    total = x = Value(1, "x")
    for _ in range(100_000):
        total = total + x
    snapshot = take(total, limit=10)
    assert sum(entry.role != "beyond" for entry in snapshot.entries) == 10
    assert snapshot.result.value == 100_001
    assert "of 100001 nodes" in snapshot.omission


def test_a_graph_of_just_the_limit_is_whole():
    x = Value(1, "x")
    assert take(x + 1.0, limit=3).omission == ""
    assert take(x + 1.0, limit=2).omission != ""


def test_tensors_tell_shapes_dtypes_labels_and_arguments():
    x = np.ones((4, 3), np.float32)
    w = tensor(np.ones((3, 2)), dtype=np.float64, requires_grad=True, label="w")
    loss = (tensor(x) @ w).sum(axis=0)
    *leaves, product, result = take(loss).entries
    assert [(leaf.name, leaf.role) for leaf in leaves] == [("const", "constant"), ("w", "node")]
    assert product.inputs == (0, 1)
    assert (product.op_name, product.value, product.dtype) == ("matmul", "(4, 2)", "float64")
    assert (result.op_name, result.value) == ("sum", "(2,)")
    assert "axis=0" in result.attributes


def test_gradient_of_an_inner_tensor_is_known_if_it_is_retained():
    w = tensor([1.0, 2.0], requires_grad=True, label="w")
    h = w * w
    h.label = "h"
    h.retain_grad()
    loss = h.sum()
    loss.backward()
    assert [(e.name, e.gradient) for e in take(loss).entries] == [("w", "(2,)"), ("h", "(2,)"), ("v1", None)]


def test_labels_become_one_printable_line():
    assert names(Value(1, "a\n\tb\x00\x1b\ud800c")) == ["a b c"]


@pytest.mark.parametrize("stranger", [1.0, "x", None, np.ones(3)])
def test_what_has_no_graph_is_refused(stranger):
    with pytest.raises(DTypeError, match="Value or a Tensor"):
        take(stranger)


def test_a_limit_below_one_is_refused():
    with pytest.raises(ArgumentError, match="limit=0"):
        take(Value(1), limit=0)


@pytest.mark.parametrize(
    ("number", "text"),
    [(-0.0, "0"), (3.0, "3"), (1 / 3, "0.333333"), (1e20, "1e+20"), (float("nan"), "nan"), (float("-inf"), "-inf")],
)
def test_numbers_are_short(number, text):
    assert number_text(number) == text


def stale(root, **options):
    return [entry.name for entry in take(root, **options).entries if entry.stale]


def test_what_was_computed_before_an_input_changed_is_marked():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    product = x * y
    product.label = "p"
    f = product + x
    f.backward()
    assert stale(f) == []
    assert take(f).warning == ""
    y.data = 4.0
    assert stale(f) == ["p"]
    x.data = 10.0
    assert stale(f) == ["p", "v1"]
    assert "an input was given another one after p, v1 had been computed" in take(f).warning
    x.data, y.data = 2.0, 3.0
    assert stale(f) == []


def test_a_change_that_only_local_gradients_show_is_marked():
    x = Value(2.0, "x")
    y = x * Value(0.0)
    x.data = 5.0
    assert stale(y) == ["v1"]


@pytest.mark.parametrize(
    "formula",
    [
        lambda x, y: ag.sum([x, y, 1.0]),
        lambda x, y: ag.vecdot([x, y], [y, x]),
        lambda x, y: ag.linear([x, y], [[y, 2.0 * x]], [x])[0],
        lambda x, y: logsumexp([x, y, 2.0]),
        lambda x, y: ag.softmax([x, y])[1],
        lambda x, y: x**y / (x - 2.0),
        lambda x, y: ag.log(x - 3.0) * y,
    ],
)
def test_only_a_change_is_marked_whatever_the_op(formula):
    x, y = Value(2.0, "x"), Value(-0.3, "y")
    f = formula(x, y)
    assert stale(f) == []
    y.data = 0.7
    assert stale(f) != []


def test_tensors_that_were_used_before_a_leaf_was_updated_are_marked():
    w, b = tensor([1.0, 2.0], requires_grad=True, label="w"), tensor([1.0, 2.0], requires_grad=True, label="b")
    loss = (w * w + b).sum()
    assert stale(loss) == []
    w.assign([3.0, 4.0])
    assert stale(loss) == ["v1"]
    loss.backward()  # and what is released is not known any more, and not shown either
    assert stale(loss) == []


def test_what_is_not_shown_is_not_computed_again():
    total = x = Value(1.0, "x")
    for _ in range(2000):
        total = total * x
    x.data = 2.0
    assert len(stale(total, limit=10)) <= 10
