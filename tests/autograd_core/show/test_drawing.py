"""A drawing in the hands of its caller."""

import os
import re
import subprocess
import sys
import weakref
import xml.etree.ElementTree as ET

import numpy as np
import PIL.Image
import pytest

import autograd_core as ag
from autograd_core import ArgumentError, Value, tensor
from autograd_core.show import MissingLibraryError, draw


@pytest.fixture
def drawing():
    return draw(Value(2.0, "x") * 3.0)


def test_notebooks_get_the_svg_text(drawing):
    assert drawing._repr_svg_() == str(drawing)
    assert str(drawing).startswith("<svg ")


def test_values_and_tensors_show_themselves():
    assert str((Value(2.0, "x") * 3.0).show()).startswith("<svg ")
    assert str((tensor([2.0], requires_grad=True) * 3.0).show()).startswith("<svg ")


def test_saved_file_is_the_text_and_nothing_else_is_left(drawing, tmp_path):
    drawing.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == str(drawing)
    assert [path.name for path in tmp_path.iterdir()] == ["graph.svg"]


def test_saving_through_a_link_keeps_the_link(drawing, tmp_path):
    (tmp_path / "real.svg").write_text("old")
    (tmp_path / "link.svg").symlink_to(tmp_path / "real.svg")
    drawing.save(tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_text(encoding="utf-8") == str(drawing)


def test_a_loop_of_links_is_refused_and_stays(drawing, tmp_path):
    loop = tmp_path / "loop.svg"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links"):
        drawing.save(loop)
    assert loop.is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_saving_over_a_file_keeps_its_permissions(drawing, tmp_path, mode):
    target = tmp_path / "graph.svg"
    target.touch()
    target.chmod(mode)
    drawing.save(target)
    assert target.stat().st_mode & 0o777 == mode
    assert target.read_text(encoding="utf-8") == str(drawing)


def test_failed_save_leaves_the_old_file(drawing, tmp_path, monkeypatch):
    target = tmp_path / "graph.svg"
    target.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        drawing.save(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["graph.svg"]


def test_saving_where_there_is_no_folder_names_it(drawing, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(FileNotFoundError, match=f"there is no folder '{folder}'; make it first"):
            drawing.save(folder / "graph.svg")


@pytest.mark.parametrize("name", ["a.jpeg", "a.PDF", "a.svg.gz", "a.2"])
def test_a_file_that_would_not_be_what_it_is_called_is_refused(drawing, tmp_path, name):
    with pytest.raises(ArgumentError, match=r"written as \.svg, .* got '.*" + name + "'; save it as 'a.*svg'"):
        drawing.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.svg", "a.SVG", "a"])
def test_names_that_are_true(drawing, tmp_path, name):
    drawing.save(str(tmp_path / name))
    assert (tmp_path / name).read_text(encoding="utf-8") == str(drawing)


def test_saving_to_a_device_does_not_replace_it(drawing):
    drawing.save(os.devnull)
    assert not os.path.isfile(os.devnull)


def test_importing_the_engine_and_explaining_need_no_igraph():
    code = (
        "import sys; sys.modules['igraph'] = None\n"
        "from autograd_core import Value\nfrom autograd_core.show import explain\n"
        "explain(Value(1.0, 'x') * 2.0)\nprint('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_drawing_keeps_no_graph():
    w = tensor([2.0], requires_grad=True)
    y = w * w
    node = weakref.ref(y.node)
    kept = y.show(), y.step()
    del y
    assert node() is None
    assert len(kept) == 2


def test_a_limit_is_for_show_too():
    x = Value(1.0, "x")
    for _ in range(50):
        x = x * 2.0
    assert "101 nodes; those of one op at one level are one" in str(x.show(limit=10))
    assert "those of" not in str(x.show())


def test_png_has_the_picture_at_twice_its_size(drawing, tmp_path):
    drawing.save(tmp_path / "a.png")
    svg = ET.fromstring(str(drawing))
    with PIL.Image.open(tmp_path / "a.png") as image:
        assert image.format == "PNG"
        assert image.size == tuple(pytest.approx(2 * float(svg.get(name)), abs=2) for name in ("width", "height"))
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20)}
    assert {(255, 255, 255), (234, 241, 251), (17, 99, 41)} <= colours  # background, node, value


def test_png_without_matplotlib_says_what_to_do(drawing, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingLibraryError, match=r"autograd-core\[plot\]"):
        drawing.save(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_png_that_would_be_too_large_is_refused(tmp_path):
    x = Value(1.0)
    for _ in range(150):
        x = ag.sin(x)
    with pytest.raises(ArgumentError, match=r"a \.png of \d+ x \d+ pixels is too large .* within a width"):
        x.show().save(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def hostile():
    f = Value(2.0, '"</script>]]> & [x]') * Value(3.0, "y\\")
    f.label = "f"
    f.backward()
    return draw(f)


@pytest.mark.parametrize("name", ["a.dot", "a.gv"])
def test_graphviz_text(hostile, tmp_path, name):
    hostile.save(tmp_path / name)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.startswith("digraph {")
    assert text.endswith("  n0 -> n2\n  n1 -> n2\n}\n")
    assert "&quot;&lt;/script&gt;]]&gt; &amp; [x]" in text
    assert '<FONT COLOR="#116329">f = 6</FONT>' in text
    assert '<FONT COLOR="#c9252d">gradient 3</FONT>' in text
    for label in re.findall("label=<(.*)>]", text):
        ET.fromstring(label)


@pytest.mark.parametrize("name", ["a.mmd", "a.mermaid"])
def test_mermaid_text(hostile, tmp_path, name):
    hostile.save(tmp_path / name)
    lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "flowchart LR"
    assert lines[-2:] == ["  n0 --> n2", "  n1 --> n2"]
    assert lines[1:4] == [
        '  n0["#34;#60;#47;script#62;#93;#93;#62; #38; #91;x#93;<br>2<br>gradient 3"]',
        '  n1["y#92;<br>3<br>gradient 2"]',
        '  n2(["×<br>f = 6<br>gradient 1"])',
    ]


def test_a_page_to_pan_and_zoom(hostile, tmp_path, browser):
    hostile.save(tmp_path / "a.html")
    browser.open(tmp_path / "a.html", dark=True)
    width = "document.querySelector('#picture svg').getBoundingClientRect().width"
    before = browser.run(width)
    browser.click("#larger")
    assert browser.run(width) == pytest.approx(1.25 * before, abs=1)
    browser.click("#whole")
    assert browser.run(width) <= browser.run("innerWidth")
    assert browser.run("getComputedStyle(document.querySelector('#picture text')).fill") == "rgb(230, 237, 243)"
    assert (browser.errors, len(browser.requests)) == ([], 1)


@pytest.fixture
def blocks():
    """A graph with a box in a box."""
    w, v = (tensor(np.linspace(-1.0, 1.0, 16).reshape(4, 4), requires_grad=True) for _ in range(2))
    loss = ag.tanh(tensor(np.ones((3, 4))) @ w @ v).sum()
    loss.label = "<loss>"
    loss.backward(retain_graph=True)
    return loss.show(module={"net.first.w": w, "net.second.v": v})


@pytest.mark.parametrize("dark", [False, True])
def test_boxes_of_a_page_open_by_clicks_and_keys(blocks, tmp_path, browser, dark):
    blocks.save(tmp_path / "a.html")
    browser.open(tmp_path / "a.html", dark=dark)
    titles = "[...document.querySelectorAll('#picture .title, #picture text')].map((e) => e.textContent)"
    trail = lambda: browser.run("document.getElementById('trail').innerText").split("\n")  # noqa: E731
    assert {"net", "tanh", "sum"} <= set(browser.run(titles))
    assert not browser.run("document.getElementById('trail').checkVisibility()")
    browser.click("#picture [data-opens] rect:last-of-type")
    assert {"net.first", "net.second"} <= set(browser.run(titles))
    assert "".join(trail()) == "Whole graph›Inside net"
    browser.run("document.querySelector('#picture [data-opens]').focus()")
    assert "A click, or Enter, opens it." in browser.run("document.getElementById('about').textContent")
    browser.press("Enter")
    assert {"net.first.w", "@"} <= set(browser.run(titles))
    browser.click("#picture g:has(rect) > text")
    assert "v1 = matmul(const, net.first.w) float64" in browser.run("document.getElementById('about').textContent")
    browser.press("Escape")
    assert browser.run("document.activeElement.dataset.opens") == "2"  # where one was
    browser.click("#trail button")
    assert {"net", "tanh"} <= set(browser.run(titles))
    assert (browser.errors, len(browser.requests)) == ([], 1)


def test_a_page_with_boxes_fits_a_phone(blocks, tmp_path, browser):
    blocks.save(tmp_path / "a.html")
    browser.open(tmp_path / "a.html", width=360, height=640, touch=True)
    assert browser.run("document.documentElement.scrollWidth") <= 360
    browser.click("#picture [data-opens] rect:last-of-type")
    assert browser.run("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(("name", "box"), [("a.dot", ">net<"), ("a.mmd", '"net<br>')])
def test_boxes_are_in_other_languages_too(blocks, tmp_path, name, box):
    blocks.save(tmp_path / name)
    assert box in (tmp_path / name).read_text(encoding="utf-8")


def test_png_of_a_narrow_picture_has_its_size(tmp_path):
    drawing = (Value(1.0, "a long label, so that it") * Value(2.0, "y_1")).show(width=120)
    drawing.save(tmp_path / "a.png")
    with PIL.Image.open(tmp_path / "a.png") as image:
        assert image.width == pytest.approx(240, abs=2)
