import numpy as np

from nn.data.random_streams import batch_generator, shuffled_order, split_order


def test_order_is_the_same_on_every_machine():
    # Pinned: an order that changes would make a checkpoint resume differently.
    assert shuffled_order(10, seed=0, epoch=0).tolist() == [1, 4, 5, 6, 8, 2, 0, 3, 9, 7]
    assert shuffled_order(10, seed=2**64 + 1, epoch=7).tolist() == [7, 2, 9, 5, 3, 0, 1, 8, 4, 6]


def test_order_favours_no_place():
    first = [shuffled_order(5, seed=0, epoch=epoch)[0] for epoch in range(2000)]
    counts = np.bincount(first, minlength=5)
    assert (abs(counts - 400) < 5 * np.sqrt(2000 * 0.2 * 0.8)).all()


def test_split_and_training_orders_have_nothing_in_common():
    split, trained = split_order(1000, seed=0), shuffled_order(1000, seed=0, epoch=0)
    assert sorted(split) == list(range(1000))
    assert abs(np.corrcoef(split, trained)[0, 1]) < 0.1


def test_each_batch_of_each_epoch_draws_from_a_stream_of_its_own():
    places = [(seed, epoch, batch) for seed in range(3) for epoch in range(3) for batch in range(3)]
    drawn = {batch_generator(seed=s, epoch=e, batch=b).bit_generator.random_raw() for s, e, b in places}
    assert len(drawn) == 27
    again = batch_generator(seed=2, epoch=1, batch=0), batch_generator(seed=2, epoch=1, batch=0)
    assert again[0].random(5).tolist() == again[1].random(5).tolist()
