"""`mpirun -n 2 python -m nn train`."""

SAMPLE = ("-m", "nn", "train", "mnist", "--data-dir", "tests/data", "--model", "mlp", "--epochs", 2, "--batch-size", 50)


def test_two_processes_leave_what_one_does_and_say_it_once(mpirun, train, same_end, tmp_path):
    assert train(tmp_path / "one", "--shards", 8, epochs=2).code == 0
    ended = mpirun(2, *SAMPLE, "--out", tmp_path / "two")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count("mini-batches in 8 shards, computed by 2 processes of") == 1
    assert ended.out.count("epoch 2/2") == ended.out.count("test: loss") == 1
    names = {"checkpoint.safetensors", "history.json", "learning_curve.png"}
    assert {path.name for path in (tmp_path / "two").iterdir()} == names
    same_end(tmp_path / "one" / "checkpoint.safetensors", tmp_path / "two" / "checkpoint.safetensors")


def test_what_is_wrong_is_said_once_by_the_first(mpirun, trained):
    ended = mpirun(2, *SAMPLE[:6], "--out", trained, "--resume")
    assert ended.code != 0
    assert ended.err.count("error:") == 1
    assert "cannot resume with 2 processes: the training was started without --shards" in ended.err


def test_shards_are_a_power_of_two_and_part_of_the_settings(train, command, tmp_path):
    assert "must be a power of two from 1 to 16384, got '6'" in command("train", "mnist", "--shards", 6).err
    assert train(tmp_path, "--shards", 2, epochs=1).code == 0
    ended = command("train", "mnist", "--data-dir", "tests/data", "--out", tmp_path, "--resume", "--shards", 4)
    assert (ended.code, "the training was started with 2" in ended.err) == (2, True)
