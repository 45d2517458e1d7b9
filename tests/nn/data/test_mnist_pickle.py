import os
import pickle

import numpy as np
import pytest

from nn.data.idx import decode_idx
from nn.data.labelled_images import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, make_splits
from nn.data.mnist_pickle import idx_files_from_pickle

# With protocol 5 numpy pickles a call of `frombuffer` instead, which this pickle from 2013 has no need of.
ARRAY_PROTOCOLS = range(5)


def pair(splits_part):
    images = splits_part.images.reshape(-1, 784) / np.float32(256)
    return images, splits_part.labels.astype(np.int64)


@pytest.fixture
def pairs(sample_contents):
    return tuple(
        pair(part) for part in make_splits({n: decode_idx(d, n) for n, d in sample_contents.items()}, called="")
    )


@pytest.mark.parametrize("protocol", ARRAY_PROTOCOLS)
def test_idx_files_come_back_byte_for_byte(pairs, sample_contents, protocol):
    assert idx_files_from_pickle(pickle.dumps(pairs, protocol)) == sample_contents


def python2_pickle(array):
    """`array` as Python 2 and its numpy pickled it: bytes as str, integers for flags, the module's old name."""
    shape = b"".join(b"I%d\n" % side for side in array.shape)
    data = array.tobytes()
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(" + shape + b"t"
        b"cnumpy\ndtype\n(S'" + array.dtype.str[1:].encode() + b"'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
        b"I00\nT" + len(data).to_bytes(4, "little") + data + b"tb"
    )


def test_pickle_written_by_python_2_is_read(pairs, sample_contents):
    tuples = [b"(" + python2_pickle(images) + python2_pickle(labels) + b"t" for images, labels in pairs]
    assert idx_files_from_pickle(b"(" + b"".join(tuples) + b"t.") == sample_contents


class CallOnLoad:
    """Pickles to a call of `function`, which a careless reader makes."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", ARRAY_PROTOCOLS)
def test_pickle_that_calls_a_function_is_refused_and_not_obeyed(pairs, tmp_path, protocol, refuses):
    marker = tmp_path / "obeyed"
    hostile = pickle.dumps((pairs[0], pairs[1], CallOnLoad(os.mkdir, str(marker))), protocol)
    with refuses("mkdir", "refused"):
        idx_files_from_pickle(hostile)
    assert not marker.exists()


@pytest.mark.parametrize("function", [eval, getattr, np.load, np.fromfile, np.frombuffer, pickle.loads])
def test_no_function_is_admitted_for_being_builtin_or_numpys(function, refuses):
    with refuses(function.__name__, "refused"):
        idx_files_from_pickle(pickle.dumps(CallOnLoad(function, "x")))


def test_attribute_of_an_admitted_class_is_refused(refuses):
    with refuses("ndarray.tofile", "refused"):
        idx_files_from_pickle(b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.")


@pytest.mark.parametrize("data", [b"", b"garbage", pickle.dumps(3), pickle.dumps((1, 2, 3)), pickle.dumps([[]] * 3)])
def test_other_pickles_are_refused(data, refuses):
    with refuses("not MNIST's pickle"):
        idx_files_from_pickle(data)


def test_cut_off_pickle_is_refused(pairs, refuses):
    with refuses("not MNIST's pickle"):
        idx_files_from_pickle(pickle.dumps(pairs, ARRAY_PROTOCOLS[-1])[:-1000])


@pytest.mark.parametrize("value", [0.5 / 256, 1.0, -1 / 256, np.nan, np.inf])
def test_pixel_that_no_byte_stands_for_is_refused(pairs, value, refuses):
    pairs[1][0][3, 4] = value
    with refuses("multiple of 1/256"):
        idx_files_from_pickle(pickle.dumps(pairs, ARRAY_PROTOCOLS[-1]))


@pytest.mark.parametrize("label", [-1, 256])
def test_label_that_no_byte_holds_is_refused(pairs, label, refuses):
    pairs[2][1][0] = label
    with refuses("labels"):
        idx_files_from_pickle(pickle.dumps(pairs, ARRAY_PROTOCOLS[-1]))


def test_names_and_order_of_the_files(pairs):
    files = idx_files_from_pickle(pickle.dumps(pairs, ARRAY_PROTOCOLS[-1]))
    assert list(files) == [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS]
