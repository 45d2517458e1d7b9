"""What the decks derive by hand is what the engine computes: BP1 to BP4, δ by layers, neuron by neuron."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn


def sigma(z):
    return 1 / (1 + np.exp(-z))


def sigma_prime(z):
    return sigma(z) * (1 - sigma(z))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(1, keepdims=True)


def test_bp1_to_bp4_of_deck_c():
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 5), nn.Sigmoid(), nn.Linear(5, 4), nn.Sigmoid(), nn.Linear(4, 3), nn.Sigmoid())
    net.double()
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((7, 4)), rng.random((7, 3))
    n, linear = len(x), [net[0], net[2], net[4]]

    activations, sums = [x], []
    for layer in linear:
        sums.append(activations[-1] @ layer.weight.numpy().T + layer.bias.numpy())
        activations.append(sigma(sums[-1]))
    delta = (activations[-1] - y) * sigma_prime(sums[-1])  # BP1
    deltas = [delta]
    for layer, z in zip(linear[:0:-1], sums[-2::-1], strict=True):
        deltas.insert(0, (deltas[0] @ layer.weight.numpy()) * sigma_prime(z))  # BP2

    recorded = []
    for layer in linear:
        layer.register_forward_hook(lambda layer, inputs, z: recorded.append(z) or z.retain_grad())
    nn.functions.quadratic_loss(net(ag.tensor(x)), y).backward()
    for layer, z, delta, a_in in zip(linear, recorded, deltas, activations, strict=False):
        np.testing.assert_allclose(z.grad.numpy() * n, delta, rtol=1e-11)
        np.testing.assert_allclose(layer.bias.grad.numpy(), delta.mean(0), rtol=1e-11)  # BP3
        np.testing.assert_allclose(layer.weight.grad.numpy(), delta.T @ a_in / n, rtol=1e-11)  # BP4


def test_a_softmax_classifier_as_layers_of_deck_e():
    # z1 = x, z2 = linear, z3 = log-softmax, z4 = C: δ4 = 1, and each layer passes on δ by its own derivative.
    rng = np.random.default_rng(1)
    x, labels = rng.standard_normal((6, 3)), np.array([0, 1, 1, 0, 1, 0])
    linear, log_softmax, nll = nn.Linear(3, 2, bias=False).double(), nn.LogSoftmax(), nn.NLLLoss(reduction="sum")
    z1 = ag.tensor(x, requires_grad=True)
    z2 = linear(z1)
    z3 = log_softmax(z2)
    z4 = nll(z3, labels)
    for z in (z2, z3, z4):
        z.retain_grad()
    z4.backward()

    one_hot, theta = np.eye(2)[labels], linear.weight.numpy()
    s = softmax(x @ theta.T)
    assert z4.item() == pytest.approx(-np.sum(one_hot * np.log(s)))
    assert z4.grad.item() == 1.0
    delta3 = -one_hot
    # ∂z3_k/∂z2_i = 1(i = k) - S_i, summed over k as the decks' chain rule has it
    jacobian = np.eye(2)[None] - s[:, None, :]
    delta2 = np.einsum("nk,nki->ni", delta3, jacobian)
    np.testing.assert_allclose(z3.grad.numpy(), delta3)
    np.testing.assert_allclose(z2.grad.numpy(), delta2, rtol=1e-12)
    np.testing.assert_allclose(delta2, s - one_hot, rtol=1e-12)
    np.testing.assert_allclose(z1.grad.numpy(), delta2 @ theta, rtol=1e-12)
    np.testing.assert_allclose(linear.weight.grad.numpy(), delta2.T @ x, rtol=1e-12)


F = nn.functions
PAIRS = {  # the activation, the loss, and what the activation's outputs are
    "linear and quadratic": (lambda z: z, F.quadratic_loss, lambda z: z),
    "sigmoid and cross-entropy": (F.sigmoid, lambda a, y: 3 * F.binary_cross_entropy(a, y), sigma),
    "the two in one": (lambda z: z, lambda z, y: 3 * F.binary_cross_entropy_with_logits(z, y), sigma),
    "softmax and categorical cross-entropy": (F.softmax, lambda a, y: -(y * ag.log(a)).sum() / 5, softmax),
    "log-softmax and likelihood": (F.log_softmax, lambda log_a, y: -(y * log_a).sum() / 5, softmax),
    "all in one": (lambda z: z, F.cross_entropy, softmax),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_matching_pairs_of_deck_c_have_the_output_error_a_minus_y(pair):
    rng = np.random.default_rng(2)
    z = ag.tensor(rng.standard_normal((5, 3)) * 2, requires_grad=True)
    y = rng.dirichlet(np.ones(3), 5)
    activation, loss, outputs = PAIRS[pair]
    loss(activation(z), y).backward()
    np.testing.assert_allclose(z.grad.numpy() * 5, outputs(z.numpy()) - y, rtol=1e-9)


def test_matrices_are_a_loop_over_neurons_as_in_deck_b():
    # y_l = g(y_{l-1} W_l), forward and backward, against each neuron and weight by itself.
    ag.manual_seed(3)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.Tanh()).double()
    x, target = [0.5, -1.2, 0.3], [0.2, -0.4]
    weights = [[layer.weight.tolist(), layer.bias.tolist()] for layer in (net[0], net[2])]

    outputs = [x]
    for w, b in weights:
        y = []
        for i in range(len(b)):
            total = b[i]
            for j in range(len(outputs[-1])):
                total += w[i][j] * outputs[-1][j]
            y.append(math.tanh(total))
        outputs.append(y)
    errors = [outputs[-1][i] - target[i] for i in range(2)]
    gradients = []
    for layer in (1, 0):
        w, _ = weights[layer]
        delta = [errors[i] * (1 - outputs[layer + 1][i] ** 2) for i in range(len(w))]
        gradients.insert(0, ([[d * a for a in outputs[layer]] for d in delta], delta))
        errors = [sum(delta[i] * w[i][j] for i in range(len(w))) for j in range(len(outputs[layer]))]

    y = net(ag.tensor(np.array([x]), requires_grad=True))
    nn.functions.quadratic_loss(y, [target]).backward()
    np.testing.assert_allclose(y.numpy(), [outputs[-1]], rtol=1e-13)
    for layer, (by_weights, by_biases) in zip((net[0], net[2]), gradients, strict=True):
        np.testing.assert_allclose(layer.weight.grad.numpy(), by_weights, rtol=1e-12)
        np.testing.assert_allclose(layer.bias.grad.numpy(), by_biases, rtol=1e-12)
