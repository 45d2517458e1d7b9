import gzip
import struct

import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.data import read_idx, write_idx
from nn.data.idx import decode_idx, encode_idx, gunzip
from nn.errors import DataError, OutputError

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)

idx_arrays = arrays_of.arrays(
    dtype=st.sampled_from([np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]),
    shape=arrays_of.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5),
)


def test_bytes_are_those_of_the_format():
    assert encode_idx(np.array([[1, 2]], np.int16)) == bytes.fromhex("00000b02 00000001 00000002 0001 0002")


@given(idx_arrays)
def test_array_survives_encoding_and_decoding(array):
    decoded = decode_idx(encode_idx(array), "here")
    assert decoded.dtype == array.dtype
    assert decoded.dtype.isnative
    np.testing.assert_array_equal(decoded, array)


@given(idx_arrays, st.data())
def test_every_truncation_is_refused(array, data):
    whole = encode_idx(array)
    kept = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DataError):
        decode_idx(whole[:kept], "here")


@given(st.binary(max_size=64))
def test_no_bytes_raise_anything_but_a_data_error(data):
    try:
        decoded = decode_idx(data, "here")
    except DataError:
        return
    assert encode_idx(decoded) == data or decoded.dtype.kind == "f"  # a NaN need not keep its bits


@pytest.mark.parametrize("array", [IMAGES[:, ::2, ::-1], IMAGES.T, IMAGES.astype(">i4")])
def test_strides_and_byte_order_of_the_array_do_not_matter(array):
    np.testing.assert_array_equal(decode_idx(encode_idx(array), "here"), array)


@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_file_is_read_back_plain_or_gzipped(tmp_path, name):
    write_idx(tmp_path / name, IMAGES)
    np.testing.assert_array_equal(read_idx(tmp_path / name), IMAGES)
    assert (tmp_path / name).read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")


def test_where_it_cannot_be_written_the_directory_is_named(tmp_path):
    write_idx(tmp_path / "new" / "images", IMAGES)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["images"]
    with pytest.raises(
        OutputError, match=r"cannot write .*: the directory .*images/under cannot be made: Not a direct"
    ):
        write_idx(tmp_path / "new" / "images" / "under" / "labels", IMAGES)


def test_gzip_is_known_by_content_not_by_name(tmp_path):
    (tmp_path / "images").write_bytes(gzip.compress(encode_idx(IMAGES)))
    np.testing.assert_array_equal(read_idx(tmp_path / "images"), IMAGES)


def test_decoded_array_may_be_changed():
    decoded = decode_idx(encode_idx(IMAGES), "here")
    decoded[0, 0, 0] = 9
    assert decoded[0, 0, 0] == 9


def test_missing_file_is_named(tmp_path, refuses):
    with refuses("absent", "No such file"):
        read_idx(tmp_path / "absent")


@pytest.mark.parametrize("magic", [b"\x89PNG", b"\x00\x01\x08\x03", b"\x00\x00\x07\x03", b"\x00\x00\x08\x00"])
def test_wrong_magic_is_shown(magic, refuses):
    with refuses("here is no IDX file", magic.hex()):
        decode_idx(magic + bytes(60), "here")


def test_truncated_and_overlong_files_are_told_apart(refuses):
    whole = encode_idx(IMAGES)
    with refuses("truncated", "promises 40 bytes", "found 39"):
        decode_idx(whole[:-1], "here")
    with refuses("trailing bytes", "promises 40 bytes", "found 41"):
        decode_idx(whole + b"\0", "here")
    with refuses("truncated", "inside its 16-byte header"):
        decode_idx(whole[:10], "here")
    with refuses("ends after 0 bytes"):
        decode_idx(b"", "here")


def test_header_that_claims_more_than_any_memory_is_refused_without_allocating(refuses):
    with refuses("truncated"):
        decode_idx(struct.pack(">HBB255I", 0, 0x08, 255, *[2**32 - 1] * 255), "here")


def test_cut_off_gzip_file_is_refused(tmp_path, refuses):
    (tmp_path / "images.gz").write_bytes(gzip.compress(encode_idx(IMAGES))[:-9])
    with refuses("images.gz is truncated", "gzip"):
        read_idx(tmp_path / "images.gz")


@pytest.mark.parametrize("place", [3, 12, -8], ids=["flags", "deflate stream", "checksum"])
def test_damaged_gzip_file_is_refused(tmp_path, place, refuses):
    data = bytearray(gzip.compress(encode_idx(IMAGES)))
    data[place] ^= 0xFF
    (tmp_path / "images.gz").write_bytes(data)
    with refuses("images.gz is"):
        read_idx(tmp_path / "images.gz")


def test_gunzip_stops_just_past_its_limit():
    assert len(gunzip(gzip.compress(bytes(10**6)), "here", limit=100)) == 101
    assert gunzip(gzip.compress(b"all"), "here", limit=100) == b"all"


def test_what_idx_cannot_hold_is_refused(refuses):
    with refuses("int64"):
        encode_idx(np.zeros(3, np.int64))
    with refuses("scalar"):
        encode_idx(np.array(3, np.uint8))
