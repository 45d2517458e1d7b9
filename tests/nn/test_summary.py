"""The summary of a network counts what its formulas say, and leaves the network as it was."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.summary import summarise


def test_the_table_has_shapes_parameters_and_operations():
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2, bias=False))
    net[1].freeze()
    assert net.summary(ag.ones((5, 2, 3))).splitlines() == [
        "layer  kind     output  trainable  frozen  FLOPs",
        "------------------------------------------------",
        "0      Flatten  (5, 6)          0       0      0",
        "1      Linear   (5, 4)          0      28    240",
        "2      ReLU     (5, 4)          0       0     20",
        "3      Linear   (5, 2)          8       0     80",
        "------------------------------------------------",
        "total                           8      28    340",
    ]


def test_a_convolution_takes_two_operations_for_each_weight_and_place():
    found = summarise(nn.models.lenet5(), ag.zeros((1, 1, 28, 28)))
    assert found.trainable == 61_706
    assert [row.flops for row in found.rows if row.kind == "Conv2d"] == [2 * 25 * 6 * 784, 2 * 25 * 6 * 16 * 100]
    assert [row.output for row in found.rows if row.kind == "MaxPool2d"] == ["(1, 6, 14, 14)", "(1, 16, 5, 5)"]
    assert found.flops == sum(row.flops for row in found.rows)


def test_a_shared_layer_has_a_row_a_call_and_counts_once():
    layer = nn.Linear(3, 3)
    found = summarise(nn.Sequential(layer, nn.Tanh(), layer), ag.ones((1, 3)))
    assert [(row.name, row.trainable, row.flops) for row in found.rows] == [("0", 12, 18), ("1", 0, 3), ("0", 0, 18)]
    assert found.trainable == 12


class Net(nn.Module):
    """With a parameter of its own beside its parts, a part that is not called, and a layer that counts nothing."""

    def __init__(self):
        self.scale = nn.Parameter([2.0])
        self.body = nn.Linear(2, 2)
        self.spare = nn.Linear(2, 2)

    def forward(self, x):
        return self.body(x) * self.scale, x


def test_own_parameters_uncalled_parts_and_uncounted_operations_are_told_of():
    net = Net()
    found = summarise(net, ag.ones((1, 2)))
    assert [(row.name, row.output, row.trainable, row.flops) for row in found.rows] == [
        ("body", "(1, 2)", 6, 8),
        ("(itself)", "(1, 2), (1, 2)", 1, None),
    ]
    assert found.trainable == 13
    told = str(found)
    assert "total counts parameters, too, of layers that this call does not go through" in told
    assert "FLOPs leave out layers with a ?" in told


def test_a_layer_that_is_called_by_keyword_has_a_row_too():
    class Pools(nn.Module):
        def __init__(self):
            self.pool = nn.AdaptiveAvgPool1d(1)

        def forward(self, x):
            return self.pool(x=x)

    assert [(row.output, row.flops) for row in summarise(Pools(), ag.ones((2, 3, 4))).rows] == [("(2, 3, 1)", None)]


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (nn.LSTM(3, 2), [(4, 1, 3)]),
        (nn.GRUCell(3, 2), [(1, 3)]),
        (nn.ConvTranspose1d(1, 2, 3), [(1, 1, 5)]),
        (nn.MultiheadAttention(4, 2), [(3, 1, 4)] * 3),
        (nn.AdaptiveAvgPool1d(1), [(1, 1, 3)]),
        (nn.Softmax(), [(2, 3)]),
    ],
    ids=repr,
)
def test_lists_are_counted_as_the_arrays_that_they_stand_for(layer, shapes):
    arrays = [np.ones(shape, np.float32) for shape in shapes]
    assert summarise(layer, *[array.tolist() for array in arrays]) == summarise(layer, *arrays)


def test_modes_and_hooks_are_as_before_also_after_an_error():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    net[1].eval()
    summarise(net, ag.ones((1, 2)))
    with pytest.raises(ag.ShapeError):
        summarise(net, ag.ones((1, 3)))
    assert [module.training for module in net.modules()] == [True, True, False]
    calls = []
    with net[0].register_forward_hook(lambda *_: calls.append(1)):
        assert net(ag.ones((1, 2))).requires_grad
    assert calls == [1]
