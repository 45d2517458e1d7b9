"""Whatever is wrong with the input, the command line says so in one line, exits with 2 and has written nothing."""

import gzip
import json
import os
import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

from nn.data import write_idx
from nn.file_lock import FileLock
from nn.training.checkpoint import Checkpoint

SAMPLE = Path("tests/data").resolve()


@pytest.fixture
def refused(command, tmp_path):
    """`refused(*arguments, says=...)` passes if the command is refused in one line with `says` in it."""

    def check(*arguments, says):
        before = listing(tmp_path)
        ended = command(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith("error: ")
        assert ended.err.count("\n") == 1
        assert says in ended.err
        assert listing(tmp_path) == before

    return check


def listing(directory):
    return {path: path.read_bytes() if path.is_file() else None for path in directory.rglob("*")}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "resnet"], "argument --model/--recipe: invalid choice: 'resnet' (choose from"),
        (["--optimizer", "magic"], "argument --optimizer: invalid choice: 'magic'"),
        (["--augmentation", "magic"], "argument --augmentation: invalid choice: 'magic'"),
        (["--batch-size", "0"], "argument --batch-size: must be a whole number of at least 1, got '0'"),
        (["--batch-size", "2.5"], "must be a whole number of at least 1, got '2.5'"),
        (["--epochs", "0"], "argument --epochs: must be a whole number of at least 1, got '0'"),
        (["--epochs", "-3"], "got '-3'"),
        (["--lr", "nan"], "argument --lr: must be a number above 0, got 'nan'"),
        (["--lr", "inf"], "got 'inf'"),
        (["--lr", "-0.1"], "got '-0.1'"),
        (["--lr", "0"], "got '0'"),
        (["--lr", "fast"], "got 'fast'"),
        (["--seed", "-1"], "argument --seed: must be a whole number of at least 0, got '-1'"),
        (["--save-every", "-1"], "argument --save-every: must be a number of at least 0, got '-1'"),
        (["--dropout", "1"], "unrecognized arguments: --dropout 1; see python -m nn train --help"),
    ],
)
def test_arguments_out_of_range(refused, tmp_path, arguments, says):
    refused("train", "mnist", "--data-dir", SAMPLE, "--out", tmp_path / "out", *arguments, says=says)


def test_no_command_or_an_unknown_one_or_data_set(refused):
    refused(says="the following arguments are required: COMMAND")
    refused("improve", says="invalid choice: 'improve'")
    refused("train", "imagenet", says="invalid choice: 'imagenet'")


@pytest.fixture
def data(tmp_path):
    """A directory with the sample, plain, to be spoilt."""
    directory = tmp_path / "data"
    directory.mkdir()
    for path in SAMPLE.glob("*.gz"):
        (directory / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    return directory


def remove(directory):
    (directory / "train-labels-idx1-ubyte").unlink()


def truncate(directory):
    path = directory / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])


def change_magic(directory):
    path = directory / "t10k-images-idx3-ubyte"
    path.write_bytes(b"PK\x03\x04" + path.read_bytes()[4:])


def drop_labels(directory):
    write_idx(directory / "train-labels-idx1-ubyte", np.zeros(599, np.uint8))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (remove, "lacks train-labels-idx1-ubyte"),
        (truncate, "is truncated"),
        (change_magic, "its magic number is 0x504b0304"),
        (drop_labels, "holds 600 images but train-labels-idx1-ubyte 599 labels"),
        (shutil.rmtree, "is no directory"),
    ],
)
def test_data_that_cannot_be_used(refused, trained, data, tmp_path, spoil, says):
    spoil(data)
    refused("train", "mnist", "--data-dir", data, "--out", tmp_path / "out", says=says)
    refused("evaluate", trained / "checkpoint.safetensors", "--data-dir", data, says=says)


def test_images_too_small_for_the_model(refused, tmp_path):
    data = small_data(tmp_path / "data", size=6, classes=3)
    says = "lenet5: images of 6×6 pixels are too small; use mlp"
    refused("train", "mnist", "--model", "lenet5", "--data-dir", data, "--out", tmp_path / "out", says=says)


def small_data(directory, size, classes):
    directory.mkdir()
    generator = np.random.default_rng(0)
    for name, count in (("train", 60), ("t10k", 10)):
        images = generator.integers(0, 256, (count, size, size), dtype=np.uint8)
        write_idx(directory / f"{name}-images-idx3-ubyte", images)
        write_idx(directory / f"{name}-labels-idx1-ubyte", (np.arange(count) % classes).astype(np.uint8))
    return directory


def test_places_that_cannot_be_written(refused, tmp_path):
    file = tmp_path / "file"
    file.touch()
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for out in (file, file / "under", loop):
        says = f"cannot write in {out}"
        refused("train", "mnist", "--data-dir", SAMPLE, "--out", out, says=says)


@pytest.mark.parametrize("name", ["checkpoint.safetensors", "history.json", "learning_curve.png"])
def test_directory_where_a_file_will_be_written(refused, tmp_path, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    says = f"{tmp_path / 'out' / name}: it is a directory" if name != "checkpoint.safetensors" else "exists already"
    refused("train", "mnist", "--data-dir", SAMPLE, "--out", tmp_path / "out", says=says)


def test_a_second_training_into_the_same_directory(refused, trained):
    with FileLock(trained / ".training.lock", taken="taken", advice="go away"):
        says = f"a training in {trained} is going on already, by process {os.getpid()} on "
        for more in ((), ("--resume", "--epochs", 9)):
            refused("train", "mnist", "--data-dir", SAMPLE, "--out", trained, *more, says=says)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="takes /proc, where not even root can write")
def test_directory_without_permission(refused):
    refused("train", "mnist", "--data-dir", SAMPLE, "--out", "/proc/out", says="cannot write in /proc/out")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--lr", "0.5"], "cannot resume with --lr 0.5: the training was started with 0.001; leave it out"),
        (["--batch-size", "20"], "cannot resume with --batch-size 20"),
        (["--model", "cnn"], "cannot resume with --model cnn"),
        (["--optimizer", "sgd"], "cannot resume with --optimizer sgd"),
        (["--augmentation", "affine"], "cannot resume with --augmentation affine: the training was started with none"),
        (["--seed", "9"], "cannot resume with --seed 9"),
        (["--epochs", "2"], "cannot resume with --epochs 2: 3 are done already"),
    ],
)
def test_resuming_with_other_settings(refused, trained, arguments, says):
    refused("train", "mnist", "--data-dir", SAMPLE, "--out", trained, "--resume", *arguments, says=says)


@pytest.mark.parametrize("name", ["optimizer", "schedule"])
def test_resuming_what_another_version_knew(refused, train, tmp_path, name):
    train(tmp_path, epochs=1)
    path = tmp_path / "checkpoint.safetensors"
    saved = Checkpoint.load(path)
    replace(saved, notes={"settings": {**saved.notes["settings"], name: "newest"}}).save(path)
    says = f"the checkpoint's {name} 'newest' is unknown here"
    refused("train", "mnist", "--data-dir", SAMPLE, "--out", tmp_path, "--resume", says=says)


def test_more_epochs_where_the_rate_falls_towards_the_last(refused, train, tmp_path):
    train(tmp_path, model="lenet5", epochs=1)
    says = "its learning rate falls towards the last of them"
    refused("train", "mnist", "--data-dir", SAMPLE, "--out", tmp_path, "--resume", "--epochs", 2, says=says)


def test_resuming_with_other_data(refused, trained, data):
    path = data / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    refused("train", "mnist", "--data-dir", data, "--out", trained, "--resume", says="cannot resume with these data")


def test_data_of_another_form_than_the_model(refused, trained, tmp_path):
    data = small_data(tmp_path / "data", size=8, classes=3)
    says = "the model takes images of 28x28 pixels in 10 classes, but the data are images of 8x8 pixels in 3 classes"
    refused("evaluate", trained / "checkpoint.safetensors", "--data-dir", data, says=says)
    refused("train", "mnist", "--data-dir", data, "--out", trained, "--resume", says=says)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-8])


def cut_in_the_header(path):
    path.write_bytes(path.read_bytes()[:100])


def flipped_bit(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def pickled(path):
    path.write_bytes(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.")


def enormous_header(path):
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")


def foreign(path):
    save_file({"weight": np.zeros(3, np.float32)}, path)


def of_a_newer_version(path):
    change_metadata(path, version="3")


def of_an_older_version(path):
    change_metadata(path, version="1")


def of_no_version(path):
    change_metadata(path, version="new")


def with_other_settings(path):
    change_metadata(path, content=lambda text: text.replace('"seed": 0', '"seed": 1'))


def change_metadata(path, **changes):
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for name, new in changes.items():
        metadata[name] = new(metadata[name]) if callable(new) else new
    save_file(arrays, path, metadata)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (truncated, "is no checkpoint, or a damaged one"),
        (cut_in_the_header, "is no checkpoint, or a damaged one"),
        (flipped_bit, "is damaged: its checksum is wrong"),
        (empty, "is no checkpoint, or a damaged one"),
        (pickled, "is no checkpoint, but one of torch.save or pickle, which is not read here"),
        (enormous_header, "is no checkpoint, or a damaged one"),
        (foreign, "is no checkpoint of a training"),
        (of_a_newer_version, "is of version 3, newer than the 2 known here; update"),
        (of_an_older_version, "is of version 1, older than the 2 known here; train anew"),
        (of_no_version, "is damaged: its version is 'new'"),
        (with_other_settings, "is damaged: its checksum is wrong"),
    ],
)
def test_checkpoints_that_cannot_be_used(refused, trained, tmp_path, spoil, says):
    path = tmp_path / "checkpoint.safetensors"
    shutil.copy(trained / "checkpoint.safetensors", path)
    spoil(path)
    picture = tmp_path / "black.png"
    Image.new("L", (28, 28)).save(picture)
    refused("evaluate", path, "--data-dir", SAMPLE, says=says)
    refused("predict", path, picture, says=says)
    refused("train", "mnist", "--data-dir", SAMPLE, "--out", tmp_path, "--resume", says=says)


def test_checkpoint_that_is_not_there_or_a_directory(refused, tmp_path):
    refused("evaluate", tmp_path / "none", says="cannot read the checkpoint")
    refused("predict", tmp_path, "x.png", says="Is a directory")


def test_pictures_that_cannot_be_used(refused, trained, tmp_path):
    checkpoint = trained / "checkpoint.safetensors"
    good, cut = tmp_path / "good.png", tmp_path / "cut.png"
    Image.new("L", (28, 28)).save(good)
    cut.write_bytes(good.read_bytes()[:50])
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_header(width=100_000, height=100_000))
    refused("predict", checkpoint, good, cut, says="cut.png")
    refused("predict", checkpoint, bomb, says="bomb.png")
    refused("predict", checkpoint, checkpoint, says="is no picture; expected one of PNG, JPEG, ")
    refused("predict", checkpoint, tmp_path / "none.png", says="No such file")
    refused("predict", checkpoint, tmp_path, says="Is a directory")


def png_header(width, height):
    import zlib

    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def test_a_process_of_its_own_shows_one_line_and_no_traceback(tmp_path):
    command = [sys.executable, "-m", "nn", "evaluate", str(tmp_path / "none")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: cannot read the checkpoint")
    assert ended.stderr.count("\n") == 1


def test_help_is_no_error(command, capsys):
    with pytest.raises(SystemExit) as ended:
        command("train", "--help")
    assert ended.value.code == 0


def test_disk_that_fills_up_leaves_the_old_checkpoint(train, trained, tmp_path, monkeypatch):
    shutil.copytree(trained, tmp_path / "out")
    before = listing(tmp_path)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nn.atomic_write.os.fsync", full)
    ended = train(tmp_path / "out", "--resume", epochs=4)
    assert ended.code == 2
    assert ended.err == f"error: cannot write {tmp_path / 'out' / 'checkpoint.safetensors'}: No space left on device\n"
    assert listing(tmp_path) == before
    assert json.loads((tmp_path / "out" / "history.json").read_text())["settings"]["epochs"] == 3
