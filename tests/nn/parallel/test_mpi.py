"""Several processes, started by mpirun: the same bits as one, and one end for all."""

import json

from nn.training import Checkpoint


def test_four_processes_train_to_the_bits_of_one(program, programs, tmp_path):
    """Weights, moments, optimiser and history, in each way to make a step; buckets leave early in the eager ones."""
    programs.trained_in_all_ways(tmp_path)  # first, so that no kernel is left to be compiled by four at once
    one = json.loads(json.dumps(Checkpoint.load(tmp_path / "found").notes))
    ended = program(4, "trained_in_all_ways", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    four = Checkpoint.load(tmp_path / "found").notes
    assert four.keys() == one.keys() == programs.ways().keys()
    for way in one:
        assert four[way] == one[way], way
    assert one["eager"]["model"] != one["compiled"]["model"]


def test_a_killed_process_ends_all_and_one_alone_goes_on_to_the_same_end(program, programs, tmp_path):
    whole = programs.saving(tmp_path / "whole")
    assert programs.fit(whole, epochs=3)
    end = programs.digest(whole.state_dict())
    ended = program(2, "killed", tmp_path)
    assert ended.code != 0
    assert "KILLED" in (ended.out + ended.err).upper()
    going_on = programs.saving(tmp_path)
    assert going_on.position.step in (6, 7)
    assert programs.fit(going_on, epochs=3)
    assert programs.digest(going_on.state_dict()) == end


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


def test_a_parameter_that_one_process_alone_has_frozen_is_named_in_all(program, tmp_path):
    ended = program(2, "frozen_in_one", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    said = "1: parameter 1 of the model (shape (2,)) is frozen in process 1, and learned in process 0; freeze, "
    for rank in ("0", "1"):
        assert (tmp_path / rank).read_text().startswith(said)
