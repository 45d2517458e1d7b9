"""What somebody writes who uses all three packages: type checkers know what every expression in it is.

It is run, too, so that the types that it asserts are those that there are.
"""

from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor, Value

# Numbers in a graph
a, b = Value(2.0, "a"), Value(-3.0, "b")
c = (a * b + 1.0) ** 2 / 4.0 - b
assert_type(c, Value)
assert_type(c > 0.0, bool)
assert_type(ag.tanh(c), Value)
assert_type(ag.tanh(0.5), float)
assert_type(ag.sum([a, b, 1.0]), Value)
assert_type(ag.softmax([a, b]), list[Value])
assert_type(ag.where(a > b, a, b), Value)
c.backward()
assert_type(a.grad, float)
assert_type(c.item(), float)
a.data -= 0.1 * a.grad

# Arrays in a graph
x = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
w = ag.randn((2, 2))
assert_type(x * x, Tensor)
assert_type(2 - x, Tensor)
assert_type(x @ w, Tensor)
assert_type(x > 0, Tensor)
assert_type(x[0, 1:], Tensor)
assert_type(-x.exp().abs(), Tensor)
assert_type(x.sum(axis=0), Tensor)
assert_type(x.max(dim=1).indices, Tensor)
assert_type(ag.tanh(x), Tensor)
assert_type(ag.softmax(x, axis=1), Tensor)
assert_type(ag.mean(x, dim=0, keepdim=True), Tensor)
assert_type(ag.sum(x, 1, keepdim=True), Tensor)
assert_type(ag.std(x, 1, unbiased=True), Tensor)
assert_type(ag.var(x, axis=0, ddof=1), Tensor)
assert_type(ag.norm(x, p=1), Tensor)
assert_type(ag.linalg.matrix_norm(x, p="fro"), Tensor)
assert_type(ag.flip(x, dims=(0,)), Tensor)
assert_type(ag.permute_dims(x, dims=(1, 0)), Tensor)
assert_type(ag.linspace(0, 1, steps=5), Tensor)
assert_type(x.quantile(0.5, axis=0), Tensor)
assert_type(x.flip(dims=(0,)).permute(dims=(1, 0)).permute(1, 0), Tensor)
assert_type(ag.where(x > 2, x, 0.0), Tensor)
assert_type(ag.concat([x, w], axis=1), Tensor)
assert_type(ag.stack([x, np.ones((2, 2))]), Tensor)
assert_type(ag.split(x, 2), list[Tensor])
assert_type(ag.linalg.svd(x).U, Tensor)
assert_type(ag.fft.irfft(ag.fft.rfft(x, dim=0), 2, axis=0), Tensor)
assert_type(ag.fft.fftfreq(4), Tensor)
assert_type(x.shape, tuple[int, ...])
loss = ((x @ w - 1.0) ** 2).mean()
loss.backward()
assert_type(x.grad, Tensor | None)
assert_type(x.detach().sum().item(), float)
with ag.no_grad():
    x -= 0.1 * x
assert_type(x, Tensor)


# Functions of functions
def energy(v: Tensor, scale: float = 1.0) -> Tensor:
    return ag.sum(v**2) * scale


def of_parts(parts: dict[str, Tensor], v: Tensor) -> Tensor:
    return (parts["weight"] * v).sum()


v = ag.tensor([1.0, 2.0])
assert_type(ag.grad(energy)(v, 2.0), Tensor)
assert_type(ag.grad(ag.grad(energy))(ag.tensor(2.0)), Tensor)
assert_type(ag.grad(of_parts)({"weight": v}, v), dict[str, Tensor])
assert_type(ag.value_and_grad(energy)(v), tuple[Tensor, Tensor])
assert_type(ag.vmap(ag.grad(energy))(x), Tensor)
assert_type(ag.hessian(energy)(v), Tensor)
assert_type(ag.gradients(energy(x), [x]), list[Tensor | None])


# A network
class Net(nn.Module):
    def __init__(self) -> None:
        self.hidden = nn.Linear(2, 8)
        self.output = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(ag.tanh(self.hidden(x)))


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=0.01)
assert_type(net(v[None]), Tensor)
assert_type(nn.Sequential(nn.Linear(2, 3), nn.ReLU())(v[None]), Tensor)
assert_type(nn.LSTM(2, 3)(x), tuple[Tensor, tuple[Tensor, Tensor]])
assert_type(net.hidden.weight, nn.Parameter)
assert_type(nn.functional.relu(x), Tensor)
assert_type(nn.functional.mse_loss(x, w), Tensor)


@ag.compile
def step(inputs: Tensor, labels: Tensor) -> Tensor:
    optimizer.zero_grad()
    loss = criterion(net(inputs), labels)
    loss.backward()
    optimizer.step()
    return loss


@ag.no_grad()
def accuracy(inputs: Tensor, labels: NDArray[np.int64]) -> float:
    return float((ag.argmax(net(inputs), axis=1) == labels).numpy().mean())


points = np.array([[0, 1], [1, 0], [1, 1], [0, 0]], np.float32)
labels = np.array([0, 1, 2, 0], np.int64)
for epoch in range(3):
    for inputs, classes in nn.data.Batches(points, labels, batch_size=2, seed=0, epoch=epoch):
        assert_type(step(ag.tensor(inputs), ag.tensor(classes)), Tensor)
assert_type(accuracy(ag.tensor(points), labels), float)
for _, parameter in net.named_parameters():
    assert_type(parameter, nn.Parameter)
optim.clip_grad_norm(net.parameters(), 1.0)
