"""Generator: a stream of random numbers of one's own, as PyTorch makes it."""

from __future__ import annotations

import secrets
from typing import Any, Self

import numpy as np

from autograd_core.devices import Device, check_device, device
from autograd_core.generator import philox


class Generator(np.random.Generator):
    """A stream of random numbers of one's own: `Generator().manual_seed(3)`; until it is seeded it starts from 0.

    It is one of numpy's (`np.random.Generator(np.random.Philox(seed))`), and goes wherever `generator=` is taken. The
    numbers are not those that PyTorch draws from this seed.

    >>> from autograd_core import randn
    >>> first, second = (randn(2, generator=Generator().manual_seed(3)) for _ in range(2))
    >>> first.tolist() == second.tolist()
    True
    """

    def __init__(self, device: Any = "cpu") -> None:
        check_device("Generator", device)
        super().__init__(philox("Generator", 0))
        self._seed = 0

    @property
    def device(self) -> Device:
        """The CPU."""
        return device("cpu")

    def manual_seed(self, seed: int) -> Self:
        """Start anew from a seed; the same gives the same numbers. Returns the generator.

        Errors: ArgumentError for anything but a whole number of at least 0.
        """
        self.bit_generator.state = philox("Generator.manual_seed", seed).state
        self._seed = int(seed)
        return self

    def seed(self) -> int:
        """Start anew from a seed that is drawn by the operating system, and return it."""
        return self.manual_seed(secrets.randbits(63)).initial_seed()

    def initial_seed(self) -> int:
        """The seed that it started from."""
        return self._seed

    def __reduce__(self) -> Any:
        return _again, (self._seed, self.bit_generator.state)


def _again(seed: int, state: Any) -> Generator:
    """A generator from what pickle kept of it."""
    generator = Generator().manual_seed(seed)
    generator.bit_generator.state = state
    return generator
