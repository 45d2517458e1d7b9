"""Steps with losses and layers whose work depends on numbers, on draws or on labels give compiled what they give."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import functions as F

CALLS = 6
rng = np.random.default_rng(0)
ROWS = [(rng.standard_normal((8, 5)), rng.integers(0, 3, 8)) for _ in range(CALLS)]
SOME = [(x, np.where(np.arange(8) < i, -100, labels)) for i, (x, labels) in enumerate(ROWS)]
SEQUENCES = [(rng.standard_normal((4, 8, 5)), rng.integers(0, 3, 8)) for _ in range(CALLS)]
WORDS = [(rng.integers(0, 7, (4, 6)), rng.integers(0, 3, 4)) for _ in range(CALLS)]


def perceptron(*between):
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), *between, nn.Linear(8, 3))


class Last(nn.Module):
    def __init__(self):
        self.recurrent, self.output = nn.LSTM(5, 6, 2, dropout=0.2), nn.Linear(6, 3)

    def forward(self, x):
        return self.output(self.recurrent(x)[0][-1])


class Reader(nn.Module):
    def __init__(self):
        self.embedding, self.output = nn.Embedding(7, 8, padding_idx=0), nn.Linear(8, 3)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)

    def forward(self, words):
        return self.output(self.layer(self.embedding(words), src_key_padding_mask=words == 0).mean(1))


def cross_entropy(net, x, labels):
    return F.cross_entropy(net(x), labels)


def smoothed(net, x, labels):
    return F.cross_entropy(net(x), labels, weight=np.array([1.0, 2.0, 0.5]), label_smoothing=0.1)


STEPS = {
    "dropout": (lambda: perceptron(nn.Dropout(0.3)), cross_entropy, ROWS),
    "alpha dropout and noise": (lambda: perceptron(nn.AlphaDropout(0.3), nn.GaussianNoise(0.3)), cross_entropy, ROWS),
    "ignored labels": (perceptron, cross_entropy, SOME),
    "smoothed, weighted, ignored": (perceptron, smoothed, SOME),
    "margins": (perceptron, lambda net, x, labels: F.multi_margin_loss(net(x), labels), ROWS),
    "bits": (
        perceptron,
        lambda net, x, labels: F.binary_cross_entropy(ag.sigmoid(net(x)), F.one_hot(labels, 3)),
        ROWS,
    ),
    "checkpoint": (
        lambda: perceptron(nn.Dropout(0.3)),
        lambda net, x, labels: F.cross_entropy(ag.checkpoint(net)(x), labels),
        ROWS,
    ),
    "batch normalisation": (lambda: perceptron(nn.BatchNorm1d(8, momentum=None)), cross_entropy, ROWS),
    "spectral norm": (lambda: nn.Sequential(nn.parametrizations.spectral_norm(nn.Linear(5, 3))), cross_entropy, ROWS),
    "LSTM": (Last, cross_entropy, SEQUENCES),
    "transformer": (Reader, cross_entropy, WORDS),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_compiled_step(name):
    make, loss, batches = STEPS[name]

    def training(compiled):
        ag.manual_seed(0)
        net = make().double()
        optimizer = optim.SGD(net.parameters(), lr=0.05)

        def step(x, labels):
            optimizer.zero_grad()
            value = loss(net, x, labels)
            value.backward()
            norm = optim.clip_grad_norm(net.parameters(), 0.8)
            optimizer.step()
            return value, norm

        step = ag.compile(step) if compiled else step
        found = [[float(y) for y in step(*map(ag.tensor, batch))] for batch in batches]
        return found, net.state_dict()

    (ours, state), (expected, after) = training(True), training(False)
    np.testing.assert_allclose(ours, expected, rtol=1e-11)
    for key, array in after.items():
        np.testing.assert_allclose(state[key], array, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(300, 200), (32, 300)),
        (nn.Linear(3, 2), (3,)),
        (nn.Linear(3, 4), (2, 2, 3)),
        (nn.Linear(4, 5, bias=False), (2, 4)),
        (nn.Conv2d(1, 6, 5, padding=2), (4, 1, 28, 28)),
        (nn.Conv2d(6, 16, 5), (3, 6, 14, 14)),
        (nn.Conv2d(8, 40, 3, stride=2, padding="valid"), (2, 8, 9, 9)),
        (nn.Conv2d(4, 4, 3, groups=4), (2, 4, 9, 40)),
        (nn.Conv2d(30, 20, 3, padding=1, padding_mode="reflect"), (1, 30, 6, 5)),
        (nn.Conv2d(2, 3, 1, bias=False), (1, 2, 2, 2)),
        (nn.Conv2d(2, 3, 3), (0, 2, 4, 4)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_relu_becomes_part_of_the_op_before_it_and_no_number_changes(layer, shape, dtype):
    for parameter in layer.parameters():
        parameter.assign(parameter, dtype=dtype)
    numbers = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    if numbers.size > 3:
        numbers.flat[[2, -1]] = np.nan, np.inf

    def step(x):
        layer.zero_grad()
        y = ag.relu(layer(x))
        (y * 0.5).sum().backward()
        return y

    expected = [step(ag.tensor(numbers)), *(p.grad for p in layer.parameters())]
    expected = [x.detach().numpy().copy() for x in expected]
    compiled = ag.compile(step)
    for _ in range(4):
        y = compiled(ag.tensor(numbers))
    for ours, eager in zip([y, *(p.grad for p in layer.parameters())], expected, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours.numpy(), eager, rtol=1e-5, atol=1e-5)
    is_product = isinstance(layer, nn.Linear) and layer.bias is None  # a matmul, which takes in nothing
    assert ("with the op before" in str(compiled)) == (numbers.size > 0 and not is_product)


LOOKS = {
    "a sum of both": lambda y, z: z + y,
    "a view of it": lambda y, z: z.sum() + y[:1].sum(),
    "it is returned": lambda y, z: (y, z),
    "nobody": lambda y, z: z * 2.0,
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("layer", [nn.Linear(30, 20), nn.Conv2d(3, 5, 3)], ids=repr)
def test_what_a_relu_takes_is_kept_if_anybody_looks_at_it(layer, look):
    shape = (4, 30) if isinstance(layer, nn.Linear) else (4, 3, 10, 10)
    x = ag.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32))

    @ag.no_grad
    def function(x):
        y = layer(x)
        z = ag.relu(y)
        more = ag.tanh(z)
        return LOOKS[look](y, z), more

    compiled = ag.compile(function)
    for seed in range(5):
        x = ag.tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))
        for ours, eager in zip(flat(compiled(x)), flat(function(x)), strict=True):
            np.testing.assert_allclose(ours.numpy(), eager.numpy(), rtol=1e-5, atol=1e-6)


def flat(tree):
    return [leaf for part in tree for leaf in flat(part)] if isinstance(tree, tuple) else [tree]


def training(model, optimizer, compile):
    def step(x, labels):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    return ag.compile(step) if compile else step


CHANGES = {
    "another rate of decay": lambda net: setattr(net[1], "momentum", 0.5),
    "a layer more": lambda net: net.append(nn.Tanh()),
    "a layer between": lambda net: net.insert(2, nn.Sigmoid()),
    "a layer less": lambda net: net.__delitem__(2),
    "no bias": lambda net: setattr(net[0], "bias", None),
    "another buffer": lambda net: setattr(net[1], "running_mean", ag.ones(6, dtype=np.float64) * 5),
    "a forward of its own": lambda net: setattr(
        net[0], "forward", lambda x: ag.tanh(x @ ag.ones((5, 6), dtype=np.float64))
    ),
    "a text": lambda net: setattr(net[3], "approximate", "tanh"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_is_changed_is_captured_anew(change):
    results = []
    for compile in (True, False):
        ag.manual_seed(0)
        net = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.GELU(), nn.Linear(6, 3)).astype(
            np.float64
        )
        step = training(net, optim.SGD(net.parameters(), lr=0.1), compile)
        losses = [step(*row).item() for row in ROWS]
        CHANGES[change](net)
        results.append([*losses, *[step(*row).item() for row in ROWS], *net[1].running_mean.numpy().tolist()])
    np.testing.assert_allclose(results[0], results[1], rtol=1e-9)


@pytest.mark.parametrize("steps_before", [0, 3, 4])
def test_an_optimiser_may_change_its_rule_at_any_step(steps_before):
    results = []
    for compile in (True, False):
        ag.manual_seed(0)
        net = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)).astype(np.float64)
        optimizer = optim.RAdam(net.parameters(), lr=0.01)
        eager = training(net, optimizer, False)
        for row in ROWS[:steps_before]:
            eager(*row)
        step = training(net, optimizer, compile)
        losses = [step(*row).item() for row in [*ROWS, *ROWS]]
        results.append([*losses, *net[1].running_mean.numpy().tolist(), *net[0].weight.numpy().ravel().tolist()])
    np.testing.assert_allclose(results[0], results[1], rtol=1e-9)


def test_gradients_that_nobody_forgets_add_up_after_a_change_too():
    found = []
    for compile in (True, False):
        ag.manual_seed(0)
        net = nn.Sequential(nn.Linear(5, 3)).astype(np.float64)
        step = training(net, optim.SGD(net.parameters(), lr=0.1), compile)
        for row in ROWS:
            step(*row)
        nn.weight_norm(net[0])  # whose parameters the optimiser does not have
        for row in ROWS:
            step(*row)
        found.append([p.grad.numpy().copy() for p in net.parameters()])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9)
