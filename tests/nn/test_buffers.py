"""Tensors that a module keeps: buffers are converted and saved with its parameters, others left alone."""

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.training import Checkpoint, Checkpoints, EarlyStopping, Trainer, check_gradients


class Attentive(nn.Module):
    """Weighs its inputs, and keeps the weights to be looked at."""

    def __init__(self):
        self.scores, self.output = nn.Linear(2, 2), nn.Linear(2, 1)
        self.register_buffer("scale", ag.ones((2,)))

    def forward(self, x):
        self.attn = ag.softmax(self.scores(x))
        self.seen = [self.attn, ag.ones((3,))]
        return self.output(self.attn * x * self.scale)


class Kept(nn.Module):
    """Keeps its output."""

    def __init__(self):
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        self.attn = ag.softmax(self.layer(x))
        return self.attn


@pytest.fixture
def called():
    net = Attentive()
    net(np.ones((5, 2), np.float32))
    return net


SAVED = ["scale", "scores.weight", "scores.bias", "output.weight", "output.bias"]


def test_a_tensor_kept_on_self_is_left_alone(called):
    attn = called.attn
    assert list(called.state_dict()) == SAVED
    assert called.buffers() == [called.scale]
    fresh = Attentive()
    fresh.load_state_dict(called.state_dict())
    called.load_state_dict(fresh.state_dict())
    called.double()
    assert called.attn is attn
    assert attn.dtype == np.float32
    assert called(np.ones((7, 2))).dtype == np.float64
    called.load_state_dict(fresh.state_dict())


def test_a_tensor_kept_on_self_gets_through_a_file(called, tmp_path):
    nn.save_weights(called, tmp_path / "net.safetensors")
    fresh = Attentive()
    nn.load_weights(fresh, tmp_path / "net.safetensors")
    x = np.ones((1, 2), np.float32)
    assert fresh(x).tolist() == called(x).tolist()


def test_training_saves_resumes_and_stops_early_with_a_tensor_kept_on_self(tmp_path):
    x = np.random.default_rng(0).uniform(-1, 1, (20, 2)).astype(np.float32)
    data = x, x[:, :1] - x[:, 1:]

    def trainer(*callbacks):
        ag.manual_seed(3)
        net = Attentive()
        return Trainer(net, nn.functions.mse_loss, optim.SGD(net.parameters(), lr=0.1), callbacks=callbacks)

    saving = Checkpoints(tmp_path / "c.safetensors"), EarlyStopping("loss", patience=5)
    trainer(*saving).fit(data, data, epochs=2, batch_size=8)  # whose last batch is smaller, and so is its map
    resumed = trainer(*saving)
    resumed.load_state_dict(Checkpoint.load(tmp_path / "c.safetensors").state)
    resumed.fit(data, data, epochs=4, batch_size=8)
    whole = trainer(EarlyStopping("loss", patience=5))
    whole.fit(data, data, epochs=4, batch_size=8)
    for name, array in whole.model.state_dict().items():
        np.testing.assert_array_equal(resumed.model.state_dict()[name], array)
    assert list(whole.model.state_dict()) == SAVED


def test_a_copy_has_the_numbers_of_a_tensor_kept_on_self():
    net = Kept()
    net(np.ones((5, 2), np.float32))
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin.attn.tolist() == net.attn.tolist()
        assert twin.attn.is_leaf
        assert twin.layer.weight is not net.layer.weight
    assert not net.attn.is_leaf
    check_gradients(net, nn.functions.mse_loss, (np.ones((2, 2)), np.zeros((2, 2))))


def test_what_is_set_by_a_buffers_name_takes_its_place():
    net = Attentive()
    net.scale = ag.tensor([3.0, 4.0])
    assert net.state_dict()["scale"].tolist() == [3, 4]
    net.register_buffer("scale", ag.tensor([5.0]), persistent=False)
    assert "scale" not in net.state_dict()
    assert net.buffers() == [net.scale]
    net.register_buffer("scale", ag.tensor([6.0]))
    net.load_state_dict({**net.state_dict(), "scale": [7.0]})
    assert net.scale.tolist() == [7]


def test_a_parameter_set_by_a_buffers_name_is_a_parameter_only():
    net = Attentive()
    net.scale = nn.Parameter([3.0, 4.0])
    assert "scale" in dict(net.named_parameters())
    assert "scale" not in dict(net.named_buffers())
    net.scale = None
    net.scale = ag.tensor([5.0])  # an attribute like any other
    assert not net.buffers()


def test_a_buffer_that_is_not_persistent_is_converted_and_not_saved():
    net = nn.Sequential(Attentive())
    before = net.state_dict()
    net[0].register_buffer("mask", ag.ones((4,)), persistent=False)
    assert [name for name, _ in net.named_buffers()] == ["0.scale", "0.mask"]
    assert net.double()[0].mask.dtype == np.float64
    assert list(net.state_dict()) == list(before)
    net.load_state_dict(before)
    assert net[0].mask.tolist() == [1, 1, 1, 1]


def test_none_keeps_the_place_of_a_buffer():
    net = nn.Module()
    net.register_buffer("mean", None)
    assert (net.mean, net.buffers(), net.state_dict()) == (None, [], {})
    net.mean = ag.zeros((2,))
    assert list(net.state_dict()) == ["mean"]
    net.mean = None
    assert net.state_dict() == {}


def test_a_deleted_buffer_is_none_any_more_and_other_modules_keep_theirs():
    net, other = Attentive(), Attentive()
    twin = copy.copy(net)
    del net.scale
    net.scale = ag.ones((2,))
    assert net.buffers() == []
    assert len(other.buffers()) == len(twin.buffers()) == 1
    assert nn.Linear(2, 1).buffers() == []
    assert copy.deepcopy(other).buffers()[0] is not other.scale


def test_a_buffer_holds_no_history(called):
    net = nn.Module()
    with pytest.raises(nn.StateError, match=r"Module: attn is a buffer, .* computed from others.*take .detach\(\) of"):
        net.register_buffer("attn", called.attn)
    assert not hasattr(net, "attn")
    net.register_buffer("attn", called.attn.detach())
    with pytest.raises(nn.StateError, match=r"attn is a buffer, .*take .detach\(\) of it"):
        net.attn = called.attn
    with pytest.raises(nn.StateError, match="attn is a buffer, and takes a tensor or None, got a ndarray"):
        net.attn = np.ones(3)
    with pytest.raises(nn.StateError, match="buffer is not learned, and w was given a Parameter"):
        net.register_buffer("w", nn.Parameter([1.0]))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Attentive: '' cannot name a buffer: no empty names, and no dots"),
        ("a.b", "'a.b' cannot name a buffer"),
        ("scores", "'scores' cannot name a buffer, for it has another meaning here; rename it"),
        ("attn", "'attn' cannot name a buffer, for it has another meaning"),
        ("forward", "'forward' cannot name a buffer, for it has another meaning"),
        ("_hooks", "'_hooks' cannot name a buffer, for it has another meaning"),
    ],
)
def test_refused_names(called, name, message):
    with pytest.raises(ag.ArgumentError, match=message):
        called.register_buffer(name, ag.ones((2,)))


def test_a_state_of_when_every_tensor_was_saved_says_what_to_register(called):
    state = {**called.state_dict(), "attn": np.ones((5, 2))}
    with pytest.raises(
        nn.StateError, match=r"unexpected 0.attn \(5, 2\) \(a tensor that.*register_buffer\('attn', ...\)"
    ):
        nn.Sequential(called).load_state_dict({f"0.{name}": array for name, array in state.items()})
    with pytest.raises(nn.StateError, match=r"unexpected attn \(5, 2\)$"):
        Attentive().load_state_dict(state)
