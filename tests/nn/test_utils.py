"""What PyTorch has in nn.utils and nn.functional is here by those names."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional
import nn.utils
import optim

COVERS = {"functions.normalize"}


def test_functional_is_functions():
    assert nn.functional.__all__ == nn.functions.__all__
    assert all(getattr(nn.functional, name) is getattr(nn.functions, name) for name in nn.functions.__all__)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_vectors_are_made_to_have_length_1(p):
    x = np.array([[3.0, -4.0], [0.0, 0.0]])
    w = ag.tensor(x, requires_grad=True)
    y = nn.functional.normalize(w, p=p, dim=1)
    np.testing.assert_allclose(y.detach(), x / np.array([[(3**p + 4**p) ** (1 / p)], [1.0]]), rtol=1e-12)
    y.sum().backward()
    assert np.isfinite(w.grad).all()
    ag.gradcheck(
        lambda t: nn.functional.normalize(t, p=p, dim=0) ** 2, ag.tensor([[3.0, -4.0], [1.0, 2.0]], dtype=float)
    )


def test_clipping_by_its_names_in_pytorch():
    w = nn.Parameter([3.0, 4.0])
    for clip in (nn.utils.clip_grad_norm_, optim.clip_grad_norm_):
        w.grad = [3.0, 4.0]
        assert clip([w], max_norm=1.0, foreach=False).item() == 5
        np.testing.assert_allclose(w.grad, [0.6, 0.8], rtol=1e-6)
    nn.utils.clip_grad_value_(w, 0.7)
    np.testing.assert_allclose(w.grad, [0.6, 0.7], rtol=1e-6)


def test_parameters_as_one_vector_and_back():
    net = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (9,)
    (vector * vector).sum().backward()
    np.testing.assert_allclose(net.bias.grad, 2 * net.bias.numpy())
    nn.utils.vector_to_parameters(ag.arange(9), net.parameters())
    assert (net.weight.tolist(), net.bias.tolist()) == ([[0, 1], [2, 3], [4, 5]], [6, 7, 8])
    with pytest.raises(ag.ArgumentError, match=r"takes a vector of 9 numbers, got shape \(8,\)"):
        nn.utils.vector_to_parameters(ag.arange(8), net.parameters())
    assert net.bias.tolist() == [6, 7, 8]


@pytest.mark.parametrize("owner", ["module", "optimizer"])
def test_gradients_are_forgotten_or_filled_with_zeros(owner):
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    holder = net if owner == "module" else optim.SGD(net.parameters(), lr=0.1)
    net[0](ag.ones((1, 2))).sum().backward()
    holder.zero_grad(set_to_none=False)
    assert net[1].weight.grad is None
    assert net[0].weight.grad.tolist() == [[0, 0], [0, 0]]
    net[0](ag.ones((1, 2))).sum().backward()
    assert net[0].weight.grad.tolist() == [[1, 1], [1, 1]]
    holder.zero_grad()
    assert net[0].weight.grad is None


def test_a_compiled_step_fills_gradients_with_zeros_too():
    def training(wrap):
        net = nn.Linear(3, 1)
        nn.init.ones_(net.weight)
        optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

        def step(x):
            optimizer.zero_grad(set_to_none=False)
            loss = nn.functional.mse_loss(net(x), x.sum(dim=1, keepdim=True))
            loss.backward()
            optimizer.step()
            return loss

        nn.init.zeros_(net.bias)
        run = wrap(step)
        return [run(ag.ones((4, 3)) * k).item() for k in range(6)], net.weight.tolist()

    assert training(lambda step: step) == training(ag.compile)


def test_a_module_goes_to_a_dtype_and_to_the_cpu():
    net = nn.Linear(2, 3)
    weight = net.weight
    assert net.to("cpu") is net.to(device="cpu").cpu() is net
    assert net.to(np.float64).weight is weight
    assert weight.dtype == np.float64
    assert net.to("cpu", ag.float32).weight.dtype == np.float32
    assert net.to(ag.zeros(1, dtype=ag.float64)).weight.dtype == np.float64
    for target in ("cuda", ag.int64, "float23"):
        with pytest.raises(ag.AutogradError, match=r"no device|floating-point"):
            net.to(target)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Liner, "module 'nn' has no attribute 'Liner'; did you mean 'Linear'?"),
        (lambda: nn.functions.crossentropy, "did you mean 'cross_entropy'?"),
        (lambda: nn.functional.soft_max, "module 'nn.functional' has no attribute 'soft_max'; did you mean 'softmax'?"),
        (lambda: nn.init.xavier_uniform, "did you mean 'xavier_uniform_'?"),
        (lambda: nn.utils.clip_grad_norm, "did you mean 'clip_grad_norm_'?"),
        (lambda: optim.Adamw, "module 'optim' has no attribute 'Adamw'; did you mean 'AdamW'?"),
        (lambda: optim.lr_scheduler.CosineLR, "did you mean 'CosineAnnealingLR'?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(call, message):
    with pytest.raises(AttributeError, match=message) as caught:
        call()
    assert caught.value.name in str(caught.value)
