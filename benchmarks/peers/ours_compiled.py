"""Ours, with the step compiled."""

from __future__ import annotations

import functools

from benchmarks.peers import ours
from benchmarks.peers.ours import threads

__all__ = ["moons_step", "threads", "training"]

moons_step = functools.partial(ours.moons_step, compiled=True)
training = functools.partial(ours.training, compiled=True)
