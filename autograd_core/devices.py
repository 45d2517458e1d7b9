"""Where numbers are: on the CPU. `device=` is taken wherever PyTorch's programs give it, and any other is refused."""

from __future__ import annotations

import re
from typing import Any

from autograd_core.errors import ArgumentError

_NAMES = re.compile(r"(cpu|cuda|mps|xpu|xla|hip|mtia|meta|vulkan|ipu|hpu)(:\d+)?\Z")


class Device(str):
    """A device, by its name."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """The kind of device."""
        return str(self)


CPU = Device("cpu")


def device(name: Any = "cpu") -> Device:
    """The device of this name, which is the CPU.

    >>> device("cpu")
    'cpu'

    Errors: ArgumentError for any other.
    """
    check_device("device", name)
    return CPU


def check_device(function: str, device: Any) -> None:
    """Refuse a device that there is not; None is left out."""
    if device not in (None, "cpu", "cpu:0"):
        raise ArgumentError(
            f"{function}: there is no device {str(device)!r} here, for all is computed on the CPU; leave device out, "
            "or give device='cpu'"
        )


def names_device(target: Any) -> bool:
    """Whether this names a device, rather than a dtype."""
    return isinstance(target, str) and _NAMES.match(target) is not None
