"""Recurrent layers: as PyTorch's, exact to second order through time, and a layer is its cell step by step."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import kernels
from nn.functions import recurrence
from nn.utils import rnn

rng = np.random.default_rng(0)


def with_state(module, x, *state):
    return module(x, state if len(state) == 2 else state[0])


def of_lengths(module, x, lengths, *state):
    return module(x, {0: None, 1: state[:1] and state[0], 2: state}[len(state)], lengths=lengths)


def of_packed(module, x, lengths, *state):
    first = module.batch_first
    packed = rnn.pack_padded_sequence(x, lengths, first, enforce_sorted=False)
    output, last = module(packed, {0: None, 1: state[:1] and state[0], 2: state}[len(state)])
    return rnn.pad_packed_sequence(output, first, total_length=x.shape[1 if first else 0])[0], last


def cases():
    for name in ("RNN", "LSTM", "GRU"):
        layer, cell = getattr(nn, name), getattr(nn, f"{name}Cell")
        yield name, (lambda layer=layer: layer(3, 2)), None
        yield f"{name} deep both ways", (lambda layer=layer: layer(3, 2, num_layers=2, bidirectional=True)), None
        yield f"{name} state", (lambda layer=layer: layer(3, 2, bidirectional=True)), with_state
        yield f"{name} batch first", (lambda layer=layer: layer(3, 2, batch_first=True, bias=False)), None
        yield f"{name} one sequence", (lambda layer=layer: layer(3, 2)), with_state
        yield f"{name}Cell", (lambda cell=cell: cell(3, 4)), with_state
        yield f"{name}Cell alone", (lambda cell=cell: cell(3, 4, bias=False)), None
        both = {"num_layers": 2, "bidirectional": True}
        yield f"{name} lengths", (lambda layer=layer: layer(3, 2)), of_lengths
        yield f"{name} lengths deep both ways", (lambda layer=layer, both=both: layer(3, 2, **both)), of_lengths
        one = {"batch_first": True, "bidirectional": True}
        yield f"{name} lengths state batch first", (lambda layer=layer, one=one: layer(3, 2, **one)), of_lengths
    deep = {"num_layers": 2, "bidirectional": True, "proj_size": 2}
    yield "LSTM projected", (lambda: nn.LSTM(3, 4, **deep)), None
    yield "LSTM projected state", (lambda: nn.LSTM(3, 4, proj_size=2)), with_state
    yield "LSTM projected lengths", (lambda: nn.LSTM(3, 4, **deep)), of_lengths
    yield "RNN relu", (lambda: nn.RNN(3, 2, nonlinearity="relu")), None
    yield "RNNCell relu", (lambda: nn.RNNCell(3, 4, nonlinearity="relu")), None


CASES = {name: (make, call) for name, make, call in cases()}
COVERS = {name.split()[0] for name in CASES}
CELLS = [ag.cells.RNN, ag.cells.LSTM, ag.cells.GRU]


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_sequences.npz")


def test_every_stored_case_is_asked(stored):
    assert {name for name in stored.cases if name.startswith(("RNN", "LSTM", "GRU"))} == set(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_states_and_gradients_are_those_of_pytorch(stored, name, dtype):
    make, call = CASES[name]
    stored.check(name, make(), dtype, call)


@pytest.mark.parametrize("name", [name for name in CASES if "lengths" in name])
def test_packed_sequences_give_what_padded_ones_with_lengths_do(stored, name):
    stored.check(name, CASES[name][0](), np.float64, of_packed)


def weights(cell, inputs, hidden):
    rows = cell.gates * hidden
    return [rng.standard_normal(shape) for shape in ((rows, inputs), (rows, hidden), (rows,), (rows,))]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_first_and_second_gradients_through_time(cell):
    length, n, inputs, hidden = 3, 2, 2, 2
    x, states = rng.standard_normal((length, n, inputs)), rng.standard_normal((cell.parts, n, hidden))

    def run(x, s, *w):
        h, last = recurrence.layer(cell, x, [s[part] for part in range(cell.parts)], *w)
        return ag.concat([h.flatten(), *[part.flatten() ** 2 for part in last]])

    ag.gradcheck(run, x, states, *weights(cell, inputs, hidden), order=2)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_layer_is_its_cell_step_by_step(cell):
    x = ag.tensor(rng.standard_normal((5, 3, 4)))
    w = [ag.tensor(array, requires_grad=True) for array in weights(cell, 4, 6)]
    state = tuple(ag.zeros((3, 6), dtype=np.float64) for _ in range(cell.parts))
    found = []
    h, last = recurrence.layer(cell, x, state, *w)
    (h * h).sum().backward()
    found.append([h.numpy(), last[-1][0].numpy(), *[a.grad.numpy() for a in w]])
    for a in w:
        a.grad = None
    steps = []
    for t in range(5):
        state = recurrence.step(cell, x[t], state, *w)
        steps.append(state[0])
    h = ag.stack(steps)
    (h * h).sum().backward()
    found.append([h.numpy(), state[-1].numpy(), *[a.grad.numpy() for a in w]])
    for ours, stepwise in zip(*found, strict=True):
        np.testing.assert_allclose(ours, stepwise, rtol=1e-10, atol=1e-12)


def test_a_sequence_is_one_node_however_long():
    layer = nn.LSTM(3, 4)

    def nodes(length):
        output, _ = layer(ag.ones((length, 2, 3)))
        seen, stack = set(), [output.node]
        while stack:
            node = stack.pop()
            if node is not None and node not in seen:
                seen.add(node)
                stack += node.parents
        return len(seen)

    assert nodes(50) == nodes(2)


def test_the_gradient_through_time_is_computed_once_and_then_let_go(monkeypatch):
    calls = []
    original = kernels.recurrent.run_back

    def counted(*arguments):
        calls.append(1)
        return original(*arguments)

    monkeypatch.setattr(kernels.recurrent, "run_back", counted)
    layer = nn.GRU(3, 4)
    x = ag.ones((5, 2, 3), requires_grad=True)
    output, _ = layer(x)
    output.sum().backward(retain_graph=True)
    assert len(calls) == 1
    once = x.grad.numpy().copy()
    output.sum().backward()
    assert len(calls) == 2
    np.testing.assert_array_equal(x.grad.numpy(), 2 * once)


def test_names_and_shapes_of_the_state_are_those_of_pytorch():
    shapes = {name: array.shape for name, array in nn.LSTM(3, 2, 2, bidirectional=True).state_dict().items()}
    assert list(shapes)[:5] == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse"]
    assert shapes["weight_ih_l0"] == (8, 3)
    assert shapes["weight_ih_l1_reverse"] == (8, 4)
    assert list(nn.GRUCell(3, 2).state_dict()) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]


def test_dropout_acts_between_layers_in_training_only():
    ag.manual_seed(0)
    layer = nn.GRU(3, 8, num_layers=2, dropout=0.5)
    x = ag.tensor(rng.standard_normal((4, 2, 3)), dtype=np.float32)
    assert not np.array_equal(layer(x)[0].numpy(), layer(x)[0].numpy())
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0].numpy(), layer(x)[0].numpy())
    with pytest.warns(UserWarning, match="GRU: dropout acts between layers, and there is only one"):
        nn.GRU(3, 8, dropout=0.5)


def test_an_lstm_learns_which_symbol_came_first():
    ag.manual_seed(0)
    symbols = rng.integers(0, 2, (8, 32))
    x = np.eye(2, dtype=np.float32)[symbols]
    lstm, readout = nn.LSTM(2, 8), nn.Linear(8, 2)
    optimizer = optim.Adam(lstm.parameters() + readout.parameters(), lr=0.03)
    losses = []
    for _ in range(120):
        optimizer.zero_grad()
        _, (h, _) = lstm(ag.tensor(x))
        loss = nn.functions.cross_entropy(readout(h[0]), symbols[0])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(np.log(2), abs=0.1)
    assert losses[-1] < 0.05


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: nn.LSTM(3, 2)(ag.ones((4, 2, 5))), r"LSTM: takes shape \(L, N, in\), or .* in = 3, got .*\(4, 2, 5\)"),
        (lambda: nn.RNN(3, 2)(ag.ones((0, 2, 3))), r"RNN: takes shape .* L and N at least 1 .*\(0, 2, 3\)"),
        (
            lambda: nn.GRU(3, 2)(ag.ones((4, 2, 3)), ag.ones((2, 2))),
            r"GRU: an initial state has shape .* = \(1, 2, 2\), .* got shape \(2, 2\)",
        ),
        (lambda: nn.GRUCell(3, 2)(ag.ones((4, 4))), r"GRUCell: takes shape \(N, 3\) or \(3,\), got \(4, 4\)"),
        (
            lambda: nn.RNNCell(3, 2)(ag.ones((4, 3)), ag.ones((3, 2))),
            r"RNNCell: the state for x of shape \(4, 3\) has shape \(4, 2\), got \(3, 2\)",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_named(act, message):
    with pytest.raises(ag.ShapeError, match=message):
        act()


def test_settings_that_do_not_fit_are_named():
    with pytest.raises(ag.ArgumentError, match="RNN: nonlinearity must be tanh or relu, got 'selu'"):
        nn.RNN(3, 2, nonlinearity="selu")
    with pytest.raises(ag.ArgumentError, match="LSTM: hidden_size must be a whole number of at least 1, got 0"):
        nn.LSTM(3, 0)
    with pytest.raises(ag.ArgumentError, match="GRU: the state is h alone, got a tuple of 2"):
        nn.GRU(3, 2)(ag.ones((4, 2, 3)), (ag.ones((1, 2, 2)), ag.ones((1, 2, 2))))
    with pytest.raises(ag.ArgumentError, match=r"LSTM: the state is a pair \(h, c\), got a Tensor"):
        nn.LSTM(3, 2)(ag.ones((4, 2, 3)), ag.ones((1, 2, 2)))


def test_operations_are_counted():
    # For each of 4·2 steps and both directions: 4 gates of 2 units with 3 + 2 weights, two operations each.
    layer = nn.LSTM(3, 2, bidirectional=True)
    assert layer.flops((np.zeros((4, 2, 3)),), None) == 8 * 2 * 4 * 2 * 5 * 2
    assert nn.GRUCell(3, 2).flops((np.zeros((4, 3)),), None) == 4 * 3 * 2 * 5 * 2


def test_repr_shows_the_settings():
    assert repr(nn.LSTM(3, 2)) == "LSTM(input_size=3, hidden_size=2)"
    assert repr(nn.RNN(3, 2, 2, "relu", batch_first=True, bidirectional=True)) == (
        "RNN(input_size=3, hidden_size=2, num_layers=2, nonlinearity='relu', batch_first=True, bidirectional=True)"
    )
    assert repr(nn.RNNCell(3, 2)) == "RNNCell(input_size=3, hidden_size=2)"


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_padding_counts_for_nothing_whatever_stands_there(kind):
    layer = kind(3, 2, num_layers=2, bidirectional=True)
    numbers = rng.standard_normal((4, 2, 3)).astype(np.float32)
    found = []
    for padding in (0.0, np.nan):
        numbers[2:, 1] = padding
        x = ag.tensor(numbers, requires_grad=True)
        layer.zero_grad()
        output, _ = layer(x, lengths=[4, 2])
        assert not output.numpy()[2:, 1].any()
        ag.sum(output**2).backward()
        assert not x.grad.numpy()[2:, 1].any()
        found.append([x.grad.numpy(), *[p.grad.numpy() for p in layer.parameters()]])
    for finite, with_nan in zip(*found, strict=True):
        np.testing.assert_array_equal(finite, with_nan)


def test_one_compiled_step_serves_all_lengths():
    ag.manual_seed(0)
    layer, readout = nn.GRU(3, 4, bidirectional=True), nn.Linear(8, 2)
    net = nn.ModuleList([layer, readout])

    def step(x, lengths, labels):
        output, h = layer(x, lengths=lengths)
        loss = nn.functions.cross_entropy(readout(ag.concat([h[0], h[1]], axis=1)), labels) + ag.mean(output**2)
        net.zero_grad()
        loss.backward()
        return loss, layer.weight_hh_l0_reverse.grad

    compiled = ag.compile(step)
    for _ in range(6):
        x, lengths = rng.standard_normal((5, 4, 3)).astype(np.float32), rng.integers(1, 6, 4)
        labels = rng.integers(0, 2, 4)
        for found, expected in zip(compiled(x, lengths, labels), step(x, lengths, labels), strict=True):
            np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-5, atol=1e-7)
    assert "1 program(s)" in str(compiled)
    with pytest.raises(ag.ArgumentError, match="lengths go from 0 to the number of steps, 5; got some from 6 to 6"):
        compiled(x, np.full(4, 6), labels)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_gradients_of_each_sequence_alone(kind):
    layer = kind(3, 2, bidirectional=True)
    x = ag.tensor(rng.standard_normal((3, 4, 1, 3)).astype(np.float32))
    lengths = ag.tensor([[4], [2], [1]])

    def loss(parameters, x, lengths):
        return ag.sum(nn.functional_call(layer, parameters, x, {"lengths": lengths})[0] ** 2)

    parameters = dict(layer.named_parameters())
    found = ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(parameters, x, lengths)
    for i in range(3):
        alone = ag.grad(loss)(parameters, x[i], lengths[i])
        for name, gradient in alone.items():
            np.testing.assert_allclose(found[name][i].numpy(), gradient.numpy(), rtol=1e-4, atol=1e-6)
