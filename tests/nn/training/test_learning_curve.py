import io
import sys

import numpy as np
from PIL import Image

from nn.training.learning_curve import learning_curve_png
from nn.training.trainer import EpochRecord, Score


def records(count):
    return [
        EpochRecord(n, Score(1 / n, 1 - 0.5 / n), Score(1.1 / n, 1 - 0.6 / n), learning_rate=0.1, seconds=1.0)
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
