import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import plots
from nn.training import RecordDistributions, Trainer


def test_histograms_count_all_finite_numbers_and_name_the_others():
    (axes,) = plots.histograms({"weights": {"w": np.array([1.0, 1.0, np.nan, 2.0])}, "gradients": {}}).axes
    assert sum(bar.get_height() for bar in axes.patches) == 3
    assert axes.get_title() == "weights: w, 1 not finite"
    with pytest.raises(ag.ArgumentError, match="histograms: found no numbers"):
        plots.histograms({"weights": {}})


def test_over_time_a_column_is_dark_where_the_numbers_were():
    net = nn.Linear(1, 100, bias=False)
    recorder = plots.Recorder(net)
    rng = np.random.default_rng(0)
    for step, centre in enumerate((-2.0, 0.0, 2.0)):
        net.weight.assign(centre + 0.1 * rng.standard_normal((100, 1)))
        recorder.record(10 * step)
    weights, gradients = plots.over_time(recorder, title="a title").axes
    mesh = weights.collections[0]
    heights = np.ma.getdata(mesh.get_coordinates())[:, 0, 1]
    centres = (heights[1:] + heights[:-1]) / 2
    density = np.ma.getdata(mesh.get_array()).reshape(len(centres), 3)
    np.testing.assert_allclose(centres @ density / density.sum(axis=0), [-2, 0, 2], atol=0.1)
    assert mesh.get_coordinates()[0, :, 0].tolist() == [-5, 5, 15, 25]
    assert [text.get_text() for text in gradients.texts] == ["no gradient"]


def test_a_trainer_feeds_it_every_so_many_steps():
    net = nn.Linear(2, 1)
    recorder = plots.Recorder(net)
    callback = RecordDistributions(recorder, every_steps=2)
    trainer = Trainer(net, nn.functions.mse_loss, optim.SGD(net.parameters(), lr=0.1), callbacks=callback)
    trainer.fit((np.ones((40, 2), np.float32), np.ones((40, 1), np.float32)), epochs=1, batch_size=8)  # 5 steps
    assert [record.step for record in recorder.weights["weight"]] == [1, 3, 5]
    assert len(recorder.gradients["bias"]) == 3
    assert len(plots.over_time(recorder, ["bias"]).axes) == 2


def test_wrong_uses_are_named():
    recorder = plots.Recorder(nn.Linear(2, 1))
    with pytest.raises(ag.ArgumentError, match="over_time: nothing has been recorded"):
        plots.over_time(recorder)
    with pytest.raises(ag.ArgumentError, match="there is no parameter 'w'; there are weight, bias"):
        plots.over_time(recorder, ["w"])
    recorder.record(3)
    with pytest.raises(ag.ArgumentError, match="steps must rise, got 3 after 3"):
        recorder.record(3)
    with pytest.raises(ag.ArgumentError, match="Recorder: ReLU has no parameters"):
        plots.Recorder(nn.ReLU())
    with pytest.raises(ag.ArgumentError, match="RecordDistributions: every_steps"):
        RecordDistributions(recorder, every_steps=0)
