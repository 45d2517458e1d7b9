import subprocess
import sys

import numpy as np
import pytest

from nn import plots
from nn.plots.canvas import mosaic, new_figure, on_grid
from nn.training.position import EpochRecord


def test_without_matplotlib_one_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'autograd-core\[plot\]'"):
        plots.filters(np.ones((1, 1, 2, 2)))


def test_neither_import_nor_drawing_touches_pyplot():
    code = (
        "import sys, numpy as np, nn; p = nn.plots; assert 'matplotlib' not in sys.modules;"
        "p.filters(np.ones((1, 1, 2, 2))).canvas.draw(); print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_notebook_shows_a_returned_figure():
    figure = plots.history([EpochRecord(1, {"loss": 1.0}, None, learning_rate=0.1, examples=1, seconds=1.0)])
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_mosaic_has_its_tiles_row_by_row_on_one_scale():
    axes = new_figure(3, 3).subplots()
    tiles = [np.full((2, 2), value) for value in (1.0, 2.0, 3.0)]
    mosaic(axes, tiles, columns=2, captions=["a", "b", "c"], limits=(0, 3))
    assert [image.get_array().max() for image in axes.images] == [1, 2, 3]
    assert {image.get_clim() for image in axes.images} == {(0, 3)}
    first, second, third = (image.get_extent() for image in axes.images)
    assert first[1] < second[0] and first[3] == second[3]  # beside it
    assert third[0] == first[0] and third[3] < first[2]  # below it
    assert [text.get_text() for text in axes.texts] == ["a", "b", "c"]


def test_a_grid_has_rows_of_equal_y():
    x, y, found = on_grid(lambda p: p[:, 0] + 10 * p[:, 1], (0, 1, 0, 2), 3)
    np.testing.assert_array_equal(found[..., 0], x[None, :] + 10 * y[:, None])
