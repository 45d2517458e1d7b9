"""Several processes, started by mpirun: the same bits as one, and one end for all."""

import json
import time

from nn.training import Checkpoint


def test_four_processes_train_to_the_bits_of_one(program, programs, tmp_path):
    """Weights, moments, optimiser and history, in each way to make a step; buckets leave early in the eager ones."""
    ended = program(4, "trained_in_all_ways", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    four = Checkpoint.load(tmp_path / "found").notes
    programs.trained_in_all_ways(tmp_path)
    one = json.loads(json.dumps(Checkpoint.load(tmp_path / "found").notes))
    assert four.keys() == one.keys() == programs.ways().keys()
    for way in one:
        assert four[way] == one[way], way
    assert one["eager"]["model"] != one["compiled"]["model"]


def test_a_killed_process_ends_all_and_one_alone_goes_on_to_the_same_end(program, programs, tmp_path):
    started = time.monotonic()
    ended = program(2, "killed", tmp_path)
    assert ended.code != 0
    assert "KILLED" in (ended.out + ended.err).upper()
    assert time.monotonic() - started < 50
    ends = []
    for directory in (tmp_path, tmp_path / "whole"):
        one = programs.saving(directory)
        ends.append(one.position.step)
        assert programs.fit(one, epochs=3)
        ends.append(programs.digest(one.state_dict()))
    assert ends[0] in (6, 7)
    assert ends[1::2] == [ends[1], ends[1]]


def test_an_exception_in_one_process_ends_all_with_its_traceback(program, tmp_path):
    ended = program(2, "failing", tmp_path)
    assert ended.code != 0
    assert ended.err.count("Traceback") == 1
    assert "KeyError: 'of my own'" in ended.err
    assert "process 1 of 2 failed, which ends all of them" in ended.err


def test_who_waits_in_vain_ends_all_and_says_for_whom(program, tmp_path):
    ended = program(2, "waiting", tmp_path)
    assert ended.code != 0
    assert "process 0 of 2 has waited 0.3 seconds for the others: it hangs, was lost, or has left" in ended.err
