"""Weights move to and from PyTorch's files, in one piece, and with one message for all that does not fit."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import autograd_core as ag
import nn
from nn.training.checkpoint import Checkpoint

COVERS = {"save_weights", "load_weights", "load_optimizer_state"}  # the last: tests/optim/test_torch_state.py

BY_TORCH = Path(__file__).parents[1] / "golden" / "weights_by_torch.safetensors"


def build():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.PReLU(2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    )


def test_a_network_with_the_weights_of_a_file_that_torch_wrote_computes_what_it_did_there():
    net = build()
    missing, unexpected = nn.load_weights(net, BY_TORCH, strict=False)
    assert (missing, sorted(unexpected)) == ([], ["example.input", "example.output"])
    stored = load_file(BY_TORCH)
    y = net.eval()(stored["example.input"])
    np.testing.assert_allclose(y.numpy(), stored["example.output"], rtol=1e-5, atol=1e-6)
    assert net[1].num_batches_tracked.item() == 1


def test_what_is_saved_has_the_names_shapes_and_dtypes_that_torch_gives_it(tmp_path):
    net, path = build(), tmp_path / "net.safetensors"
    nn.load_weights(net, BY_TORCH, strict=False)
    nn.save_weights(net, path)
    ours, theirs = load_file(path), load_file(BY_TORCH)
    assert ours.keys() | {"example.input", "example.output"} == theirs.keys()
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


def test_saving_and_loading_gives_the_same_bits_whatever_the_strides(tmp_path):
    net, other = nn.Linear(3, 2).double(), nn.Linear(3, 2).double()
    net.weight.assign(np.arange(6.0).reshape(3, 2).T)
    nn.save_weights(net, str(tmp_path / "a"))
    assert nn.load_weights(other, str(tmp_path / "a")) == ([], [])
    assert other.weight.tolist() == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    np.testing.assert_array_equal(net.bias.numpy(), other.bias.numpy())


def test_other_precisions_are_brought_to_the_modules_own(tmp_path):
    numbers = np.array([[1.5, -2.25, 0.375]], np.float32)
    path, net = tmp_path / "a", nn.Linear(3, 1, bias=False)
    for dtype in (np.float64, np.float16):
        save_file({"weight": numbers.astype(dtype)}, path)
        nn.load_weights(net, path)
        assert net.weight.dtype == np.float32
        assert net.weight.tolist() == numbers.tolist()
    path.write_bytes(as_safetensors("BF16", (1, 3), (numbers.view(np.uint32) >> 16).astype("<u2").tobytes()))
    net.weight.assign(np.zeros((1, 3)))
    nn.load_weights(net, path)
    assert net.weight.tolist() == numbers.tolist()


def as_safetensors(dtype, shape, data):
    """A file with one tensor, `weight`."""
    entry = {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)]}
    header = json.dumps({"weight": entry}).encode()
    return len(header).to_bytes(8, "little") + header + data


def test_all_that_does_not_fit_is_in_one_message_and_nothing_is_changed(tmp_path):
    net, path = nn.Linear(3, 2), tmp_path / "a"
    before = net.weight.numpy()
    save_file({"weight": np.zeros((2, 4), np.float32), "extra": np.zeros(5, np.float32)}, path)
    message = (
        r"a: Linear cannot take over this state: missing bias \(2,\); unexpected extra \(5,\); "
        r"weight has shape \(2, 4\) instead of \(2, 3\)$"
    )
    with pytest.raises(nn.StateError, match=message):
        nn.load_weights(net, path)
    np.testing.assert_array_equal(net.weight.numpy(), before)


def test_files_that_are_none_of_weights_are_refused(tmp_path):
    net, path = nn.Linear(3, 2), tmp_path / "a"

    def refused(message):
        with pytest.raises(nn.CheckpointError, match=message):
            nn.load_weights(net, path)

    refused("cannot read the file of weights .*a: No such file")
    path.write_bytes(b"nothing of the kind")
    refused("a is no file of weights, or a damaged one: ")
    nn.save_weights(net, path)
    path.write_bytes(path.read_bytes()[:-4])
    refused("a is no file of weights, or a damaged one: ")
    save_file({"weight": np.zeros(3, np.float32)}, path, {"format": "autograd-core weights", "version": "2"})
    refused("a is of version 2, and 1 is the newest known here; update autograd-core to read it")
    Checkpoint({"model": net.state_dict()}, {}).save(path)
    refused("a is of the format 'autograd-core training', not weights alone; from a training's checkpoint")
    path.write_bytes(as_safetensors("F8_E4M3", (1, 3), b"123"))
    refused("a: weight is of dtype F8_E4M3, which numpy lacks; save it as float32")


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    net, path = nn.Linear(3, 2), tmp_path / "a"
    nn.save_weights(net, path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(nn.OutputError, match=r"cannot write .*a: No space left on device"):
        nn.save_weights(nn.Linear(3, 2), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_part_of_a_network_can_be_loaded_and_frozen(tmp_path):
    body, head = nn.Sequential(nn.Linear(4, 3), nn.ReLU()), nn.Linear(3, 2)
    nn.save_weights(body, tmp_path / "body")
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), head)
    assert nn.load_weights(net, tmp_path / "body", strict=False) == (["2.weight", "2.bias"], [])
    net[:2].freeze()
    net(ag.ones((5, 4))).sum().backward()
    assert net[0].weight.grad is None
    assert head.weight.grad is not None


@pytest.mark.parametrize("move", [nn.save_weights, nn.load_weights])
def test_what_is_no_module_is_named(move, tmp_path):
    with pytest.raises(nn.StateError, match=f"{move.__name__}: takes a module and a path, got a dict for the module"):
        move(build().state_dict(), tmp_path / "a")


class TiedNet(nn.Module):
    """An embedding whose weight is the output layer's too."""

    def __init__(self):
        self.embedding = nn.Embedding(5, 3)
        self.output = nn.Linear(3, 5, bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, words):
        return self.output(self.embedding(words))


@pytest.mark.parametrize("name", ["embedding.weight", "output.weight"])
def test_tied_weights_load_from_a_file_that_holds_them_once(tmp_path, name):
    net, numbers = TiedNet(), np.arange(15, dtype=np.float32).reshape(5, 3)
    save_file({name: numbers}, tmp_path / "a")
    assert nn.load_weights(net, tmp_path / "a") == ([], [])
    assert net.output.weight is net.embedding.weight
    np.testing.assert_array_equal(net.embedding.weight.numpy(), numbers)
    assert net.load_state_dict({}, strict=False).missing_keys == ["embedding.weight", "output.weight"]


def test_tied_weights_are_saved_under_each_name_as_torch_expects_and_load_again(tmp_path):
    net, other = TiedNet(), TiedNet()
    nn.save_weights(net, tmp_path / "a")
    assert load_file(tmp_path / "a").keys() == {"embedding.weight", "output.weight"}
    assert nn.load_weights(other, tmp_path / "a") == ([], [])
    np.testing.assert_array_equal(other([1, 2]).numpy(), net([1, 2]).numpy())


@pytest.mark.parametrize("strict", [True, False])
def test_tied_weights_that_differ_in_the_file_are_refused(tmp_path, strict):
    net = TiedNet()
    before, state = net.embedding.weight.numpy(), {name: array.copy() for name, array in net.state_dict().items()}
    state["output.weight"][0, 0] = np.nan
    save_file(state, tmp_path / "a")
    message = r"a: TiedNet cannot .*: embedding.weight and output.weight are one tensor here, and the state has two$"
    with pytest.raises(nn.StateError, match=message):
        nn.load_weights(net, tmp_path / "a", strict)
    np.testing.assert_array_equal(net.embedding.weight.numpy(), before)
    state["embedding.weight"][0, 0] = np.nan  # equal, though nan is not
    save_file(state, tmp_path / "a")
    nn.load_weights(net, tmp_path / "a", strict)


def test_what_a_tensor_cannot_hold_is_refused_rather_than_cut_off():
    norm = nn.BatchNorm1d(2)
    for whole in (np.array(3.0), np.array(3, np.uint8), 3):
        norm.load_state_dict({**norm.state_dict(), "num_batches_tracked": whole})
        assert norm.num_batches_tracked.item() == 3
    for value in (1.5, np.nan, 1e30):
        with pytest.raises(nn.StateError, match="num_batches_tracked has numbers that are no int64"):
            norm.load_state_dict({**norm.state_dict(), "num_batches_tracked": np.array(value)})
    for value, dtype in ((10**30, "object"), ("text", "<U4"), (np.zeros(()) + 0j, "complex128")):
        with pytest.raises(nn.StateError, match=f"num_batches_tracked is of dtype {dtype} instead of int64"):
            norm.load_state_dict({**norm.state_dict(), "num_batches_tracked": value})
    with pytest.raises(nn.StateError, match=r"running_mean has shape None instead of \(2,\)"):
        norm.load_state_dict({**norm.state_dict(), "running_mean": [[1.0], 2.0]})
    assert norm.num_batches_tracked.item() == 3


@pytest.mark.parametrize("name", ["net.pt", "net.PTH", "net.npz", "net.onnx"])
def test_a_name_of_another_kind_of_file_is_refused_with_the_right_one(tmp_path, name):
    with pytest.raises(ag.ArgumentError, match=r"save_weights: .* call it 'net.safetensors'"):
        nn.save_weights(nn.Linear(2, 1), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_names_that_say_no_kind_are_taken(tmp_path):
    for name in ("net", "net.v2", "net.SafeTensors"):
        nn.save_weights(nn.Linear(2, 1), tmp_path / name)
        nn.load_weights(nn.Linear(2, 1), tmp_path / name)


def test_what_torch_save_makes_is_refused_with_what_to_write_there(tmp_path):
    for start in (b"PK\x03\x04", b"\x80\x02"):
        (tmp_path / "net.pt").write_bytes(start + bytes(100))
        with pytest.raises(nn.CheckpointError, match=r"net.pt is no file of weights, .* torch.save .*save_file"):
            nn.load_weights(nn.Linear(2, 1), tmp_path / "net.pt")
