import itertools

import numpy as np
import pytest

import nn
import optim
from nn.data import StreamedBatches
from nn.training import Trainer


def numbers(batches):
    return [batch[0].tolist() for batch in batches]


def test_examples_come_in_order_and_the_rest_last_or_not_at_all():
    assert numbers(StreamedBatches(range(5), batch_size=2)) == [[0, 1], [2, 3], [4]]
    assert numbers(StreamedBatches(range(5), batch_size=2, drop_last=True)) == [[0, 1], [2, 3]]
    assert numbers(StreamedBatches([], batch_size=2)) == []


def test_no_more_is_asked_for_than_a_batch_needs():
    asked = []
    endless = (asked.append(i) or i for i in itertools.count())
    batches = iter(StreamedBatches(endless, batch_size=3))
    assert next(batches)[0].tolist() == [0, 1, 2]
    assert asked == [0, 1, 2]


def test_a_buffer_shuffles_as_far_as_it_reaches_by_seed_and_epoch_alone():
    def order(**settings):
        return [n for batch in numbers(StreamedBatches(range(200), batch_size=7, **settings)) for n in batch]

    drawn = order(shuffle_buffer=10)
    assert sorted(drawn) == list(range(200))
    assert drawn != list(range(200))
    assert all(n - place < 10 for place, n in enumerate(drawn))
    assert drawn == order(shuffle_buffer=10)
    assert drawn != order(shuffle_buffer=10, seed=1)
    assert drawn != order(shuffle_buffer=10, epoch=1)


def test_dictionaries_and_a_function_of_ones_own_make_batches():
    (batch,) = StreamedBatches(({"x": i} for i in range(3)), batch_size=3)
    assert batch["x"].tolist() == [0, 1, 2]
    assert list(StreamedBatches("abc", batch_size=2, collate="".join)) == ["ab", "c"]


def test_an_iterator_is_not_taken_for_an_empty_epoch_the_second_time(refuses):
    batches = StreamedBatches(iter([1, 2]), batch_size=2)
    assert numbers(batches) == [[1, 2]]
    with refuses("an iterator gives its examples once; pass a list, or a function of the epoch"):
        list(batches)


def test_what_gives_no_examples_is_refused(refuses):
    with refuses("expected an iterable of examples, or a function of the epoch that returns one, got a int"):
        StreamedBatches(3, batch_size=2)
    with refuses("shuffle_buffer is 0"):
        StreamedBatches([1], batch_size=2, shuffle_buffer=0)


@pytest.mark.parametrize("buffer", [1, 4])
def test_a_trainer_learns_from_a_stream(buffer):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((40, 3)).astype(np.float32)
    seen = []

    def read(epoch):
        seen.append(epoch)
        return ((row, row[:1] * 2) for row in rows)

    def batches(epoch, start):
        streamed = StreamedBatches(read, batch_size=10, epoch=epoch, shuffle_buffer=buffer)
        return itertools.islice(streamed, start, None)

    model = nn.Linear(3, 1)
    trainer = Trainer(model, nn.MSELoss(), optim.Adam(model.parameters(), lr=0.1))
    trainer.fit(batches, epochs=12)
    assert seen == list(range(12))
    assert np.mean((model(rows).numpy()[:, 0] - 2 * rows[:, 0]) ** 2) < 0.1
