"""One seed, one sequence of random numbers; the state can be stored and restored."""

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


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ag.ArgumentError, match="manual_seed"):
        ag.manual_seed(seed)
