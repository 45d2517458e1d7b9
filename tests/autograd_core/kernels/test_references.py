from autograd_core.kernels.references import counts


class Holder:
    def __init__(self, thing):
        self.thing = thing


def test_all_who_hold_a_thing_count_but_the_list():
    x, y = object(), object()
    assert counts([x, y, object()]) == [1, 1, 0]
    held = [Holder(x), (x, y)]
    assert counts([x, y]) == [3, 2]
    assert counts([held[0].thing]) == [3]
    del held, x
    assert counts([y]) == [1]


def test_all_of_a_lists_references_but_one_count_where_it_has_a_thing_twice():
    x = object()
    assert counts([x, x]) == [2, 2]


def test_what_a_loop_names_counts():
    pairs = [(object(), 1), (object(), 2)]
    assert [counts([thing])[0] for thing, _ in pairs] == [2, 2]  # its tuple's, and the name
