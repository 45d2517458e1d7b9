"""Mini-batches in shards, computed by one process: what comes of them, and what is refused."""

import json

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError
from nn.data import Batches
from nn.data.shards import cut, shard_bounds
from nn.errors import DataError, DivergenceError, ParallelError
from nn.parallel import Alone, DataParallel
from nn.parallel.communicator import Arrived
from nn.training import Checkpoint, Trainer, evaluate
from nn.training.together import digest_of, name_of

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((27, 3)).astype(np.float32), rng.standard_normal((27, 1)).astype(np.float32)


def loss_of(net):
    return lambda x, y: nn.functions.mse_loss(net(ag.tensor(x)), y)


class OneOf(Alone):
    """One of several processes; `first` is what process 0 says, one thing after the other."""

    def __init__(self, size, rank=0, first=()):
        self.size, self.rank, self.first = size, rank, list(first)

    def broadcast(self, content, root=0):
        return self.first.pop(0) if self.rank else content


class Echo(OneOf):
    """One of two processes that have the same shards; `sent` notes what leaves."""

    def __init__(self, note):
        super().__init__(2)
        self.note = note

    def exchange(self, partner, out, into, tag):
        if into.base is out.base:  # the other half of the sum, which is twice ours
            into *= 2
        else:  # what we keep, the other one gives
            into[:] = out.base[: into.size]
        self.note(f"bucket {tag}")
        return Arrived(into)

    def gather(self, array):
        return Arrived(np.stack([array, array]))

    def wait(self, *pending):
        assert all(one.done() for one in pending)


@pytest.mark.parametrize("shards", [1, 4, 8])
def test_gradients_are_those_of_the_whole_mini_batch_though_shards_differ_in_size(shards):
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    net[0].unused = nn.Parameter(ag.zeros((2,)))
    expected = loss_of(net)(X, Y)
    expected.backward()
    gradients = [parameter.grad.numpy() for parameter in net.parameters() if parameter.grad is not None]
    value = DataParallel(shards).backward(net, loss_of(net), X, Y)
    assert value == pytest.approx(expected.item(), rel=1e-6)
    found = [parameter.grad for parameter in net.parameters()]
    assert [gradient is None for gradient in found] == [False, False, True, False, False]
    for gradient, whole in zip([gradient for gradient in found if gradient is not None], gradients, strict=True):
        np.testing.assert_allclose(gradient.numpy(), whole, rtol=1e-4, atol=1e-7)


def test_gradients_of_a_step_before_stay_what_they_were_and_frozen_parameters_have_none():
    net = nn.Linear(3, 1)
    parallel = DataParallel(4)
    parallel.backward(net, loss_of(net), X, Y)
    first = net.weight.grad
    numbers = first.numpy().copy()
    net.bias.requires_grad = False
    parallel.backward(net, loss_of(net), -X, Y)
    np.testing.assert_array_equal(first.numpy(), numbers)
    assert net.bias.grad is None or not net.bias.requires_grad
    assert not np.array_equal(net.weight.grad.numpy(), numbers)


def test_running_moments_move_by_the_mean_of_the_shards_and_a_count_by_one():
    net = nn.BatchNorm1d(3)
    net.register_buffer("constant", ag.tensor([0.1, 0.2]))
    DataParallel(4).backward(net, lambda x: net(ag.tensor(x)).sum() * 0.0, X)
    parts = [X[slice(*bounds)] for bounds in shard_bounds(len(X), 4)]
    mean = sum(len(part) / len(X) * part.mean(0) for part in parts)
    var = sum(len(part) / len(X) * part.var(0, ddof=1) for part in parts)
    np.testing.assert_allclose(net.running_mean.numpy(), 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(net.running_var.numpy(), 0.9 + 0.1 * var, rtol=1e-5)
    assert net.num_batches_tracked.numpy() == 1
    np.testing.assert_array_equal(net.constant.numpy(), np.array([0.1, 0.2], np.float32))


def test_each_shard_draws_anew_and_the_seed_decides():
    drawn = []

    def loss(x):
        drawn.append(float(ag.default_generator().random()))
        return net(ag.tensor(x)).sum()

    net = nn.Linear(3, 1)
    for _ in range(2):
        ag.manual_seed(5)
        DataParallel(4).backward(net, loss, X)
    assert drawn[:4] == drawn[4:]
    assert len(set(drawn)) == 4


def test_what_a_checkpoint_or_a_penalty_computes_is_in_the_gradients():
    """A hook of a leaf is called more than once there."""
    net = nn.Linear(3, 1)
    inner = ag.checkpoint(lambda x: ag.tanh(net(x)))
    loss = lambda x, y: nn.functions.mse_loss(inner(ag.tensor(x)), y) + (net.weight**2).sum()  # noqa: E731
    loss(X, Y).backward()
    expected = net.weight.grad.numpy()
    DataParallel(2).backward(net, loss, X, Y)
    np.testing.assert_allclose(net.weight.grad.numpy(), expected, rtol=1e-5)
    net.weight.grad = None
    loss(X[:14], Y[:14]).backward()  # the first shard, which two processes have
    expected = 2 * 14 / 27 * net.weight.grad.numpy()
    parallel = DataParallel(2, communicator=Echo(str))
    for _ in range(2):
        parallel.backward(net, loss, X, Y)
        np.testing.assert_allclose(net.weight.grad.numpy(), expected, rtol=1e-5)
    parallel = DataParallel(2, bucket_bytes=1, communicator=Echo(str))
    parallel.backward(net, loss_of(net), X, Y)
    with pytest.raises(ParallelError, match=r"came in parts, .* though not in the first step; .*overlap=False"):
        parallel.backward(net, loss, X, Y)


def test_a_loss_that_is_no_number_leaves_no_gradients_and_no_moments():
    net = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1))
    x = X.copy()
    x[-1] = np.nan
    with pytest.raises(DivergenceError, match=r"the loss of shard 4 of 4 is no finite number"):
        DataParallel(4).backward(net, loss_of(net), x, Y)
    assert all(parameter.grad is None for parameter in net.parameters())
    np.testing.assert_array_equal(net[0].running_mean.numpy(), np.zeros(3))
    trainer = Trainer(net, nn.functions.mse_loss, optim.SGD(net.parameters(), lr=0.1), parallel=DataParallel(4))
    with pytest.raises(DivergenceError, match=r"training diverged: the loss of shard . of 4 .* in epoch 1, mini-batch"):
        trainer.fit((x, Y), epochs=1, batch_size=8)


@pytest.mark.parametrize("length", [1, 2, 3, 9, 15, 16, 17, 100])
def test_shards_are_all_of_the_mini_batch_in_order_and_none_has_one_example(length):
    bounds = shard_bounds(length, 8)
    assert len(bounds) == 8
    assert [i for begin, end in bounds for i in range(begin, end)] == list(range(length))
    sizes = [end - begin for begin, end in bounds if end > begin]
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) > 1 or length == 1


def test_batches_are_made_shard_by_shard_as_they_would_be_cut_but_for_augmentation():
    batches = Batches(X, Y, batch_size=12, seed=3, epoch=2)
    for whole, mine in zip(batches, batches.in_shards(4, range(1, 3)), strict=True):
        expected = cut(whole, 4, range(1, 3))
        assert mine.examples == expected.examples == len(whole[0])
        for part, other in zip(mine.parts, expected.parts, strict=True):
            assert (part is None) == (other is None)
            for array, same in zip(part or (), other or (), strict=True):
                np.testing.assert_array_equal(array, same)
    drawn = [
        [None if part is None else part[0] for part in shards.parts]
        for own in (range(4), range(2, 4))
        for shards in Batches(X, batch_size=27, seed=0, augment=lambda x, generator: generator.random(2)).in_shards(
            4, own
        )
    ]
    np.testing.assert_array_equal(drawn[0][2:], drawn[1])
    assert len(np.unique(drawn[0])) == 8


def test_evaluation_by_turns_is_that_of_one_process():
    net = nn.Linear(3, 1)
    named = {"batch_size": 4}
    alone = evaluate(net, nn.functions.mse_loss, (X, Y), ["squared_error"], **named)
    assert evaluate(net, nn.functions.mse_loss, (X, Y), ["squared_error"], parallel=DataParallel(2), **named) == alone


def test_what_cannot_be_shared_is_refused_and_said():
    with pytest.raises(ArgumentError, match="shards must be a power of two up to 16384, got 6"):
        DataParallel(6)
    with pytest.raises(ArgumentError, match="timeout is a number of seconds above 0"):
        DataParallel(timeout=0)
    with pytest.raises(ParallelError, match=r"4 processes are wanted, but there is one; start .* by mpirun -n 4"):
        DataParallel(processes=4)
    for size, shards in ((3, 8), (8, 4)):
        with pytest.raises(ParallelError, match=f"{shards} shards can be computed by .* but there are {size}; start"):
            DataParallel(shards, communicator=OneOf(size))
    with pytest.raises(DataError, match="arrays with one length along their first axis, got ndarray of 27, dict"):
        cut((X, {"y": Y}), 4, range(4))
    net = nn.Linear(3, 1)
    trainer = Trainer(net, nn.functions.mse_loss, optim.SGD(net.parameters(), lr=0.1), parallel=DataParallel(8))
    with pytest.raises(ArgumentError, match=r"8 shards of at least 2 examples make no mini-batches of 12; give .*=16"):
        trainer.fit((X, Y), epochs=1, batch_size=12)


def trainer_of(net, **options):
    return Trainer(net, nn.functions.mse_loss, optim.SGD(net.parameters(), lr=0.1), **options)


def test_buckets_leave_while_the_backward_pass_goes_on():
    """From the second step on, when it is known that a parameter's gradient comes all at once."""
    events = []
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for index, layer in ((0, "first"), (2, "last")):
        net[index].weight.register_hook(lambda gradient, layer=layer: events.append(layer))
    for overlap in (True, False):
        parallel = DataParallel(2, bucket_bytes=1, overlap=overlap, communicator=Echo(events.append))
        for step in range(2):
            events.clear()
            parallel.backward(net, loss_of(net), X, Y)
            assert [event for event in events if "bucket" not in event] == ["last", "first"]
            assert sum("bucket" in event for event in events) == 2 * 4
            assert ("bucket" in events[1]) == (overlap and step == 1)


def test_an_own_loop_starts_from_the_weights_of_the_first_process():
    net, first = nn.BatchNorm1d(2), [np.full(2, number, np.float32) for number in (1, 2, 3, 4)] + [np.array(7)]
    said = []
    for (name, tensor), array in zip([*net.named_parameters(), *net.named_buffers()], first, strict=True):
        kind = {"name": name, "shape": tensor.shape, "dtype": str(tensor.dtype)}
        said += [json.dumps(kind).encode(), array.astype(tensor.dtype).tobytes()]
    DataParallel(2, communicator=OneOf(2, 1, said)).share_weights(net)
    for tensor, array in zip([*net.parameters(), *net.buffers()], first, strict=True):
        np.testing.assert_array_equal(tensor.numpy(), array)
    with pytest.raises(ParallelError, match=r"the model's tensor has shape \[2\] in process 1 and \[3\] in process 0"):
        DataParallel(2, communicator=OneOf(2, 1, [said[0].replace(b"[2]", b"[3]")])).share_weights(net)


def test_a_process_that_does_something_else_is_told_what():
    small, large = (trainer_of(nn.Linear(3, size), parallel=DataParallel(2)) for size in (1, 2))
    settings = {"epochs": 1, "batch_size": 8, "seed": 0, "accumulate": 1, "mini-batches": 4, "shards": 2, "metrics": []}
    settings |= {"data": digest_of((X, Y)), "loss": name_of(small.loss)}
    settings |= dict.fromkeys(("schedule", "clip", "average"), "NoneType")

    def fit_after(*first):
        small.parallel = DataParallel(2, communicator=OneOf(2, 1, first))
        small.fit((X, Y), epochs=1, batch_size=8)

    with pytest.raises(ParallelError, match="the training has epochs 1 in process 1 and 7 in process 0"):
        fit_after(json.dumps(settings | {"epochs": 7}).encode())
    with pytest.raises(ParallelError, match=r"the training has data '.*' in process 1 and '.*' in"):
        fit_after(json.dumps(settings | {"data": digest_of((X, Y + 1.0))}).encode())
    with pytest.raises(ParallelError, match="has schedule 'NoneType' in process 1 and 'StepLR' in"):
        fit_after(json.dumps(settings | {"schedule": "StepLR"}).encode())
    state = Checkpoint(large.state_dict(), {}).to_bytes()
    with pytest.raises(ParallelError, match=r"process 1 cannot go on from the state of process 0: .*model: .*weight"):
        fit_after(json.dumps(settings).encode(), state)


def test_a_model_of_other_parameters_in_another_process_is_refused():
    class Other(OneOf):
        def gather(self, array):
            """Process 0 has one parameter of the same kinds, or with `more` one more."""
            other = array + 1 if array.dtype.kind == "i" and (array[0] != 2 or self.more) else array
            return Arrived(np.stack([other, array]))

    net = nn.Linear(3, 1)
    for more, says in ((True, r"parameters are \[3, 2\] in the processes 0, 1"), (False, "other shapes or dtypes")):
        one = Other(2, 1)
        one.more = more
        with pytest.raises(ParallelError, match=says):
            DataParallel(2, communicator=one).backward(net, loss_of(net), X, Y)


def test_a_process_of_mpirun_without_its_mpi_says_what_is_missing(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "4")
    monkeypatch.setitem(__import__("sys").modules, "mpi4py", None)
    with pytest.raises(ParallelError, match=r"one of 4 processes, but mpi4py cannot be used .*autograd-core\[mpi\]"):
        DataParallel()
