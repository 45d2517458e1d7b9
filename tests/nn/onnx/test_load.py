"""Files of other programs, written as PyTorch's exporters write them, and files that cannot be used."""

import contextlib

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

rng = np.random.default_rng(4)


@pytest.fixture(autouse=True)
def same_numbers():
    """In whatever order tests run, or alone, each has the same numbers."""
    rng.bit_generator.state = np.random.default_rng(4).bit_generator.state
    ag.manual_seed(4)


def real(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def whole(*numbers):
    return np.array(numbers, np.int64)


def written(path, nodes, inputs, initializers, outputs=("y",), opset=17, types=None):
    """A file of these nodes, each (kind, inputs, outputs, attributes)."""
    made = [
        helper.make_node(kind, ins.split(), outs.split(), name=f"/{kind}_{i}", **attributes)
        for i, (kind, ins, outs, attributes) in enumerate(nodes)
    ]
    types = types or {}
    graph = helper.make_graph(
        made,
        "main_graph",
        [
            helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(x.dtype), ["n", *x.shape[1:]])
            for k, x in inputs.items()
        ],
        [helper.make_tensor_value_info(name, types.get(name, TensorProto.FLOAT), None) for name in outputs],
        [numpy_helper.from_array(x, name) for name, x in initializers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    with contextlib.suppress(onnx.shape_inference.InferenceError):  # as for what breaks the rules
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    for output in model.graph.output:  # which must have a shape
        output.type.tensor_type.shape.SetInParent()
    path.write_bytes(model.SerializeToString())
    return model


@pytest.fixture
def same(path):
    """`same(nodes, inputs, initializers, ...)`: the loaded file gives what onnxruntime gives."""

    def run(nodes, inputs, initializers, **how):
        written(path, nodes, inputs, initializers, **how)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        expected = session.run(None, inputs)
        loaded = nn.onnx.load(path)
        found = loaded(*inputs.values())
        for y, z in zip(found if isinstance(found, tuple) else [found], expected, strict=True):
            assert (y.shape, y.dtype) == (z.shape, z.dtype)
            np.testing.assert_allclose(y.numpy(), z, rtol=1e-5, atol=1e-5)
        return loaded

    return run


def learns(model, x, steps=30):
    """Whether a few steps of Adam bring the mean of (y - 1)² down, through every parameter."""
    before = {name: parameter.numpy().copy() for name, parameter in model.named_parameters()}
    optimizer, losses = optim.Adam(model.parameters(), lr=0.05), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ag.mean((model(ag.tensor(x)) - 1.0) ** 2)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert all(np.any(before[name] != parameter.numpy()) for name, parameter in model.named_parameters())
    return losses[-1] < 0.5 * losses[0]


def test_an_mlp_of_the_older_exporter(same):
    x = real(4, 3, 4)
    model = same(
        [
            ("Flatten", "x", "f", {"axis": 1}),
            ("Gemm", "f 1.weight 1.bias", "a", {"alpha": 1.0, "beta": 1.0, "transB": 1}),
            ("Relu", "a", "b", {}),
            ("Gemm", "b 4.weight 4.bias", "c", {"alpha": 1.0, "beta": 1.0, "transB": 1}),
            ("Tanh", "c", "d", {}),
            ("MatMul", "d onnx::MatMul_18", "e", {}),
            ("Add", "6.bias e", "y", {}),
        ],
        {"x": x},
        {
            "1.weight": real(8, 12),
            "1.bias": real(8),
            "4.weight": real(8, 8),
            "4.bias": real(8),
            "onnx::MatMul_18": real(8, 3),
            "6.bias": real(3),
        },
    )
    assert {name for name, _ in model.named_parameters()} == {
        "1.weight", "1.bias", "4.weight", "4.bias", "onnx::MatMul_18", "6.bias",
    }  # fmt: skip
    assert learns(model, x)


def test_a_cnn_with_batch_normalisation_and_a_skip(same):
    x = real(2, 3, 8, 8)
    conv = {"dilations": [1, 1], "group": 1, "kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}
    model = same(
        [
            ("Conv", "x c1.weight", "a", conv),
            ("BatchNormalization", "a b1.weight b1.bias b1.running_mean b1.running_var", "b",
             {"epsilon": 1e-5, "momentum": 0.9, "training_mode": 0}),
            ("Relu", "b", "c", {}),
            ("MaxPool", "c", "d", {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0], "ceil_mode": 0}),
            ("Conv", "d c2.weight c2.bias", "e", conv | {"group": 2}),
            ("Add", "e d", "f", {}),
            ("LeakyRelu", "f", "g", {"alpha": 0.1}),
            ("AveragePool", "g", "h",
             {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4, "count_include_pad": 1}),
            ("GlobalAveragePool", "h", "i", {}),
            ("Flatten", "i", "j", {"axis": 1}),
            ("Dropout", "j", "k", {}),
            ("Gemm", "k fc.weight fc.bias", "l", {"transB": 1}),
            ("Softmax", "l", "y", {"axis": 1}),
        ],
        {"x": x},
        {
            "c1.weight": real(4, 3, 3, 3), "b1.weight": real(4), "b1.bias": real(4), "b1.running_mean": real(4),
            "b1.running_var": real(4) ** 2 + 1, "c2.weight": real(4, 2, 3, 3), "c2.bias": real(4),
            "fc.weight": real(5, 4), "fc.bias": real(5),
        },
    )  # fmt: skip
    assert [name for name, _ in model.named_buffers()] == ["b1.running_mean", "b1.running_var"]
    loss = -ag.log(model(ag.tensor(x))[:, 0]).mean()
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_shapes_computed_within_the_graph(same):
    """x.reshape(x.shape[0], -1), x.permute, torch.cat, clamp, and a resize, as both exporters write them."""
    same(
        [
            ("Shape", "x", "s", {}),
            ("Gather", "s zero", "n", {"axis": 0}),
            ("Unsqueeze", "n first", "n1", {}),
            ("Concat", "n1 minus", "shape", {"axis": 0}),
            ("Transpose", "x", "t", {"perm": [0, 2, 3, 1]}),
            ("Reshape", "t shape", "r", {}),
            ("Clip", "r low high", "c", {}),
            ("Sigmoid", "c", "g", {}),
            ("Concat", "g r", "y", {"axis": -1}),
            ("Constant", "", "scales", {"value": numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32))}),
            ("Resize", "x none scales", "big",
             {"mode": "linear", "coordinate_transformation_mode": "half_pixel", "cubic_coeff_a": -0.75}),
            ("Slice", "big starts ends axes", "part", {}),
            ("ConstantOfShape", "shape2", "ones", {"value": numpy_helper.from_array(np.ones(1, np.float32))}),
            ("Mul", "part ones", "z", {}),
            ("Split", "x halves", "left right", {"axis": 1}),
            ("Sub", "left right", "w", {}),
            ("Pad", "w pads", "v", {"mode": "reflect"}),
        ],
        {"x": real(2, 4, 3, 3)},
        {
            "zero": np.array(0, np.int64), "first": whole(0), "minus": whole(-1), "none": np.zeros(0, np.float32),
            "low": np.array(-0.5, np.float32), "high": np.array(0.5, np.float32), "starts": whole(1),
            "ends": whole(2**63 - 1), "axes": whole(2), "shape2": whole(5, 6),
            "halves": whole(2, 2), "pads": whole(0, 0, 1, 1, 0, 0, 1, 1),
        },
        outputs=("y", "z", "v"),
    )  # fmt: skip


@pytest.mark.parametrize("opset", [9, 11])
def test_older_versions_of_operators(same, opset):
    """Where attributes have become inputs, and softmax goes over all axes from one on."""
    clip = {"min": 0.0, "max": 6.0} if opset < 11 else {}
    nodes = [
        ("Clip", "x" if clip else "x low high", "c", clip),
        ("Squeeze", "c", "s", {"axes": [1]}),
        ("Unsqueeze", "s", "u", {"axes": [0]}),
        ("Softmax", "u", "p", {"axis": 1}),
        ("ReduceMean", "p", "m", {"axes": [1], "keepdims": 0}),
        ("Pad", "m" if clip else "m pads", "y", {"pads": [0, 1, 0, 0], "mode": "constant"} if clip else {}),
    ]
    fixed = {} if clip else {"low": np.array(0, np.float32), "high": np.array(6, np.float32), "pads": whole(0, 1, 0, 0)}
    same(nodes, {"x": 4 * real(3, 1, 5)}, fixed, opset=opset)


def test_recurrent_networks_with_gates_in_onnx_order(same):
    def parts(gates, directions=2, width=3, hidden=4):
        return [
            real(directions, gates * hidden, width),
            real(directions, gates * hidden, hidden),
            real(directions, 2 * gates * hidden),
        ]

    names = ["w1", "r1", "b1", "w2", "r2", "b2", "w3", "r3", "b3"]
    arrays = [*parts(4), *parts(3), *parts(1, 1)]
    same(
        [
            ("LSTM", "x w1 r1 b1", "a h c", {"hidden_size": 4, "direction": "bidirectional"}),
            ("GRU", "x w2 r2 b2", "b g", {"hidden_size": 4, "direction": "bidirectional", "linear_before_reset": 1}),
            ("RNN", "x w3 r3 b3", "d e", {"hidden_size": 4, "direction": "reverse", "activations": ["Relu"]}),
        ],
        {"x": real(5, 2, 3)},
        dict(zip(names, arrays, strict=True)),
        outputs=("a", "h", "c", "b", "g", "d", "e"),
    )


def test_operators_with_attributes(same):
    b = real(4)
    same(
        [
            ("ConvTranspose", "x w b", "up",
             {"strides": [2, 2], "output_padding": [1, 0], "group": 2, "kernel_shape": [2, 2]}),
            ("Conv", "x k", "same", {"auto_pad": "SAME_UPPER", "strides": [2, 2], "kernel_shape": [2, 3]}),
            ("Conv", "x k", "sides", {"pads": [0, 1, 1, 2], "kernel_shape": [2, 3]}),
            ("MaxPool", "x", "pool", {"pads": [0, 0, 1, 1], "kernel_shape": [2, 2], "strides": [2, 2]}),
            ("AveragePool", "x", "mean", {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
            ("LogSoftmax", "x", "log", {"axis": 1}),
            ("InstanceNormalization", "x s s", "norm", {"epsilon": 1e-3}),
            ("LayerNormalization", "x l l", "layer", {"axis": -1}),
            ("PRelu", "x p", "prelu", {}),
            ("HardSigmoid", "x", "hard", {"alpha": 0.25, "beta": 0.4}),
            ("Selu", "x", "selu", {"alpha": 1.5, "gamma": 1.1}),
            ("ArgMax", "x", "arg", {"axis": 1, "keepdims": 0}),
            ("DepthToSpace", "x", "deep", {"blocksize": 2, "mode": "DCR"}),
            ("GlobalMaxPool", "x", "most", {}),
            ("Gemm", "m m", "gemm", {"alpha": 0.5, "transA": 1}),
            ("Expand", "p shape", "wide", {}),
            ("Max", "x wide p", "max", {}),
            ("CumSum", "x axis", "sums", {"reverse": 1}),
            ("Trilu", "x", "low", {"upper": 0}),
            ("Div", "i j", "quotient", {}),
            ("Mod", "i j", "rest", {"fmod": 1}),
        ],
        {"x": real(2, 4, 5, 4)},
        {
            "w": real(4, 2, 2, 2), "b": b, "k": real(3, 4, 2, 3), "s": b, "l": b, "p": real(4, 1, 1), "m": real(3, 3),
            "shape": whole(2, 1, 1, 4), "axis": np.array(2, np.int64), "i": whole(-7, 7, -6), "j": whole(2, -2, 4),
        },
        outputs=(
            "up", "same", "sides", "pool", "mean", "log", "norm", "layer", "prelu", "hard", "selu", "arg", "deep",
            "gemm", "max", "sums", "low", "quotient", "rest", "most",
        ),
        types=dict.fromkeys(("arg", "quotient", "rest"), TensorProto.INT64),
    )  # fmt: skip


def test_what_was_exported_trains_compiles_and_is_exported_again(path, tmp_path):
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
    x = real(4, 1, 6, 6)
    nn.onnx.export(net, x, path, dynamic={0: "batch"})
    model = nn.onnx.load(path)
    expected = net.eval()(ag.tensor(x)).numpy()
    again = tmp_path / "again.onnx"
    nn.onnx.export(model, x, again, input_names=["x"], dynamic={0: "batch"})
    np.testing.assert_allclose(nn.onnx.load(again)(x[:1]).numpy(), expected[:1], atol=1e-5)
    model.load_state_dict(nn.onnx.load(again).state_dict())
    assert net.load_state_dict(model.state_dict(), strict=False).unexpected_keys == []
    with ag.no_grad():
        np.testing.assert_allclose(ag.compile(model)(ag.tensor(x)).numpy(), expected, atol=1e-5)
    assert learns(model, x)


def test_inputs_that_do_not_fit_are_refused(path):
    nn.onnx.export(nn.Linear(4, 2), real(3, 4), path, dynamic={0: "batch"})
    model = nn.onnx.load(path)
    for inputs, says in [
        ((real(3, 5),), r"'x' has shape \(any, 4\), got \(3, 5\)"),
        ((real(4),), "has shape"),
        ((np.zeros((3, 4)),), "is float32, got float64"),
        ((), "takes x, got 0 inputs"),
    ]:
        with pytest.raises(ag.AutogradError, match=says):
            model(*inputs)


# --- files that cannot be used ----------------------------------------------------------------


def refused(path, says):
    with pytest.raises(nn.OnnxError, match=says) as raised:
        nn.onnx.load(path)
    assert "\n" not in str(raised.value)


@pytest.fixture
def whole_file(path):
    nn.onnx.export(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), real(3, 4), path)
    return path.read_bytes()


def test_what_is_no_onnx_file(path, whole_file, tmp_path):
    refused(tmp_path / "none.onnx", "cannot read the ONNX file .*No such file")
    refused(tmp_path, "cannot read the ONNX file .*[Dd]irectory")
    for content in (b"", b"PK\x03\x04 a zip", b"\x80\x04\x95 a pickle.", b"{}", whole_file[:-1], whole_file[:40]):
        path.write_bytes(content)
        refused(path, "is no ONNX file, or a damaged one|breaks ONNX's rules|numbers that its shape takes")


def test_a_file_with_any_byte_changed_is_read_or_refused(path, whole_file):
    for place in rng.choice(len(whole_file), 60, replace=False):
        path.write_bytes(whole_file[:place] + bytes([whole_file[place] ^ 0x5A]) + whole_file[place + 1 :])
        with contextlib.suppress(ag.AutogradError):
            nn.onnx.load(path)(real(3, 4))


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        ([("NonZero", "x", "a", {}), ("Hardmax", "x", "y", {})], "there is no op for Hardmax, NonZero"),
        ([("MaxPool", "x", "y", {"kernel_shape": [2], "dilations": [2]})], "MaxPool.*no dilation"),
        ([("MaxPool", "x", "y places", {"kernel_shape": [2]})], "places of the largest"),
        ([("Cast", "x", "y", {"to": TensorProto.FLOAT16})], "casts to the type number 10"),
        ([("Pad", "x p", "y", {"mode": "constant"}), ("Gelu", "x", "z", {"approximate": "no"})], "approximate must be"),
        ([("GRU", "x w w", "y", {"hidden_size": 1})], "linear_before_reset must be 1"),
        ([("LSTM", "x w w", "y", {"hidden_size": 1, "activations": ["Relu"] * 3})], "its activations are"),
        ([("Relu", "nowhere", "y", {})], "breaks ONNX's rules"),
        ([("Relu", "x", "y", {"alpha": 1.0})], "breaks ONNX's rules"),
        ([("Constant", "", "y", {"value_string": "os.system('true')"})], "one of value_string"),
    ],
)
def test_nodes_that_are_not_supported_are_named(nodes, says, path):
    written(path, nodes, {"x": real(1, 1, 4)}, {"w": real(1, 4, 4), "p": whole(0, 0, 0, 0, 0, 0)}, opset=20)
    refused(path, says)


def test_graphs_within_nodes_types_and_versions_that_are_not_supported(path):
    inner = helper.make_graph([], "body", [], [])
    model = written(path, [("Relu", "x", "y", {})], {"x": real(1, 4)}, {})
    branch = helper.make_node("If", ["c"], ["z"], then_branch=inner, else_branch=inner)
    for change, says in [
        (lambda m: m.graph.node.append(branch), "breaks ONNX's rules|graph of its own"),
        (
            lambda m: m.graph.initializer.append(helper.make_tensor("s", TensorProto.STRING, [1], [b"x"])),
            "holds STRING",
        ),
        (
            lambda m: m.graph.initializer.append(helper.make_tensor("h", TensorProto.FLOAT16, [1], [1.0])),
            "holds FLOAT16",
        ),
        (lambda m: setattr(m.opset_import[0], "version", 99), "opset 99"),
        (lambda m: setattr(m.opset_import[0], "version", 3), "opset 3"),
        (lambda m: setattr(m.graph.node[0], "domain", "com.microsoft"), "breaks ONNX's rules|com.microsoft"),
        (
            lambda m: m.graph.initializer.append(TensorProto(name="w", data_type=1, dims=[2**40, 2**20])),
            "numbers that its shape|rules",
        ),
        (
            lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", TensorProto.STRING),
            "no tensor of floats|rules",
        ),
    ]:
        changed = onnx.ModelProto()
        changed.CopyFrom(model)
        change(changed)
        path.write_bytes(changed.SerializeToString())
        refused(path, says)


def test_names_that_would_hide_what_a_module_has_go_elsewhere(path):
    names = ["forward", "a", "a.b", "training", "x..y", "_steps", "w.forward"]
    nodes = [
        ("Add", f"{'x' if i == 0 else f's{i}'} {name}", f"s{i + 1}" if i + 1 < len(names) else "y", {})
        for i, name in enumerate(names)
    ]
    values = {name: real(4) for name in names}
    x = real(1, 4)
    written(path, nodes, {"x": x}, values)
    model = nn.onnx.load(path)
    np.testing.assert_allclose(model(x).numpy(), x + sum(values.values()), atol=1e-5)
    assert len(model.parameters()) == len(names) and callable(model.forward)


# --- numbers in other files -------------------------------------------------------------------


def outside(path, location, data=b"", **entries):
    """A file whose weight lies elsewhere."""
    model = written(path, [("MatMul", "x w", "y", {})], {"x": real(1, 2)}, {"w": np.eye(2, dtype=np.float32)})
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        weight.external_data.add(key=key, value=str(value))
    path.write_bytes(model.SerializeToString())
    (path.parent / "w.data").write_bytes(data)


def test_numbers_beside_the_file_are_read(path):
    weight = real(2, 2)
    outside(path, "w.data", b"12345678" + weight.tobytes(), offset=8, length=16)
    x = real(1, 2)
    np.testing.assert_allclose(nn.onnx.load(path)(x).numpy(), x @ weight, rtol=1e-6)


def test_numbers_elsewhere_or_too_few_are_refused(path, tmp_path):
    model = tmp_path / "inner" / "model.onnx"
    model.parent.mkdir()
    (tmp_path / "secret").write_bytes(bytes(16))
    (model.parent / "link").symlink_to(tmp_path / "secret")
    for location in ("../secret", str(tmp_path / "secret"), "link", "none", "", "."):
        outside(model, location)
        refused(model, "no file in the directory of this one")
    for data, entries in [
        (bytes(8), {}),
        (bytes(16), {"offset": 4}),
        (bytes(16), {"offset": -1}),
        (bytes(16), {"offset": "x"}),
        (bytes(99), {"length": 99}),
    ]:
        outside(model, "w.data", data, **entries)
        refused(model, "does not have the 16 bytes|no number")
