"""Programs that share leaves: each may write to what others read, and to nothing that anybody else looks at."""

import gc
import sys
import threading
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import functions as F


def adversaries(compile, calls=8):
    """The losses of a generator and a discriminator that take turns, each step compiled by itself; and the steps."""
    ag.manual_seed(0)
    generator = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    critic = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    for_generator, for_critic = (optim.Adam(net.parameters(), lr=0.02) for net in (generator, critic))

    def learn_to_tell(x, z):
        for_critic.zero_grad()
        with ag.no_grad():
            made = generator(z)
        real, false = (F.binary_cross_entropy_with_logits(critic(y), t) for y, t in ((x, ONES), (made, 1.0 - ONES)))
        loss = real + false
        loss.backward()
        for_critic.step()
        return loss.detach()

    def learn_to_make(z):
        for_generator.zero_grad()
        for_critic.zero_grad()
        loss = F.binary_cross_entropy_with_logits(critic(generator(z)), ONES)
        loss.backward()
        for_generator.step()
        return loss.detach()

    steps = [ag.compile(step) if compile else step for step in (learn_to_tell, learn_to_make)]
    rng, losses = np.random.default_rng(0), []
    for _ in range(calls):
        x, z = (ag.tensor(rng.standard_normal((4, n)).astype(np.float32)) for n in (2, 3))
        losses.append([float(steps[0](x, z)), float(steps[1](z))])
    return losses, steps, critic


ONES = ag.ones((4, 1))


def reasons(step):
    return [ready.why for entry in step._entries.values() for ready in entry._programs]


def test_a_generator_and_a_discriminator_are_compiled_once_each():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses, steps, _ = adversaries(True)
    np.testing.assert_allclose(losses, adversaries(False)[0], rtol=1e-5)
    assert [reasons(step) for step in steps] == [["it was called first"]] * 2


@pytest.mark.parametrize("forget", [False, True])
def test_a_view_of_what_two_programs_share_is_still_noticed(forget):
    _, (tell, make), critic = adversaries(True)
    if forget:
        del make  # and so there is a reader less
    view = critic[0].weight.numpy()
    before = view.copy()
    x, z = ag.ones((4, 2)), ag.ones((4, 3))
    tell(x, z)
    assert np.any(critic[0].weight.numpy() != before)
    np.testing.assert_array_equal(view, before)
    assert "something holds a view" in reasons(tell)[0]
    del view
    for _ in range(2):
        tell(x, z)
    assert len(reasons(tell)) == 1


def kept_in(container, name):
    def keep(x):
        container[name] = x

    return keep


def everywhere():
    """Ways to keep what a step computed, and where the error says that it is."""
    held, found, thing = {}, [], type("Thing", (), {})()
    return {
        "a dictionary": (kept_in(held, "loss"), "under the name 'loss'"),
        "a list": (found.append, "in a list"),
        "detached": (lambda x: found.append(x.detach()), "in a list"),
        "a view": (lambda x: found.append(x[:1]), "in a list"),
        "an attribute": (lambda x: setattr(thing, "loss", x), "under the name 'loss'"),
    }


@pytest.mark.parametrize("way", everywhere())
@pytest.mark.parametrize("size", [2, 40_000])
def test_what_a_step_keeps_elsewhere_than_in_its_result_is_refused(way, size):
    keep, where = everywhere()[way]
    w = ag.tensor(np.ones(size, np.float32), requires_grad=True)

    @ag.compile
    def step(x):
        w.grad = None
        y = w * x
        keep(y)
        y.sum().backward()
        w.assign(w - 0.1 * w.grad)
        return (y * 2.0).detach()

    with pytest.raises(ag.CompileError, match=f"that the step computed is kept ({where}); .*Return it, or write"):
        for _ in range(4):
            step(ag.ones(size))


@pytest.mark.parametrize("way", everywhere())
@pytest.mark.parametrize("what", ["a leaf before", "a leaf after", "a gradient"])
def test_a_leaf_or_gradient_that_a_step_keeps_is_refused_too(way, what):
    keep, where = everywhere()[way]
    w = ag.tensor(np.ones(3, np.float32), requires_grad=True)

    @ag.compile
    def step(x):
        w.grad = None
        if what == "a leaf before":
            keep(w.detach())
        (w * x).sum().backward()
        if what == "a gradient":
            keep(w.grad)
        w.assign(w - 0.1 * w.grad)
        if what == "a leaf after":
            keep(w.detach())

    with pytest.raises(ag.CompileError, match=f"that the step computed is kept ({where}); "):
        for _ in range(4):
            step(ag.ones(3))


def test_programs_end_in_any_thread(monkeypatch):
    unheard = []
    monkeypatch.setattr(sys, "unraisablehook", unheard.append)

    def work():
        for _ in range(20):
            w = ag.ones(3, requires_grad=True)
            step = ag.compile(lambda x, w=w: (w * x).sum().backward())
            for _ in range(3):
                w.grad = None
                step(ag.ones(3))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert not unheard


def test_a_buffer_that_is_replaced_and_not_assigned_is_refused():
    class Mean(nn.Module):
        def __init__(self):
            self.register_buffer("mean", ag.zeros(2))

        def forward(self, x):
            self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
            return x

    layer = Mean()
    with pytest.raises(ag.CompileError, match=r"kept under the name 'mean'; .* by .assign\(...\)"):
        ag.compile(layer)(ag.ones((3, 2)))
