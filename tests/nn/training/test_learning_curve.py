import io
import sys

import numpy as np
import pytest
from PIL import Image

import nn.training
from nn.training.learning_curve import LearningCurve, learning_curve_png
from nn.training.position import EpochRecord


def records(count, validated=True):
    return [
        EpochRecord(
            n,
            {"loss": 1 / n, "accuracy": 1 - 0.5 / n},
            {"loss": 1.1 / n, "accuracy": 1 - 0.6 / n} if validated else None,
            learning_rate=0.1,
            examples=10,
            seconds=1.0,
        )
        for n in range(1, count + 1)
    ]


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def colour_share(picture, colour):
    return (np.abs(picture.astype(int) - colour).max(axis=-1) < 10).mean()


def test_two_panels_with_a_curve_each_for_training_and_validation():
    picture = pixels(learning_curve_png(records(5), "a title"))
    assert picture.shape == (504, 1200, 3)
    for panel in (picture[:, :600], picture[:, 600:]):
        for colour in ((0x1F, 0x77, 0xB4), (0xD9, 0x5F, 0x02)):
            assert colour_share(panel, colour) > 0.001


def test_a_single_epoch_is_drawn_too():
    assert colour_share(pixels(learning_curve_png(records(1), "")), (0xD9, 0x5F, 0x02)) > 0


def test_drawing_leaves_pyplot_alone(monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    learning_curve_png(records(2), "")
    assert "matplotlib.pyplot" not in sys.modules


def test_without_validation_there_is_one_curve_a_panel_and_a_panel_a_number():
    picture = pixels(learning_curve_png(records(3, validated=False), ""))
    assert colour_share(picture, (0xD9, 0x5F, 0x02)) == 0
    assert colour_share(picture, (0x1F, 0x77, 0xB4)) > 0.001
    only_loss = [EpochRecord(1, {"loss": 1.0}, None, learning_rate=0.1, examples=10, seconds=1.0)]
    assert pixels(learning_curve_png(only_loss, "")).shape == (504, 600, 3)


def test_drawn_anew_after_each_epoch(train_line, tmp_path):
    path, sizes = tmp_path / "curve.png", []

    class Look(nn.training.Callback):
        def settled(self, trainer, moment):
            if moment is nn.training.Moment.EPOCH:
                sizes.append(path.read_bytes())

    train_line(callbacks=[LearningCurve(path), Look()], epochs=3)
    assert len(set(sizes)) == 3
    assert all(png.startswith(b"\x89PNG") for png in sizes)


def test_live_it_updates_one_cell(train_line, monkeypatch):
    import IPython.display

    calls = []
    monkeypatch.setattr(IPython.display.DisplayHandle, "display", lambda self, picture: calls.append("display"))
    monkeypatch.setattr(IPython.display.DisplayHandle, "update", lambda self, picture: calls.append("update"))
    train_line(callbacks=[LearningCurve(live=True)], epochs=3)
    assert calls == ["display", "update", "update"]


def test_without_matplotlib_it_is_refused_before_the_training(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError):
        LearningCurve()
