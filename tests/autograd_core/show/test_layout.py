"""Where nodes are placed."""

import itertools
import random
import sys
from collections import defaultdict

import pytest

from autograd_core import AutogradError
from autograd_core.show.layout import MissingLibraryError, arrange


def random_graph(seed, size):
    rng = random.Random(seed)
    inputs = [tuple(rng.sample(range(n), min(n, rng.choice([0, 1, 2, 2, 3])))) for n in range(size - 1)]
    used = {source for sources in inputs for source in sources}
    return [*inputs, tuple(n for n in range(size - 1) if n not in used)]  # the result uses what nobody else does


@pytest.mark.parametrize("seed", range(20))
def test_no_two_places_of_a_column_are_closer_than_one_row(seed):
    layout = arrange(random_graph(seed, 5 + 3 * seed))
    columns = defaultdict(list)
    for place in layout.places:
        columns[place.column].append(place.row)
    for rows in columns.values():
        rows.sort()
        assert all(b - a > 0.999 for a, b in itertools.pairwise(rows))
    assert min(place.row for place in layout.places) == 0


@pytest.mark.parametrize("seed", range(5))
def test_every_wire_leads_one_column_to_the_right_and_every_input_arrives(seed):
    graph = random_graph(seed, 30)
    layout = arrange(graph)
    arrived = defaultdict(set)
    for segment in layout.segments:
        assert layout.places[segment.end].column == layout.places[segment.start].column + 1
        if segment.port is not None:
            arrived[segment.end].add(segment.port)
    assert all(arrived[node] == set(range(len(sources))) for node, sources in enumerate(graph))


def test_result_is_alone_in_the_last_column():
    layout = arrange([(), (), (0, 1), (), (2, 3)])
    assert [place.column for place in layout.places] == [0, 0, 1, 1, 2]


def test_first_input_stands_above_the_second():
    places = arrange([(), (), (0, 1), (), (2, 3)]).places
    assert places[0].row < places[1].row
    assert places[2].row < places[3].row


def test_node_used_twice_by_another_has_two_wires():
    assert [(s.start, s.end, s.port) for s in arrange([(), (0, 0)]).segments] == [(0, 1, 0), (0, 1, 1)]


def test_leaf_alone():
    layout = arrange([()])
    assert [(place.column, place.row) for place in layout.places] == [(0, 0.0)]


def test_wire_to_many_consumers_is_shared():
    length = 300
    layout = arrange([(), (0,), *((n, 0) for n in range(1, length))])
    assert len(layout.places) < 3 * length


def test_layout_is_the_same_every_time():
    graph = random_graph(3, 60)
    assert arrange(graph) == arrange(graph)


def test_missing_igraph_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "igraph", None)
    with pytest.raises(MissingLibraryError, match=r'pip install "autograd-core\[show\]"') as caught:
        arrange([()])
    assert isinstance(caught.value, (AutogradError, ImportError))
