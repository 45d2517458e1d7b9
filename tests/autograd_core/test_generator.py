"""One seed, one sequence of random numbers; the state can be stored and restored."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import autograd_core as ag


def draw():
    return ag.default_generator().random(5).tolist()


def test_the_same_seed_gives_the_same_numbers():
    ag.manual_seed(7)
    first = draw()
    ag.manual_seed(7)
    assert draw() == first
    ag.manual_seed(8)
    assert draw() != first


def test_a_stored_state_goes_on_where_it_was():
    ag.manual_seed(3)
    draw()
    state = ag.get_random_state()
    expected = draw()
    ag.set_random_state(state)
    assert draw() == expected


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"state": 3}'])
def test_a_foreign_state_is_refused(text):
    with pytest.raises(ag.ArgumentError, match="no state that get_random_state gave"):
        ag.set_random_state(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("buffer_pos", -(10**9)),  # numpy would read there
        ("buffer_pos", 5),
        ("buffer_pos", 1.0),
        ("buffer", [1, 2, 3]),
        ("buffer", [1, 2, 3, -1]),
        ("buffer", [[1, 2], [3, 4]]),
        ("has_uint32", 2),
        ("uinteger", 2**32),
        ("bit_generator", "PCG64"),
        ("state", {"counter": [0, 0, 0, 2**64], "key": [0, 0]}),
        ("state", {"counter": [0, 0, 0, 0], "key": [0]}),
        ("state", {"counter": [0, 0, 0, 0]}),
        ("more", 1),
    ],
)
def test_a_spoilt_state_is_refused_by_its_field_and_changes_nothing(field, value):
    ag.manual_seed(0)
    before = ag.get_random_state()
    name = {"more": "the state"}.get(field, r"(counter\[3\]|key|state)" if field == "state" else field)
    with pytest.raises(ag.ArgumentError, match=rf"no state that get_random_state gave: {name}\S* must be .*, got "):
        ag.set_random_state(json.dumps({**json.loads(before), field: value}))
    assert ag.get_random_state() == before


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ag.ArgumentError, match="manual_seed"):
        ag.manual_seed(seed)
    with pytest.raises(ag.ArgumentError, match="seeded: takes a whole number of at least 0"), ag.seeded(seed):
        pass


def test_seeded_has_a_generator_of_its_own_and_leaves_the_default_one_alone():
    ag.manual_seed(5)
    expected = draw() + draw()
    ag.manual_seed(5)
    first = draw()
    with ag.seeded(7) as generator:
        assert ag.default_generator() is generator
        own = draw()
        with ag.seeded(5):
            assert draw() == first
        own += draw()
        ag.manual_seed(7)  # seeds the one in force
        assert own[:5] == draw()
        state = ag.get_random_state()
        assert own[5:] == draw()
        ag.set_random_state(state)
        assert own[5:] == draw()
    assert first + draw() == expected


def test_seeded_is_over_after_an_error():
    before = ag.default_generator()
    with pytest.raises(KeyError), ag.seeded(7):
        raise KeyError
    assert ag.default_generator() is before


def test_threads_draw_apart_within_seeded_and_from_one_generator_without():
    barrier = threading.Barrier(2)

    def work(seed):
        with ag.seeded(seed):
            drawn = []
            for _ in range(20):
                barrier.wait()  # both draw at once
                drawn += draw()
            return drawn

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(work, (1, 2))
        assert pool.submit(ag.default_generator).result() is ag.default_generator()
    for seed, drawn in ((1, one), (2, other)):
        with ag.seeded(seed):
            assert drawn == [number for _ in range(20) for number in draw()]


def test_what_a_checkpointed_function_draws_is_drawn_alike_within_seeded():
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def noisy(x):
        return x * ag.default_generator().random(3)

    with ag.seeded(3):
        y = ag.checkpoint(noisy)(x)
        y.sum().backward()
    assert x.grad.tolist() == pytest.approx((y.numpy() / x.numpy()).tolist())


def test_numpys_generators_are_imported_only_when_something_is_drawn():
    """They take longer to import than this package."""
    program = "import sys, autograd_core as ag; assert 'numpy.random' not in sys.modules; ag.rand(2)"
    subprocess.run([sys.executable, "-c", program], check=True)
