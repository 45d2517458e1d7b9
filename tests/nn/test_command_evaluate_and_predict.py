"""`python -m nn evaluate` and `python -m nn predict`."""

import contextlib
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nn.__main__ import main
from nn.data import DATASETS, write_idx
from nn.data.published import PublishedSplits
from nn.training.checkpoint import Checkpoint


def test_evaluate_prints_what_the_training_printed(command, trained):
    ended = command("evaluate", trained / "checkpoint.safetensors", "--data-dir", "tests/data")
    test = json.loads((trained / "history.json").read_text())["test"]
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out == f"test: loss {test['loss']:.4f}, accuracy {100 * test['accuracy']:.2f} % (100 images)\n"


def test_evaluate_on_other_data_of_the_same_form_says_so(command, trained, sample, tmp_path):
    for name, part in (("train", sample.validation), ("t10k", sample.train)):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", part.images)
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", part.labels)
    ended = command("evaluate", trained / "checkpoint.safetensors", "--data-dir", tmp_path)
    assert ended.code == 0
    assert ended.err == "note: the model was trained on another data set than this\n"
    assert "(500 images)" in ended.out


def probabilities(text):
    return [float(share) for share in re.findall(r"\d+: (\d\.\d{4})", text)]


def test_predict_prints_class_and_probabilities_of_each_picture(command, trained, sample, tmp_path):
    pictures = [tmp_path / f"{index}.png" for index in range(20)]
    for path, image in zip(pictures, sample.train.images, strict=False):
        Image.fromarray(image).save(path)
    ended = command("predict", trained / "checkpoint.safetensors", *pictures)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert len(lines) == 40
    right = 0
    for path, label, first, second in zip(pictures, sample.train.labels, lines[::2], lines[1::2], strict=False):
        name, _, predicted = first.rpartition(": ")
        shares = probabilities(second)
        assert name == str(path)
        assert len(shares) == 10
        assert sum(shares) == pytest.approx(1, abs=1e-3)
        assert np.argmax(shares) == int(predicted)
        right += int(predicted) == label
    assert right >= 14


def test_inverted_colour_picture_is_read_as_the_grey_one(command, trained, sample, tmp_path):
    image = sample.test.images[0]
    Image.fromarray(image).save(tmp_path / "a.png")
    Image.fromarray(255 - image).convert("RGB").save(tmp_path / "b.png")
    plain = command("predict", trained / "checkpoint.safetensors", tmp_path / "a.png")
    inverted = command("predict", trained / "checkpoint.safetensors", "--invert", tmp_path / "b.png")
    assert probabilities(plain.out) == probabilities(inverted.out)


def test_a_large_dark_digit_on_white_is_predicted_as_the_small_light_one_and_notes_say_why(
    command, trained, sample, tmp_path
):
    image, large, small = sample.test.images[0], tmp_path / "large.png", tmp_path / "small.png"
    Image.fromarray(image).save(small)
    Image.fromarray(255 - image).resize((280, 280), Image.Resampling.NEAREST).convert("RGBA").save(large)
    checkpoint = trained / "checkpoint.safetensors"
    plain, prepared = (command("predict", checkpoint, path) for path in (small, large))
    assert prepared.err == (
        f"note: {large}: scaled from 280x280 to 28x28 pixels\n"
        f"note: {large}: dark on a light ground, so it was inverted; --no-invert leaves it as it is\n"
    )
    np.testing.assert_allclose(probabilities(prepared.out), probabilities(plain.out), atol=0.05)
    as_it_is = command("predict", "--no-invert", checkpoint, large)
    assert as_it_is.err == f"note: {large}: scaled from 280x280 to 28x28 pixels\n"
    assert probabilities(as_it_is.out) != probabilities(prepared.out)


def test_predict_with_sigmoid_outputs_says_what_the_numbers_are(command, train, sample, tmp_path):
    train(tmp_path, model="nielsen", epochs=1)
    Image.fromarray(sample.test.images[0]).save(tmp_path / "a.png")
    ended = command("predict", tmp_path / "checkpoint.safetensors", tmp_path / "a.png")
    assert sum(probabilities(ended.out)) == pytest.approx(1, abs=1e-3)
    assert "not trained to be probabilities" in ended.out.splitlines()[-1]


def test_another_data_set_of_the_form_of_mnist_trains_is_evaluated_and_predicts(command, tmp_path):
    """Other image size, not square, and more than ten classes: the class is how bright the picture is."""
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    generator = np.random.default_rng(0)
    for name, count in (("train", 720), ("t10k", 48)):
        labels = np.tile(np.arange(12), count // 12).astype(np.uint8)
        images = generator.integers(0, 8, (count, 16, 12)) + 20 * labels[:, None, None]
        write_idx(data / f"{name}-images-idx3-ubyte", images.astype(np.uint8))
        write_idx(data / f"{name}-labels-idx1-ubyte", labels)
    for model in ("lenet5", "mlp"):
        ended = command("train", "mnist", "--data-dir", data, "--model", model, "--epochs", 1, "--out", out / model)
        assert ended.code == 0
        assert "16x12, 12 classes" in ended.out
    checkpoint = out / "mlp" / "checkpoint.safetensors"
    assert command("evaluate", checkpoint, "--data-dir", data).code == 0
    Image.fromarray(np.zeros((16, 12), np.uint8)).save(tmp_path / "a.png")
    assert len(probabilities(command("predict", checkpoint, tmp_path / "a.png").out)) == 12


def test_a_data_set_that_is_declared_is_offered_trained_on_and_evaluated(command, sample, tmp_path, monkeypatch):
    for name, part in (("train", sample.train), ("t10k", sample.test)):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", 255 - part.images)
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", part.labels)
    monkeypatch.setitem(DATASETS, "negative", PublishedSplits("negative", "the negative of MNIST", (), ()))
    monkeypatch.setenv("NEGATIVE_DIR", str(tmp_path))
    monkeypatch.setenv("MNIST_DIR", "/absent")
    with contextlib.redirect_stdout(io.StringIO()) as shown, pytest.raises(SystemExit):
        main(["train", "--help"])
    words = " ".join(shown.getvalue().split())
    assert "{mnist,negative}" in words
    assert "$NEGATIVE_DIR, else the negative of MNIST, fetched once" in words
    out = tmp_path / "out"
    assert command("train", "negative", "--model", "mlp", "--epochs", 1, "--out", out).code == 0
    assert json.loads((out / "history.json").read_text())["settings"]["dataset"] == "negative"
    ended = command("evaluate", out / "checkpoint.safetensors")
    assert (ended.code, ended.err) == (0, "")
    assert command("train", "negative", "--out", out, "--resume").code == 0
    monkeypatch.delitem(DATASETS, "negative")
    ended = command("evaluate", out / "checkpoint.safetensors", "--data-dir", tmp_path)
    assert ended.code == 2
    assert "the dataset 'negative' is unknown here" in ended.err


def test_a_checkpoint_from_before_there_was_a_choice_of_data_sets_is_one_of_mnist(command, trained, tmp_path):
    saved = Checkpoint.load(trained / "checkpoint.safetensors")
    settings = {name: value for name, value in saved.notes["settings"].items() if name != "dataset"}
    replace(saved, notes={"settings": settings}).save(tmp_path / "old.safetensors")
    assert command("evaluate", tmp_path / "old.safetensors", "--data-dir", "tests/data").code == 0
