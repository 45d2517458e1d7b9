"""What `export` writes, and refuses."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn

onnx = pytest.importorskip("onnx")

X = np.random.default_rng(2).standard_normal((3, 4)).astype(np.float32)


class Of(nn.Module):
    def __init__(self, function):
        self.function = function

    def forward(self, x):
        return self.function(x)


class Branches(nn.Module):
    """A forward pass in ordinary Python: an `if`, a loop, a shared layer, a skip, a constant."""

    def __init__(self):
        self.first, self.shared = nn.Linear(4, 5), nn.Linear(5, 5)
        self.register_buffer("scale", ag.full((5,), 0.5), persistent=False)
        self.deep = True

    def forward(self, x, gate=None):
        h = ag.relu(self.first(x))
        if self.deep:
            for turn in range(3):
                h += ag.tanh(self.shared(h)) * self.scale / (turn + 1)
        if gate is not None:
            h = h * ag.sigmoid(gate)
        return {"mean": ag.mean(h, axis=1), "each": [h, h.shape[0] * h - np.float32(2.0)]}


def test_any_forward_pass_is_written(check):
    loaded = check(Branches(), X, dynamic={0: "batch"}, batch=7)
    assert loaded.input_names == ["x"] and loaded.output_names == ["mean", "each_0", "each_1"]
    check(Branches(), X, X[:, :1], dynamic={"gate": {0: "batch"}, "x": {0: "batch"}}, batch=1)


class Tied(nn.Module):
    def __init__(self):
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(self.first(x)), x


def test_ways_to_compute_that_are_made_of_ops(check):
    """Tied weights, hooks, functional calls, vmap, checkpoints, compiled parts, and an input that is an output."""
    check(Tied(), X)
    hooked = nn.Linear(4, 3)
    hooked.register_forward_hook(lambda module, inputs, output: output * 2.0)
    hooked.register_full_backward_hook(lambda module, grad_input, grad_output: None)
    check(hooked, X)
    compiled = ag.compile(lambda t: ag.tanh(t) * 2.0)
    check(Of(lambda x: (compiled(x), ag.checkpoint(ag.exp)(x), ag.vmap(lambda row: row * ag.sum(row))(x))), X)
    layer = nn.Linear(4, 3)
    check(Of(lambda x: nn.functional_call(layer, {"weight": layer.weight * 2.0}, x)), X)


def test_the_file_says_what_it_is(path):
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())
    nn.onnx.export(net, X, path, input_names=["features"], output_names=["scores"], dynamic={0: "batch"})
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [entry.version for entry in model.opset_import] == [20]
    named = {initializer.name for initializer in model.graph.initializer}
    assert net.state_dict().keys() - named == {"1.num_batches_tracked"} & net.state_dict().keys()
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.output]
    }
    assert shapes == {"features": ["batch", 4], "scores": ["batch", 3]}
    assert model.graph.node[0].op_type == "Gemm" and model.graph.node[-1].op_type == "Relu"


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d])
def test_batch_normalisation_is_one_node(kind, affine, path):
    shape = (3, 4, 2, 3, 2)[: {"1": 2, "2": 4, "3": 5}[kind.__name__[-2]]]
    nn.onnx.export(kind(4, eps=1e-3, affine=affine), np.ones(shape, np.float32), path)
    (node,) = onnx.load(path).graph.node
    assert node.op_type == "BatchNormalization" and node.attribute[0].f == np.float32(1e-3)
    assert list(node.input[3:]) == ["running_mean", "running_var"]


def test_sums_that_are_nearly_batch_normalisation_stay_sums(check):
    def nearly(x, scale_of_shift=1.0, reverse=False):
        mean, var, bias = x[0] * 0.1, x[1] ** 2, x[2]
        scale = ag.rsqrt(var + 1e-5)
        shift = bias - mean * (scale * scale_of_shift)
        return shift + x * scale if reverse else x * scale + shift

    for model in (lambda x: nearly(x, 2.0), lambda x: nearly(x, 1.0, True), nearly):
        check(Of(model), X)
    check(Of(lambda x: (x.T * ag.rsqrt(x[:, 0] + 20.0) + (x[:, 1] - x[:, 2] * ag.rsqrt(x[:, 0] + 20.0))).T), X)


def test_modes_gradients_and_recording_are_as_before(path):
    net = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.BatchNorm1d(3))
    net[2].eval()
    nn.onnx.export(net, X, path)
    assert [net.training, net[1].training, net[2].training] == [True, True, False]
    assert all(parameter.grad is None for parameter in net.parameters())
    assert net(ag.tensor(X)).requires_grad
    np.testing.assert_array_equal(net[2].running_mean.numpy(), 0)


def test_without_open_axes_the_shape_is_fixed(path):
    nn.onnx.export(nn.Linear(4, 2), X, path)
    with pytest.raises(ag.ShapeError, match=r"'x' has shape \(3, 4\), got \(2, 4\)"):
        nn.onnx.load(path)(X[:2])


def test_what_python_decided_is_written_with_a_warning(check):
    model = Of(lambda x: x * 2.0 if x.sum() > 0 else -x)
    with pytest.warns(UserWarning, match=r"its truth.* of a tensor of shape \(\) was asked for at .*test_export"):
        check(model, np.abs(X))


class SplitByHand(nn.Module):
    def forward(self, x):
        return ag.concat([row * float(i) for i, row in enumerate(ag.unstack(x))], axis=0)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (SplitByHand(), r"which op comes next|how much the model computes"),
        (Of(lambda x: x if x.shape[0] > 1 else x * 2.0), "how much the model computes|which op"),
        (Of(lambda x: x / x.shape[0] ** 2), "an input of divide"),
        (Of(lambda x: x * (1.0 / x.shape[0])), "an input of multiply"),
        (Of(lambda x: x + np.arange(x.size, dtype=np.float32).reshape(x.shape)), r"a constant of shape \(3, 4\)"),
        (Of(lambda x: ag.var(x, axis=0, correction=1)), "must be a fixed number"),
        (nn.Flatten(0), None),
        (Of(lambda x: x[: x.shape[0] // 2]), "index of getitem"),
    ],
)
def test_what_depends_on_the_batch_size_otherwise_is_refused(model, says, path, check):
    if says is None:
        check(model, X, dynamic={0: "batch"}, batch=5)
        return
    with pytest.raises(nn.OnnxError, match=f"{says}.*'batch'|{says}.*open size"):
        nn.onnx.export(model, X, path, dynamic={0: "batch"})
    assert not path.exists()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(model, X)  # with fixed sizes it is fine


def test_sizes_follow_from_the_open_ones(check):
    def forward(x):
        n, t, width = x.shape
        rows = ag.reshape(x, (n * t, width))
        spread = ag.broadcast_to(ag.arange(t).astype(np.float32), (n, t))
        return {
            "rows": rows,
            "all": ag.reshape(rows, (2, n, t, width // 2)),
            "spread": spread + ag.zeros((n, 1)),
            "number": x * (2 * n + 1),
            "last": x[:, t - 1],
            "upper": np.triu(np.full((t, t), -np.inf, np.float32), 1) + x[0, :, :1],
        }

    x = np.random.default_rng(3).standard_normal((2, 3, 4)).astype(np.float32)
    check(Of(forward), x, dynamic={0: "batch", 1: "time"}, batch=3, time=5)


def test_sides_behind_a_stride_are_open_unless_they_are_needed_as_numbers(check, path):
    images = np.random.default_rng(5).standard_normal((2, 1, 9, 12)).astype(np.float32)
    sides = {0: "batch", 2: "height", 3: "width"}
    stem = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)]
    check(nn.Sequential(stem, *head), images, dynamic=sides, height=13, width=10, batch=1)
    with pytest.raises(nn.OnnxError, match=r"'height' or 'width'"):
        nn.onnx.export(nn.Sequential(stem, nn.Upsample(scale_factor=2)), images, path, dynamic=sides)
    with pytest.raises(nn.OnnxError, match=r"needed as a number for \w+ at .*test_export"):
        nn.onnx.export(nn.Sequential(stem, Of(lambda x: x + ag.zeros(x.shape))), images, path, dynamic=sides)


def test_a_model_that_changes_from_run_to_run_is_refused(path):
    rng = np.random.default_rng(0)
    with pytest.raises(nn.OnnxError, match=r"a constant of shape \(3, 4\).*test_export.*is another in every run"):
        nn.onnx.export(Of(lambda x: x + rng.random((3, 4))), X, path)
    with pytest.raises(nn.OnnxError, match=r"factors.*random numbers"):
        nn.onnx.export(Of(lambda x: nn.functional.dropout(x, 0.5)), X, path)
    counter = ag.zeros(())
    with pytest.raises(nn.OnnxError, match="is another in every run"):
        nn.onnx.export(Of(lambda x: [counter.assign(counter + 1), x * counter][1]), X, path)
    net = Of(lambda x: [net.count.assign(net.count + 1), x][1])
    net.register_buffer("count", ag.zeros(()))
    with pytest.raises(ag.GraphError, match="no state that changes"):
        nn.onnx.export(net, X, path)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"dynamic": "batch"}, "dynamic is {0: "),
        ({"dynamic": {"y": {0: "batch"}}}, "names the input 'y'; there are x"),
        ({"dynamic": {2: "batch"}}, r"axis 2 for 'x', of shape \(3, 4\)"),
        ({"dynamic": {0: "the batch"}}, "names of axes by number"),
        ({"dynamic": {"x": "batch"}}, "names of axes by number"),
        ({"dynamic": {0: "n", 1: "n"}}, "'n' is 3 in one input, 4 in another"),
        ({"dynamic": {1: "width"}}, "runs with 'width' of 4 and not of 5"),
        ({"input_names": ["a", "b"]}, "input_names must be 1 different names"),
        ({"output_names": ["x"]}, "'x' of an output is that of something else"),
        ({"input_names": "weight"}, "names an input and a parameter"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(how, says, path):
    with pytest.raises((ag.ArgumentError, nn.OnnxError), match=says):
        nn.onnx.export(nn.Linear(4, 2), X, path, **how)
    assert not path.exists()


def test_what_is_no_model_and_what_is_no_input(path):
    with pytest.raises(ag.ArgumentError, match="takes a module"):
        nn.onnx.export(lambda x: x, X, path)
    with pytest.raises(ag.ArgumentError, match=r"export: .* call it 'model.onnx'"):
        nn.onnx.export(nn.Linear(2, 1), ag.ones((1, 2)), path.with_suffix(".pt"))
    with pytest.raises(ag.ArgumentError, match="give the inputs as tensors"):
        nn.onnx.export(nn.Linear(4, 2), (), path)
    with pytest.raises(ag.ShapeError, match="expects 4 features"):
        nn.onnx.export(nn.Linear(4, 2), X[:, :2], path)


def test_a_file_that_cannot_be_written_leaves_the_old_one(path):
    path.write_bytes(b"old")
    with pytest.raises(nn.OnnxError):
        nn.onnx.export(Of(lambda x: x[x > 0]), X, path)
    assert path.read_bytes() == b"old"
    with pytest.raises(nn.OutputError):
        nn.onnx.export(nn.Linear(4, 2), X, path / "below")


def test_importing_nn_does_not_import_onnx_and_without_it_the_error_says_what_to_install(tmp_path):
    (tmp_path / "onnx.py").write_text("raise ModuleNotFoundError(\"No module named 'onnx'\", name='onnx')")
    code = (
        "import sys, nn, numpy as np; nn.onnx.export; assert 'onnx' not in sys.modules\n"
        "try: nn.onnx.export(nn.Linear(1, 1), np.ones((1, 1)), 'x.onnx')\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.getcwd()])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert 'pip install "autograd-core[onnx]"' in done.stdout


def test_the_command_writes_a_trained_model(command, trained, tmp_path):
    out = tmp_path / "mlp.onnx"
    ended = command("export", trained / "checkpoint.safetensors", out)
    assert (ended.code, ended.err, ended.out) == (0, "", f"{out}: mlp, pictures (batch, 1, 28, 28)\n")
    onnxruntime = pytest.importorskip("onnxruntime")
    pictures = np.random.default_rng(0).random((5, 1, 28, 28)).astype(np.float32)
    (outputs,) = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"]).run(None, {"pictures": pictures})
    np.testing.assert_allclose(nn.onnx.load(out)(pictures).numpy(), outputs, rtol=1e-5, atol=1e-5)
    assert outputs.shape == (5, 10)
