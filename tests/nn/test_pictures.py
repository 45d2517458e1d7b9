"""Real models are drawn in seconds, with the names and the parts that their modules have."""

import time

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.models import CharacterTransformer, ResidualNet, lenet5
from nn.scalar import MLP


@pytest.fixture(autouse=True)
def seed():
    ag.manual_seed(0)


def drawn(loss, **options):
    """The picture, which has to take less than 2 seconds of the processor."""
    before = time.process_time()
    drawing = loss.show(**options)
    assert time.process_time() - before < 2
    return str(drawing)


def test_lenet5_has_its_layers_and_its_parameters_names():
    net = lenet5()
    loss = nn.functions.cross_entropy(net(ag.randn(16, 1, 28, 28)), ag.randint(0, 10, (16,)))
    loss.backward(retain_graph=True)
    svg = drawn(loss, module=net)
    for kind, count in (("Conv2d", 2), ("Linear", 3)):
        assert svg.count(f">{kind}</text>") == count
    for op in ("relu", "max_pool2d", "softmax_cross_entropy"):
        assert f">{op}</text>" in svg
    opened = drawn(loss, module=net, depth=9, width=1000)
    assert {f">{name}</text>" in opened for name, _ in net.named_parameters()} == {True}


def test_a_graph_of_65818_values_is_a_picture_of_its_layers():
    rng = np.random.default_rng(0)
    net = MLP([2, 16, 16, 1], activation=ag.relu)
    scores = [(net(rng.standard_normal(2).tolist())[0], label) for label in 50 * [-1.0, 1.0]]
    loss = ag.sum([(1 - label * score).relu() for score, label in scores]) * 0.01
    loss = loss + 1e-4 * ag.sum([p * p for p in net.parameters()])
    loss.backward()
    assert len(ag.graph.topological_order(loss)) > 65_000
    assert "relu × 1600" in drawn(loss)
    svg = drawn(loss, module=net)
    for n in range(3):
        assert f">layers.{n}</text>" in svg
    assert svg.count("relu × 1600") == 4  # the activations of both hidden layers, written and described


def test_a_transformers_layers_are_whole_boxes():
    net = CharacterTransformer(27)
    loss = net(np.zeros((1, 8), int)).sum()
    loss.backward(retain_graph=True)
    svg = drawn(loss, module=net)
    assert [svg.count(f">{name}</text>") for name in ("embedding", "encoder", "output")] == [1, 1, 1]
    layers = [f"encoder.layers.{n}" for n in range(2)]
    assert [drawn(loss, module=net, depth=1).count(f">{name}</text>") for name in layers] == [1, 1]


def test_residual_blocks_and_normalisation_have_theirs():
    net = ResidualNet().eval()
    loss = net(ag.randn(1, 1, 28, 28)).sum()
    svg = drawn(loss, module=net)
    assert [svg.count(f">{name}</text>") for name in ("conv1", "bn1", "blocks", "head")] == [1, 1, 1, 1]


def test_a_network_of_values_knows_its_parameters_names():
    net = MLP([2, 3, 1])
    names = [name for name, _ in net.named_parameters()]
    assert names[:4] == [
        "layers.0.neurons.0.weights.0",
        "layers.0.neurons.0.weights.1",
        "layers.0.neurons.0.bias",
        "layers.0.neurons.1.weights.0",
    ]
    assert [parameter for _, parameter in net.named_parameters()] == net.parameters()
    modules = dict(net.named_modules())
    assert modules[""] is net
    assert modules["layers.1.neurons.0"] is net.layers[1].neurons[0]
