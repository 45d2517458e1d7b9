"""One seed, one sequence of random numbers; the state can be stored and restored."""

import json

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
