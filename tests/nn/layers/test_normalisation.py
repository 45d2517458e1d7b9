"""Normalising layers: as PyTorch's, exact to second order, and clear about what does not fit."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.functions import batch_norm, group_norm, instance_norm, layer_norm, rms_norm

rng = np.random.default_rng(0)


def twice(module, x):
    return module(x), module(x * x)


CASES = {
    "BatchNorm1d": lambda: nn.BatchNorm1d(3),
    "BatchNorm1d sequence": lambda: nn.BatchNorm1d(3, eps=0.1, momentum=0.3),
    "BatchNorm1d evaluation": lambda: nn.BatchNorm1d(3),
    "BatchNorm1d average": lambda: nn.BatchNorm1d(3, momentum=None),
    "BatchNorm2d": lambda: nn.BatchNorm2d(3),
    "BatchNorm2d evaluation": lambda: nn.BatchNorm2d(3),
    "BatchNorm2d plain": lambda: nn.BatchNorm2d(2, affine=False, track_running_stats=False),
    "BatchNorm2d plain evaluation": lambda: nn.BatchNorm2d(2, affine=False, track_running_stats=False),
    "BatchNorm3d": lambda: nn.BatchNorm3d(2),
    "InstanceNorm1d": lambda: nn.InstanceNorm1d(3),
    "InstanceNorm2d": lambda: nn.InstanceNorm2d(3, affine=True),
    "InstanceNorm2d tracking": lambda: nn.InstanceNorm2d(3, track_running_stats=True),
    "InstanceNorm2d tracking evaluation": lambda: nn.InstanceNorm2d(3, affine=True, track_running_stats=True),
    "InstanceNorm3d": lambda: nn.InstanceNorm3d(2),
    "GroupNorm": lambda: nn.GroupNorm(2, 4),
    "GroupNorm vectors": lambda: nn.GroupNorm(2, 6, eps=0.01),
    "GroupNorm plain": lambda: nn.GroupNorm(3, 3, affine=False),
    "LayerNorm": lambda: nn.LayerNorm(6),
    "LayerNorm images": lambda: nn.LayerNorm((2, 3), eps=0.1),
    "LayerNorm weight alone": lambda: nn.LayerNorm(6, bias=False),
    "LayerNorm plain": lambda: nn.LayerNorm(6, elementwise_affine=False),
    "RMSNorm": lambda: nn.RMSNorm(6),
    "RMSNorm eps": lambda: nn.RMSNorm((2, 3), eps=0.1),
    "RMSNorm plain": lambda: nn.RMSNorm(6, elementwise_affine=False),
}

FUNCTIONS = {"batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"}  # which the layers call
COVERS = {name.split()[0] for name in CASES} | {f"functions.{name}" for name in FUNCTIONS}


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_norms.npz")


def test_every_stored_case_is_asked(stored):
    assert set(stored.cases) == set(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_gradients_and_buffers_are_those_of_pytorch(stored, name, dtype):
    stored.check(name, CASES[name](), dtype, call=twice if "average" in name else None)


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda x, w, b: batch_norm(x, None, None, w, b, training=True), [(3, 2, 2), (2,), (2,)]),
        (lambda x, w: batch_norm(x, ag.zeros(2), ag.ones(2), w), [(3, 2), (2,)]),
        (lambda x, b: instance_norm(x, bias=b), [(2, 2, 3), (2,)]),
        (lambda x, w, b: group_norm(x, 2, w, b), [(2, 4, 2), (4,), (4,)]),
        (lambda x, w, b: layer_norm(x, 3, w, b), [(2, 3), (3,), (3,)]),
        (lambda x, w: rms_norm(x, (2, 2), w), [(3, 2, 2), (2, 2)]),
    ],
)
def test_first_and_second_gradients(function, shapes):
    ag.gradcheck(lambda *inputs: function(*inputs) ** 2, *[rng.standard_normal(shape) for shape in shapes], order=2)


def test_a_batch_comes_out_with_mean_0_and_variance_1():
    x = ag.tensor(rng.normal(5.0, 3.0, (64, 4, 3, 3)))
    y = nn.BatchNorm2d(4)(x).numpy()
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(y.var((0, 2, 3)), 1, rtol=1e-5)


@pytest.mark.parametrize(("dtype", "atol"), [(np.float64, 1e-11), (np.float32, 1e-4)])
@pytest.mark.parametrize("axes", [(0, 2, 3), (1, 2, 3)])
def test_large_arrays_whose_sums_kernels_take_agree_with_the_formula(axes, dtype, atol):
    x, g = rng.normal(5.0, 3.0, (16, 8, 10, 20)), rng.standard_normal((16, 8, 10, 20))
    w = rng.standard_normal((8, 1, 1))
    leaf, weight = ag.tensor(x.astype(dtype), requires_grad=True), ag.tensor(w.astype(dtype), requires_grad=True)
    ag.normalize(leaf, axes, weight, ag.zeros((), dtype=dtype)).backward(g.astype(dtype))

    def mean(a):
        return a.mean(axes, keepdims=True)

    scale = 1 / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
    s = (x - mean(x)) * scale
    expected = scale * (g * w - mean(g * w) - s * mean(g * w * s))
    np.testing.assert_allclose(leaf.grad.numpy(), expected, atol=atol)
    np.testing.assert_allclose(weight.grad.numpy(), (g * s).sum((0, 2, 3)).reshape(w.shape), rtol=1e-5, atol=atol)


def test_evaluation_uses_the_running_moments_and_leaves_them_alone():
    layer = nn.BatchNorm1d(2, momentum=0.5)
    x = np.array([[1.0, 2.0], [3.0, 6.0]], np.float32)
    layer(ag.tensor(x))
    assert layer.running_mean.tolist() == [1.0, 2.0]  # half the way from 0 to the batch's (2, 4)
    assert layer.running_var.tolist() == [1.5, 4.5]  # half the way from 1 to the batch's (2, 8), taken with n - 1
    assert layer.num_batches_tracked.item() == 1
    y = layer.eval()(ag.tensor(x))
    np.testing.assert_allclose(y.numpy(), (x - [1.0, 2.0]) / np.sqrt(np.array([1.5, 4.5]) + 1e-5), rtol=1e-6)
    assert layer.num_batches_tracked.item() == 1
    assert layer(ag.tensor(x[:1])).shape == (1, 2)  # one example is enough now


def test_the_state_has_the_names_of_pytorch_and_moves():
    layer, other = nn.BatchNorm2d(2), nn.BatchNorm2d(2)
    assert list(layer.state_dict()) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    layer(ag.tensor(rng.standard_normal((3, 2, 4, 4))))
    other.load_state_dict(layer.state_dict())
    x = ag.tensor(rng.standard_normal((3, 2, 4, 4)))
    np.testing.assert_array_equal(layer.eval()(x).numpy(), other.eval()(x).numpy())
    assert other.num_batches_tracked.dtype == np.int64


def test_with_learned_weights_a_normalisation_is_one_node():
    x = ag.ones((4, 3), requires_grad=True)
    assert nn.LayerNorm(3)(x).node.parents[0] is x
    assert nn.BatchNorm1d(3)(x).node.parents[0] is x


def test_a_constant_batch_gives_the_bias_and_no_gradient():
    x = ag.full((4, 3), 7.0, requires_grad=True)
    y = nn.BatchNorm1d(3)(x)
    y.backward(np.ones((4, 3)))
    assert not y.numpy().any()
    assert not x.grad.numpy().any()


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: nn.BatchNorm1d(3), (4, 2), r"BatchNorm1d: takes shape \(N, C\) or \(N, C, L\) with C = 3, got .*4, 2"),
        (lambda: nn.BatchNorm2d(3), (4, 3), r"BatchNorm2d: takes shape \(N, C, H, W\) with C = 3, got shape \(4, 3\)"),
        (lambda: nn.BatchNorm1d(3), (1, 3), r"more than one value for each channel, got shape \(1, 3\).*eval\(\)"),
        (lambda: nn.InstanceNorm1d(3), (4, 3, 1), r"instance_norm: there must be more than one value for each channel"),
        (lambda: nn.InstanceNorm2d(3), (4, 3), r"InstanceNorm2d: takes shape \(N, C, H, W\)"),
        (lambda: nn.GroupNorm(2, 4), (4,), r"GroupNorm: takes shape \(N, C, ...\) with C = 4, got shape \(4,\)"),
        (lambda: nn.LayerNorm((2, 3)), (4, 3), r"layer_norm: expects the last axes to be \(2, 3\), got shape \(4, 3\)"),
        (lambda: nn.RMSNorm(3), (4, 2), r"rms_norm: expects the last axes to be \(3,\), got shape \(4, 2\)"),
    ],
)
def test_what_does_not_fit_is_named(make, shape, message):
    with pytest.raises(ag.ShapeError, match=message):
        make()(ag.ones(shape))


def test_whole_numbers_have_no_root_mean_square_of_their_own_dtype():
    with pytest.raises(ag.DTypeError, match="rms_norm: takes floating-point numbers, got int64; use astype"):
        nn.RMSNorm(3)(np.ones((2, 3), np.int64))


def test_settings_out_of_range_are_named():
    with pytest.raises(ag.ArgumentError, match="InstanceNorm1d: momentum must be a number; None is for batch"):
        nn.InstanceNorm1d(3, momentum=None, track_running_stats=True)
    with pytest.raises(ag.ArgumentError, match="GroupNorm: 5 channels do not make 2 groups of one size"):
        nn.GroupNorm(2, 5)
    with pytest.raises(ag.ArgumentError, match="group_norm: 4 channels do not make 3 groups"):
        group_norm(ag.ones((2, 4)), 3)
    with pytest.raises(ag.ArgumentError, match="BatchNorm2d: num_features must be a whole number of at least 1, got 0"):
        nn.BatchNorm2d(0)
    with pytest.raises(
        ag.ArgumentError, match=r"normalized_shape: the last axes, at least one and none empty; got \(\)"
    ):
        nn.LayerNorm(())
    with pytest.raises(ag.ArgumentError, match="normalize: eps is a small number that is not negative, got -1"):
        layer_norm(ag.ones((2, 4)), 4, eps=-1)
    with pytest.raises(ag.ShapeError, match=r"batch_norm: expects 3 channels in axis 1 of x, got shape \(2, 4\)"):
        batch_norm(ag.ones((2, 4)), ag.zeros(3), ag.ones(3))
    with pytest.raises(ag.ShapeError, match=r"instance_norm: takes x of shape \(N, C, L, ...\), got shape \(2, 4\)"):
        instance_norm(ag.ones((2, 4)))


def test_operations_are_counted():
    x = np.zeros((4, 3))
    assert nn.BatchNorm1d(3).train().flops((x,), x) == 8 * 12
    assert nn.BatchNorm1d(3).eval().flops((x,), x) == 2 * 12
    assert nn.RMSNorm(3).flops((x,), x) == 7 * 12


def test_lists_are_taken_too():
    np.testing.assert_allclose(nn.LayerNorm(2, eps=0.0)([[1.0, 3.0]]).numpy(), [[-1, 1]])
    np.testing.assert_allclose(nn.BatchNorm1d(1, eps=0.0)([[1.0], [3.0]]).numpy(), [[-1], [1]])


def test_repr_shows_the_settings():
    assert repr(nn.BatchNorm1d(3)) == "BatchNorm1d(num_features=3)"
    assert repr(nn.BatchNorm2d(3, 1e-3, None, False, False)) == (
        "BatchNorm2d(num_features=3, eps=0.001, momentum=None, affine=False, track_running_stats=False)"
    )
    assert repr(nn.GroupNorm(2, 4, affine=False)) == "GroupNorm(num_groups=2, num_channels=4, affine=False)"
    assert repr(nn.LayerNorm(4, 1e-3)) == "LayerNorm(normalized_shape=(4,), eps=0.001)"
    assert repr(nn.RMSNorm(4, elementwise_affine=False)) == "RMSNorm(normalized_shape=(4,), elementwise_affine=False)"
