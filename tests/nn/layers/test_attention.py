"""Attention: as PyTorch's with every kind of mask, exact to second order, and clear about what does not fit."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.functions import scaled_dot_product_attention

rng = np.random.default_rng(0)


class Attention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.options = options

    def forward(self, *inputs):
        return scaled_dot_product_attention(*inputs, **self.options)


CASES = {  # name -> (module, how it is called)
    "attention": (lambda: Attention(), None),
    "attention scale": (lambda: Attention(scale=0.3), None),
    "attention causal": (lambda: Attention(is_causal=True), None),
    "attention mask": (lambda: Attention(), None),
    "attention bias": (lambda: Attention(), None),
    "attention to nothing": (lambda: Attention(), None),
    "MultiheadAttention self": (lambda: nn.MultiheadAttention(4, 2), lambda m, x: m(x, x, x)),
    "MultiheadAttention plain": (lambda: nn.MultiheadAttention(4, 2, bias=False), lambda m, x: m(x, x, x)),
    "MultiheadAttention heads": (
        lambda: nn.MultiheadAttention(4, 2, batch_first=True),
        lambda m, x: m(x, x, x, average_attn_weights=False),
    ),
    "MultiheadAttention cross": (lambda: nn.MultiheadAttention(4, 2), lambda m, x, y: m(x, y, y)),
    "MultiheadAttention three": (
        lambda: nn.MultiheadAttention(4, 2, kdim=3, vdim=5),
        lambda m, q, k, v: m(q, k, v, need_weights=False)[0],
    ),
    "MultiheadAttention masks": (
        lambda: nn.MultiheadAttention(4, 2),
        lambda m, x, y, padded, blocked: m(x, y, y, key_padding_mask=padded, attn_mask=blocked),
    ),
    "MultiheadAttention mask a head": (
        lambda: nn.MultiheadAttention(4, 2),
        lambda m, x, mask: m(x, x, x, attn_mask=mask),
    ),
    "MultiheadAttention one sequence": (lambda: nn.MultiheadAttention(4, 2), lambda m, x: m(x, x, x)),
}
COVERS = {"MultiheadAttention", "functions.scaled_dot_product_attention"}


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_sequences.npz")


def test_every_stored_case_is_asked(stored):
    assert {name for name in stored.cases if name.startswith(("attention", "Multihead"))} == set(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_weights_and_gradients_are_those_of_pytorch(stored, name, dtype):
    make, call = CASES[name]
    stored.check(name, make(), dtype, call)


@pytest.mark.parametrize("causal", [False, True])
def test_first_and_second_gradients(causal):
    inputs = [rng.standard_normal(shape) for shape in ((2, 3, 2), (2, 3, 2), (2, 3, 2))]
    ag.gradcheck(lambda *qkv: scaled_dot_product_attention(*qkv, is_causal=causal) ** 2, *inputs, order=2)


def test_attention_is_the_formula():
    q, k, v = rng.standard_normal((3, 4)), rng.standard_normal((5, 4)), rng.standard_normal((5, 2))
    e = np.exp(q @ k.T / math.sqrt(4))
    expected = e / e.sum(-1, keepdims=True) @ v
    y = scaled_dot_product_attention(ag.tensor(q), ag.tensor(k), ag.tensor(v))
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)


def test_a_query_that_may_look_nowhere_gets_0_and_passes_no_gradient():
    x = ag.tensor(rng.standard_normal((1, 3, 4)), requires_grad=True)
    y = scaled_dot_product_attention(x, x.detach(), x.detach(), attn_mask=np.array([[True], [False], [True]]))
    y.sum().backward()
    assert not y.numpy()[:, 1].any()
    assert not x.grad.numpy()[:, 1].any()
    assert np.isfinite(x.grad.numpy()).all()


def test_a_mask_is_no_anomaly():
    x = ag.tensor(rng.standard_normal((2, 3, 4)), requires_grad=True)
    with ag.detect_anomaly():
        mask = np.array([[True, False, True], [False] * 3, [True] * 3])
        y = scaled_dot_product_attention(x, x, x, attn_mask=mask, is_causal=True)
        y.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_causal_attention_does_not_depend_on_what_comes_later():
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    x = rng.standard_normal((1, 5, 4)).astype(np.float32)
    changed = x.copy()
    changed[:, 3:] += 1
    one, other = [layer(t, t, t, is_causal=True)[0].numpy() for t in (ag.tensor(x), ag.tensor(changed))]
    np.testing.assert_allclose(one[:, :3], other[:, :3], rtol=1e-6, atol=1e-7)
    assert not np.allclose(one[:, 3:], other[:, 3:])


def test_the_axis_of_the_batch_may_come_first_or_second():
    x = rng.standard_normal((3, 2, 4)).astype(np.float32)
    layer, first = nn.MultiheadAttention(4, 2), nn.MultiheadAttention(4, 2, batch_first=True)
    first.load_state_dict(layer.state_dict())
    y, weights = layer(*[ag.tensor(x)] * 3)
    z, same = first(*[ag.tensor(x.swapaxes(0, 1))] * 3)
    np.testing.assert_allclose(y.numpy().swapaxes(0, 1), z.numpy(), rtol=1e-10)
    np.testing.assert_allclose(weights.numpy(), same.numpy(), rtol=1e-10)


def test_lists_and_batches_of_none_are_taken():
    layer, x = nn.MultiheadAttention(4, 2), rng.standard_normal((3, 2, 4)).astype(np.float32)
    np.testing.assert_array_equal(layer(*[x.tolist()] * 3)[0].numpy(), layer(x, x.copy(), x.copy())[0].numpy())
    flat = x[:, 0]
    found = scaled_dot_product_attention(*[flat.tolist()] * 3, attn_mask=[[True, False, True]] * 3)
    expected = scaled_dot_product_attention(*[flat] * 3, attn_mask=np.array([[True, False, True]] * 3))
    np.testing.assert_array_equal(np.asarray(found), expected)
    none = ag.ones((3, 0, 4))
    for y, weights in (layer(none, none, none), layer(none, none, none * 1)):
        assert (y.shape, weights.shape) == ((3, 0, 4), (0, 3, 3))


def test_dropout_drops_weights_in_training_only():
    ag.manual_seed(0)
    layer = nn.MultiheadAttention(8, 1, dropout=0.5)
    x = ag.tensor(rng.standard_normal((20, 2, 8)), dtype=np.float32)
    _, weights = layer(x, x, x)
    assert (weights.numpy() == 0).mean() == pytest.approx(0.5, abs=0.06)
    _, weights = layer.eval()(x, x, x)
    np.testing.assert_allclose(weights.numpy().sum(-1), 1, rtol=1e-6)


def test_operations_are_counted():
    layer = nn.MultiheadAttention(4, 2)
    x, other = np.zeros((3, 2, 4)), np.zeros((5, 2, 4))
    projections, scores = 6 * 4 * 4 + 2 * (10 * 4 * 4), 2 * (6 * 5 * 4)  # 6 queries, 10 keys and values
    assert layer.flops((x, other, other), None) == 2 * (projections + scores)


def test_names_and_shapes_of_the_state_are_those_of_pytorch():
    shapes = {name: array.shape for name, array in nn.MultiheadAttention(4, 2).state_dict().items()}
    assert shapes == {
        "in_proj_weight": (12, 4),
        "in_proj_bias": (12,),
        "out_proj.weight": (4, 4),
        "out_proj.bias": (4,),
    }
    assert {"q_proj_weight", "k_proj_weight", "v_proj_weight"} < set(nn.MultiheadAttention(4, 2, kdim=3).state_dict())


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (
            lambda: nn.MultiheadAttention(4, 3),
            ag.ArgumentError,
            "MultiheadAttention: 4 features do not make 3 heads of one size",
        ),
        (
            lambda: nn.MultiheadAttention(4, 2)(*[ag.ones((3, 2, 5))] * 3),
            ag.ShapeError,
            r"MultiheadAttention: takes .* of shapes \(L, N, 4\), \(S, N, 4\), \(S, N, 4\), .* got \(3, 2, 5\), ",
        ),
        (
            lambda: nn.MultiheadAttention(4, 2)(*[ag.ones((3, 2, 4))] * 3, attn_mask=np.zeros((2, 2))),
            ag.ShapeError,
            r"attn_mask has shape \(L, S\) = \(3, 3\) or \(N·heads, L, S\) = \(4, 3, 3\), got \(2, 2\)",
        ),
        (
            lambda: nn.MultiheadAttention(4, 2)(*[ag.ones((3, 2, 4))] * 3, key_padding_mask=np.zeros((3, 2), bool)),
            ag.ShapeError,
            r"key_padding_mask has shape \(N, S\) = \(2, 3\), got \(3, 2\)",
        ),
        (
            lambda: scaled_dot_product_attention(*[ag.ones((3, 4))] * 3, attn_mask=np.ones((3, 3), int)),
            ag.DTypeError,
            "a mask holds bools, or numbers to be added to the scores, got int64",
        ),
        (
            lambda: scaled_dot_product_attention(ag.ones((3, 4)), ag.ones((3, 5)), ag.ones((3, 5))),
            ag.ShapeError,
            r"attention: takes query \(..., L, E\), .* got shapes \(3, 4\), \(3, 5\) and \(3, 5\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_a_compiled_step_gives_what_the_layer_does():
    layer = nn.MultiheadAttention(16, 2, batch_first=True)

    def step(x):
        output, _ = layer(x, x, x, need_weights=False, is_causal=True)
        layer.zero_grad()
        loss = ag.sum(output**2)
        loss.backward()
        return output, layer.in_proj_weight.grad

    compiled = ag.compile(step)
    for _ in range(5):
        x = np.random.default_rng(1).standard_normal((3, 10, 16)).astype(np.float32)
        for found, expected in zip(compiled(x), step(x), strict=True):
            np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-4, atol=1e-5)
