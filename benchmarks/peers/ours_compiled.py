"""Ours, with the step compiled."""

from __future__ import annotations

import functools

from benchmarks.peers import ours
from benchmarks.peers.ours import threads

__all__ = ["threads", "training"]

training = functools.partial(ours.training, compiled=True)
