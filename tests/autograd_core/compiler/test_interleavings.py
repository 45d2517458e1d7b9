"""What users do between the calls of a compiled step: all that they hold, set or keep is as without compiling."""

import random

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

RNG = np.random.default_rng(0)
INPUTS = [RNG.normal(size=(4, 3)) for _ in range(3)]


class World:
    """A net, its optimiser and steps, compiled or not; and what was held of them."""

    def __init__(self, compile):
        ag.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.01, momentum=0.5)
        self.held, self.seen = [], []
        steps = self.whole, self.gradients, self.forward
        self.steps = [ag.compile(step) if compile else step for step in steps]

    def whole(self, x):
        self.optimizer.zero_grad()
        loss = (self.net(x) ** 2).sum()
        loss.backward()
        self.optimizer.step()
        return loss

    def gradients(self, x):
        loss = (self.net(x) * 0.5).sum()
        loss.backward()
        return loss, self.net[0].weight.grad

    def forward(self, x):
        with ag.no_grad():
            return self.net(x), self.net[2].bias.detach()

    def act(self, action, which, number):
        """Do one of the things that users do; numbers that it shows are seen."""
        p = [*self.net.parameters()][which]
        if action == "step":
            result = self.steps[number % 3](ag.tensor(INPUTS[which % 3]))
            results = result if isinstance(result, tuple) else (result,)
            self.held += results
        elif action == "hold a gradient":
            if p.grad is not None:
                ways = p.grad, p.grad.detach(), p.grad.data, p.grad.numpy(), p.grad.detach()[:1], p.grad[1:]
                self.held.append(ways[number])
        elif action == "hold a leaf":
            self.held += [p.detach(), p.data, p.numpy()][number % 3 : number % 3 + 1]
        elif action == "let go":
            del self.held[:]
        elif action == "zero":
            self.optimizer.zero_grad(set_to_none=number % 2 == 0)
        elif action == "update":
            self.optimizer.step()
        elif action == "set a gradient":
            p.grad = None if number == 0 else ag.full(p.shape, float(number), dtype=p.dtype)
        elif action == "share a gradient":
            p.grad = p.detach()
        elif action == "assign":
            p.assign(np.full(p.shape, number / 10.0))
        elif action == "load":
            self.net.load_state_dict({name: x * 0.5 for name, x in self.net.state_dict().items()})

    def shows(self):
        """All numbers that anybody sees."""
        everything = [*self.held, *self.net.parameters(), *[p.grad for p in self.net.parameters()]]
        return [None if x is None else x if isinstance(x, np.ndarray) else x.numpy() for x in everything]


ACTIONS = [
    *["step"] * 4,
    *["hold a gradient", "hold a leaf", "let go", "zero", "update"],
    *["set a gradient", "share a gradient", "assign", "load"],
]


@pytest.mark.filterwarnings("ignore:compile. 8 times in a row")
@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_done_between_steps_all_is_as_without_compiling(seed):
    eager, compiled, chance = World(False), World(True), random.Random(seed)
    for _ in range(40):
        act = chance.choice(ACTIONS), chance.randint(0, 3), chance.randint(0, 5)
        for world in (eager, compiled):
            world.act(*act)
        for ours, expected in zip(compiled.shows(), eager.shows(), strict=True):
            assert (ours is None) == (expected is None)
            if expected is not None:
                np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)
