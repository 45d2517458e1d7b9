"""Backward hooks see, and may change, the gradients that go through a module, as PyTorch's do."""

import numpy as np
import pytest

import autograd_core as ag
import nn


class Saw:
    def __init__(self, answer=None):
        self.calls, self.answer = [], answer

    def __call__(self, module, grad_input, grad_output):
        self.calls.append((module, grad_input, grad_output))
        return None if self.answer is None else self.answer(grad_input)


def arrays(gradients):
    return [None if g is None else g.numpy() for g in gradients]


def test_a_hook_sees_the_gradients_of_input_and_output():
    net = nn.Sequential(nn.Linear(3, 2), nn.ReLU()).double()
    saw = Saw()
    net[0].register_full_backward_hook(saw)
    x = ag.tensor(np.array([[1.0, -2.0, 0.5], [0.3, 0.1, -0.7]]), requires_grad=True)
    y = net(x)
    (y * y).sum().backward()
    (module, grad_input, grad_output), *others = saw.calls
    assert module is net[0]
    assert not others
    w = net[0].weight.numpy()
    np.testing.assert_allclose(arrays(grad_output)[0], 2 * y.numpy())
    np.testing.assert_allclose(arrays(grad_input)[0], 2 * y.numpy() @ w)
    np.testing.assert_allclose(x.grad.numpy(), 2 * y.numpy() @ w)
    np.testing.assert_allclose(net[0].weight.grad.numpy(), (2 * y.numpy()).T @ x.numpy())


def test_inputs_without_gradients_have_none_and_the_hook_is_called_all_the_same():
    layer, saw = nn.Linear(2, 1), Saw()
    layer.register_full_backward_hook(saw)
    layer(ag.ones((3, 2))).sum().backward()
    ((_, grad_input, grad_output),) = saw.calls
    assert grad_input == (None,)
    np.testing.assert_array_equal(arrays(grad_output)[0], np.ones((3, 1)))
    with ag.no_grad():
        layer(ag.ones((3, 2)))
    assert len(saw.calls) == 1


def test_several_inputs_and_outputs_come_together():
    class Both(nn.Module):
        def forward(self, a, b, c):
            return a * b, [a + c, 3]

    net, saw = Both(), Saw()
    net.register_full_backward_hook(saw)
    a, b, c = (ag.tensor(n, requires_grad=n < 3.0) for n in (1.0, 2.0, 5.0))
    a = ag.ones((2, 2), requires_grad=True)
    product, (total, three) = net(a, b, c)
    assert three == 3
    (product.sum() * 10 + total.sum() * 100).backward()
    ((_, grad_input, grad_output),) = saw.calls
    assert [None if g is None else g.tolist() for g in grad_input] == [[[120.0] * 2] * 2, 40.0, None]
    assert [g.tolist() for g in grad_output] == [[[10.0] * 2] * 2, [[100.0] * 2] * 2]
    assert b.grad.item() == 40


def test_what_a_hook_returns_replaces_the_gradients_of_the_inputs():
    layer = nn.Bilinear(2, 2, 1)
    a, b = ag.ones((1, 2), requires_grad=True), ag.ones((1, 2), requires_grad=True)
    layer(a, b).sum().backward()
    plain = a.grad.numpy(), b.grad.numpy(), layer.weight.grad.numpy()
    a.grad = b.grad = layer.weight.grad = None
    layer.register_full_backward_hook(Saw(lambda grads: (grads[0] * 2, grads[1])))
    layer.register_full_backward_hook(Saw(lambda grads: [grads[0], grads[1] * 3]))
    layer(a, b).sum().backward()
    np.testing.assert_allclose(a.grad.numpy(), 2 * plain[0])
    np.testing.assert_allclose(b.grad.numpy(), 3 * plain[1])
    np.testing.assert_allclose(layer.weight.grad.numpy(), plain[2])


def test_gradients_of_gradients_go_through_the_hook():
    layer = nn.Tanh()
    saw = Saw(lambda grads: grads)
    layer.register_full_backward_hook(saw)
    ag.gradcheck(lambda x: ag.gradients(layer(x**2).sum(), [x], create_graph=True)[0], np.array([0.3, -0.8]))
    assert any(grad_input[0].requires_grad for _, grad_input, _ in saw.calls)


def test_a_hook_that_was_removed_is_not_called():
    net, saw = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), Saw()
    with net[1].register_full_backward_hook(saw):
        net(ag.ones((1, 2))).sum().backward()
    net(ag.ones((1, 2))).sum().backward()
    assert len(saw.calls) == 1


def test_a_second_pass_through_the_same_graph_calls_it_again():
    layer, saw = nn.Sigmoid(), Saw()
    layer.register_full_backward_hook(saw)
    y = layer(ag.tensor([0.0], requires_grad=True))
    y.backward(retain_graph=True)
    y.backward()
    assert [arrays(grad_input)[0].tolist() for _, grad_input, _ in saw.calls] == [[0.25], [0.25]]


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (lambda grads: (grads[0], grads[0]), ag.ArgumentError, "a gradient for each of 1 inputs, got 2"),
        (lambda grads: ag.ones(3), ag.ShapeError, r"returned a gradient of shape \(3,\) for an input \(2,\)"),
        (lambda grads: [1.0], ag.ArgumentError, "returns tensors for gradients, got a float"),
    ],
)
def test_answers_that_do_not_fit_are_refused(answer, error, message):
    layer = nn.ReLU()
    layer.register_full_backward_hook(Saw(answer))
    with pytest.raises(error, match=message):
        layer(ag.ones(2, requires_grad=True)).sum().backward()
