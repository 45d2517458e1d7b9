"""functional_call: the module with other parameters, which is itself again afterwards."""

import numpy as np
import pytest

import autograd_core as ag
import nn

COVERS = {"functional_call"}

rng = np.random.default_rng(0)


class Own(nn.Module):
    """Parameters wherever a module may have them."""

    def __init__(self):
        self.scale = nn.Parameter(ag.ones(3))
        self.list = [nn.Parameter(ag.ones(3)), nn.Linear(3, 3)]
        self.pair = (nn.Parameter(ag.ones(3)), "text")
        self.table = {"a": {"b": nn.Parameter(ag.ones(3))}}
        self.several = nn.ParameterList([ag.ones(3), ag.ones(3)])
        self.normed = nn.weight_norm(nn.Linear(3, 3))
        self.tied = self.scale
        self.register_buffer("offset", ag.zeros(3))

    def forward(self, x):
        x = self.list[1](x * self.scale + self.list[0]) * self.pair[0] + self.table["a"]["b"] * self.tied
        for parameter in self.several:
            x = x * parameter
        return self.normed(x) + self.offset


def others(module):
    return {
        name: ag.tensor(rng.uniform(0.1, 1.0, value.shape), dtype="float32")
        for name, value in [*module.named_parameters(), *module.named_buffers()]
        if value.dtype.kind == "f"
    }


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (Own, (2, 3)),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.LayerNorm(4), nn.Linear(4, 2)), (2, 3)),
        (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten()).eval(), (2, 1, 4, 4)),
        (lambda: nn.MultiheadAttention(4, 2), (3, 2, 4)),
    ],
)
def test_it_computes_with_the_tensors_given_and_their_gradients(make, inputs):
    module, twin = make(), make()
    x = ag.tensor(rng.normal(size=inputs), dtype="float32")
    args = (x, x, x) if isinstance(module, nn.MultiheadAttention) else (x,)
    new = others(module)
    before, kept = dict(module._named_tensors()), dict(vars(module))
    twin.load_state_dict({name: value.numpy() for name, value in new.items()}, strict=False)

    def first(result):
        return result[0] if isinstance(result, tuple) else result

    def loss(parameters):
        return ag.sum(first(nn.functional_call(module, parameters, args)) ** 2)

    y = ag.sum(first(twin(*args)) ** 2)
    y.backward()
    found, gradients = ag.value_and_grad(loss)(new)
    np.testing.assert_array_equal(found.numpy(), y.detach().numpy())
    for name, parameter in twin.named_parameters():
        np.testing.assert_allclose(gradients[name].numpy(), parameter.grad.numpy(), rtol=1e-5, atol=1e-6)
    assert all(parameter.grad is None for parameter in module.parameters())
    after = dict(module._named_tensors())
    assert before.keys() == after.keys()
    assert all(before[name] is after[name] for name in before)
    assert vars(module) == kept


def test_gradients_of_each_example_alone():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3))
    x, t = ag.tensor(rng.normal(size=(4, 1, 6, 6)), dtype="float32"), ag.tensor(rng.integers(0, 3, 4))
    parameters = dict(net.named_parameters())

    def loss(parameters, x, t):
        return nn.functions.cross_entropy(nn.functional_call(net, parameters, x[None]), t[None])

    found = ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(parameters, x, t)
    for i in range(4):
        net.zero_grad()
        nn.functions.cross_entropy(net(x[i : i + 1]), t[i : i + 1]).backward()
        for name, parameter in parameters.items():
            np.testing.assert_allclose(found[name][i].numpy(), parameter.grad.numpy(), rtol=1e-4, atol=1e-6)


def test_an_ensemble_is_one_call():
    nets = [nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)) for _ in range(3)]
    stacked = {name: ag.stack([dict(net.named_parameters())[name] for net in nets]) for name in nets[0].state_dict()}
    x = ag.tensor(rng.normal(size=(5, 3)), dtype="float32")
    found = ag.vmap(lambda p: nn.functional_call(nets[0], p, x))(stacked)
    for i, net in enumerate(nets):
        np.testing.assert_allclose(found[i].detach().numpy(), net(x).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_what_it_leaves_out_is_the_modules_own_and_an_error_leaves_it_whole():
    net = nn.Linear(2, 2)
    x = ag.ones((1, 2))
    y = nn.functional_call(net, {"bias": net.bias + 1.0}, (x,))
    np.testing.assert_allclose(y.detach().numpy(), net(x).detach().numpy() + 1.0, rtol=1e-6)
    weight = net.weight
    with pytest.raises(ag.ShapeError):
        nn.functional_call(net, {"weight": net.weight * 2.0}, ag.ones((1, 3)))
    assert net.weight is weight


def test_a_training_forward_updates_the_buffers_given():
    net = nn.BatchNorm1d(2)
    mean = ag.zeros(2)
    nn.functional_call(net, {"running_mean": mean}, ag.ones((4, 2)))
    assert not net.running_mean.numpy().any()


def test_parameters_and_buffers_may_be_given_apart():
    net = nn.BatchNorm1d(2).eval()
    together = {
        name: ag.full((2,), i + 1.0) for i, name in enumerate(["weight", "bias", "running_mean", "running_var"])
    }
    apart = (
        {name: together[name] for name in ("weight", "bias")},
        {n: together[n] for n in ("running_mean", "running_var")},
    )
    x = ag.tensor([[5.0, 7.0], [1.0, 3.0]])
    for found in (nn.functional_call(net, given, x) for given in (together, apart, list(apart))):
        np.testing.assert_allclose(found.numpy(), (x.numpy() - 3.0) / np.sqrt(4.0 + 1e-5) + 2.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (({"weight": ag.ones((2, 2))}, {"weight": ag.ones((2, 2))}), nn.StateError, "two tensors for weight"),
        ({"weigth": ag.ones((2, 2))}, nn.StateError, "no parameter or buffer 'weigth'; it has weight, bias"),
        ({"weight": ag.ones((2, 3))}, ag.ShapeError, r"shape \(2, 2\)"),
        ({"weight": np.ones((2, 2))}, nn.StateError, "takes a tensor"),
        ([ag.ones((2, 2))], nn.StateError, "dictionary"),
    ],
)
def test_what_does_not_fit_is_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        nn.functional_call(nn.Linear(2, 2), parameters, ag.ones((1, 2)))
    with pytest.raises(nn.StateError, match="one tensor"):
        nn.functional_call(Own(), {"scale": ag.ones(3), "tied": ag.zeros(3)}, ag.ones((1, 3)))
