"""What editors underline. It is never run; a line that type checkers would let pass has a comment that they refuse."""

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor, Value


class Net(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


def mistyped(x: Tensor, v: Value) -> None:
    x.summ()  # type: ignore[attr-defined]
    v.bakward()  # type: ignore[attr-defined]
    ag.tanhh(x)  # type: ignore[attr-defined]
    ag.linalg.svdd(x)  # type: ignore[attr-defined]
    ag.fft.rffft(x)  # type: ignore[attr-defined]
    nn.Linnear(2, 3)  # type: ignore[attr-defined]
    nn.functional.reluu(x)  # type: ignore[attr-defined]
    optim.Adamm(nn.Linear(2, 3).parameters())  # type: ignore[attr-defined]


def wrong_arguments(x: Tensor, v: Value) -> None:
    x.sum(axes=0)  # type: ignore[call-arg]
    ag.sum(x, axes=0)  # type: ignore[call-overload]
    ag.softmax(x, axis="last")  # type: ignore[call-overload]
    ag.tanh("1.0")  # type: ignore[arg-type]
    ag.tanh(x, x)  # type: ignore[call-overload]
    ag.add(x, v)  # type: ignore[call-overload]
    print(x + v)  # type: ignore[operator]
    print(v * "2")  # type: ignore[operator]
    Net()("1.0")  # type: ignore[arg-type]
    Net()(x, x)  # type: ignore[call-arg]


def wrong_results(x: Tensor, v: Value) -> None:
    number: float = ag.tanh(x)  # type: ignore[assignment]
    tensor: Tensor = ag.tanh(v)  # type: ignore[assignment]
    gradient: Tensor = x.grad  # type: ignore[assignment]
    value: Value = v > 0.0  # type: ignore[assignment]
    pair: tuple[Tensor, Tensor] = nn.Linear(2, 3)(x)  # type: ignore[assignment]
    print(number, tensor, gradient, value, pair)
