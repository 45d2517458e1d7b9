"""The model of data-parallel steps by itself; what it is made of is measured, and depends on the machine."""

import pytest

from benchmarks.scaling import Costs, Network, efficiency, step_seconds, table

COSTS = Costs(shard=0.01, update=0.001, gradient_bytes=1000, message=1e-4, byte=1e-6, gather=2e-4)


def test_a_step_is_its_shards_its_messages_and_its_bytes():
    assert step_seconds(COSTS, shards=8, processes=1) == pytest.approx(0.081)
    expected = 2 * 0.01 + 0.001 + 2 * 2 * 1e-4 + 2 * 0.75 * 1000 * 1e-6 + 3 * 2 * 2e-4
    assert step_seconds(COSTS, shards=8, processes=4) == pytest.approx(expected)
    slow = Network(latency=1e-3, bandwidth=1e6)
    more = 2 * 2 * 1e-3 + 2 * 0.75 * 1000 / 1e6 + 3 * 2 * 1e-3
    assert step_seconds(COSTS, shards=8, processes=4, network=slow) == pytest.approx(expected + more)


def test_more_processes_are_less_efficient_and_one_is_perfectly_so():
    found = [efficiency(COSTS, 64, processes) for processes in (1, 2, 4, 8, 64)]
    assert found[0] == 1
    assert found == sorted(found, reverse=True)
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
