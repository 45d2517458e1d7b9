"""What is on a picture."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import ArgumentError, Value, relu, sigmoid, tensor, where
from autograd_core.show import draw
from autograd_core.show.svg import GRADIENT, LOCAL, VALUE

NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts(drawing, colour=None):
    """The lines of text in a picture, from left to right; of one colour if asked."""
    found = ET.fromstring(str(drawing)).iter(NAMESPACE + "text")
    ordered = sorted(found, key=lambda element: float(element.get("x")))
    return ["".join(element.itertext()) for element in ordered if colour is None or element.get("fill") == colour]


def count(drawing, tag):
    return len(list(ET.fromstring(str(drawing)).iter(NAMESPACE + tag)))


@pytest.fixture
def product():
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    f = (x + y) * z
    f.backward()
    return f


def test_values_stand_above_and_gradients_below_the_wires(product):
    positions = {}
    for element in ET.fromstring(str(draw(product))).iter(NAMESPACE + "text"):
        if element.get("fill") in (VALUE, GRADIENT) and element.get("x"):
            positions.setdefault(float(element.get("x")), []).append((float(element.get("y")), element.text))
    wires = sorted(tuple(text for _, text in sorted(pairs)) for x, pairs in positions.items() if len(pairs) == 2)
    assert sorted(texts(draw(product), VALUE)) == ["-12", "-2", "-4", "3", "5"]
    assert sorted(texts(draw(product), GRADIENT)) == ["-4", "-4", "-4", "1", "3"]
    assert ("-12", "1") in wires


def test_leaves_show_labels_and_ops_symbols(product):
    shown = texts(draw(product))
    assert {"x", "y", "z", "+", "×"} <= set(shown)


def test_before_backward_there_is_nothing_below():
    drawing = draw(Value(2.0, "x") * 3.0)
    assert texts(drawing, GRADIENT) == []
    assert "gradient" not in str(drawing)


def test_constants_show_their_number_and_no_gradient():
    y = 0.5 * Value(3.0, "x")
    y.backward()
    assert texts(draw(y), VALUE) == ["3", "1.5"]
    assert texts(draw(y), GRADIENT) == ["0.5", "1"]
    assert "0.5" in texts(draw(y))


def test_numbers_without_any_label_show_their_gradients():
    y = Value(2.0) * Value(3.0)
    y.backward()
    assert sorted(texts(draw(y), GRADIENT)) == ["1", "2", "3"]


def test_a_constant_exponent_shows_no_gradient():
    y = (Value(-3.0) - 1) ** 2
    y.backward()
    assert texts(draw(y), GRADIENT) == ["-8", "-8", "1"]


def test_of_two_results_each_picture_shows_its_own_gradients():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    f, g = x * y, x * x
    for result in (f, g, f):
        result.backward()
    assert sorted(texts(draw(f), GRADIENT)) == ["1", "2", "3"]
    assert sorted(texts(draw(g), GRADIENT)) == ["1", "4"]
    assert texts(draw(x * 5.0), GRADIENT) == []


def test_label_of_an_inner_node_stands_on_its_wire():
    y = sigmoid(Value(0.0, "x"))
    y.label = "y"
    assert "y= 0.5" in texts(draw(y))


def test_square_has_two_arrows_from_one_branching_point():
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    assert count(draw(y), "circle") == 1
    assert str(draw(y)).count("l-9 -4v8z") == 2
    assert sorted(texts(draw(y), GRADIENT)) == ["1", "6"]


def runs(drawing):
    """The pieces of lines that have several, with what sets them apart."""
    return [(run.text, run.attrib) for run in ET.fromstring(str(drawing)).iter(NAMESPACE + "tspan")]


def test_labels_have_subscripts_and_accents():
    y = sigmoid(Value(0.0, r"\hat x_1"))
    y.label = "y_{12}"
    stem, subscript, name, below, value = runs(draw(y))[:5]
    assert (stem[0], subscript[0], name[0], below[0], value[0]) == ("x\u0302", "1", "y", "12", "= 0.5")
    assert float(subscript[1]["dy"]) > 0
    assert float(subscript[1]["font-size"]) < 19
    assert float(below[1]["dy"]) == -float(value[1]["dy"])  # and what follows stands on the line again


def test_local_gradients_stand_where_wires_come_in_if_asked_for():
    x, y = Value(-2.0, "x"), Value(5.0, "y")
    f = x * y + 0.5
    assert texts(f.show(), LOCAL) == []
    assert sorted(texts(f.show(local_gradients=True), LOCAL)[:3]) == ["-2", "1", "5"]  # not that of 0.5
    assert "local gradient where a wire comes in" in "".join(texts(f.show(local_gradients=True)))
    many = ag.vecdot([x, y], [y, x])
    assert sorted(texts(many.show(local_gradients=True), LOCAL)[:4]) == ["-2", "-2", "5", "5"]


def test_local_gradients_of_tensors_are_refused():
    with pytest.raises(ArgumentError, match="local gradients of Tensors are arrays"):
        draw(tensor([1.0], requires_grad=True) * 2.0, local_gradients=True)


def chain(length=12):
    x = Value(1.0, "x")
    for i in range(length):
        x = ag.tanh(x * Value(0.5, f"w_{i}"))
    return x


def test_a_narrow_picture_is_broken_into_bands_and_wires_go_on_below():
    whole, narrow = (ET.fromstring(str(chain().show(width=width))) for width in (None, 600))
    assert float(narrow.get("width")) <= 600 < float(whole.get("width"))
    assert float(narrow.get("width")) == float(narrow.get("viewBox").split()[2])  # nothing is made smaller
    numbers = [e.text for e in narrow.iter(NAMESPACE + "text") if e.get("font-size") == "10"]
    assert numbers
    assert sorted(numbers) == sorted(2 * [str(i + 1) for i in range(len(numbers) // 2)])
    assert [e.get("d") for e in whole.iter(NAMESPACE + "path")] == [
        e.get("d") for e in ET.fromstring(str(chain().show(width=10_000))).iter(NAMESPACE + "path")
    ]
    for element in narrow.iter(NAMESPACE + "text"):
        assert 0 < float(element.get("x")) < float(narrow.get("width"))
        assert 0 < float(element.get("y")) < float(narrow.get("height"))
    spots = [(e.get("x"), e.get("y")) for e in narrow.iter(NAMESPACE + "text")]
    assert len(set(spots)) == len(spots)


def test_what_cannot_be_broken_is_made_smaller():
    y = Value(1.0, "a label of 28 characters ...") * Value(2.0, "y")
    root = ET.fromstring(str(y.show(width=150)))
    _, _, wide, high = map(float, root.get("viewBox").split())
    assert float(root.get("width")) == 150 < wide
    assert float(root.get("height")) == pytest.approx(150 * high / wide, abs=1)


def test_leaf_alone_is_a_label_with_its_value():
    assert texts(draw(Value(3.0, "x"))) == ["x", "3"]
    assert texts(draw(Value(3.0))) == ["3"]


def test_labels_are_text_and_never_markup():
    label = "<script>alert('&')</script>]]>"
    shown = texts(draw(where(Value(1.0, label), Value(2.0, 'a"b'), Value(3.0, "\x00\n\ud800"))))
    assert label[:27] + "…" in shown
    assert 'a"b' in shown


def test_whole_label_and_op_appear_on_hovering():
    label = "a label of more than twenty-eight characters"
    drawing = str(draw(relu(Value(1.0, label))))
    assert f"<title>v1 = relu({label})</title>" in drawing


def test_picture_needs_nothing_from_outside_and_has_no_ids(product):
    text = str(draw(product))
    assert not re.search(r"href|url\(|<style|<script|\bid=", text)
    assert text.count("http") == 1  # the namespace


def test_everything_lies_within_the_frame(product):
    root = ET.fromstring(str(draw(product)))
    width, height = float(root.get("width")), float(root.get("height"))
    for path in root.iter(NAMESPACE + "path"):
        absolute = path.get("d").split("l")[0]
        for x, y in re.findall(r"([\d.]+) ([\d.]+)", absolute):
            assert 0 < float(x) < width
            assert 0 < float(y) < height


def test_tensors_show_shapes_or_the_few_numbers_that_they_have():
    x = tensor(np.ones((4, 3)))
    w = tensor(np.ones((3, 2)), dtype=np.float64, requires_grad=True, label="w")
    b = tensor([1.0, 2.0], requires_grad=True, label="b")
    loss = (x @ w + b).sum()
    loss.backward()
    assert {"const", "w", "@", "sum", "(3, 2)", "(4, 2)", "[1, 2]", "36"} <= set(texts(draw(loss)))
    assert sorted(texts(draw(loss), GRADIENT)) == ["[4, 4]", "norm 9.798"]
    assert "value, or its shape, above each wire, .grad below" in texts(draw(loss))


def test_many_numbers_of_a_tensor_are_summed_up_on_hovering():
    w = tensor(np.arange(-2.0, 14.0).reshape(8, 2), requires_grad=True, label="w")
    b = tensor([1.0, 2.0, 3.0, 0.0], requires_grad=True, label="b")
    loss = (w * w).sum() + (b * b).sum()
    loss.backward()
    summary = "value from -2 to 13, norm 28.71, 6% zeros; gradient from -4 to 26, norm 57.41, 6% zeros"
    assert f"<title>w float64\nshape (8, 2); {summary}</title>" in str(draw(loss))
    assert "shape (4,); value [1, 2, 3, 0], from 0 to 3, norm 3.742, 25% zeros; gradient [2," in str(draw(loss))


def test_a_histogram_stands_by_the_wire_of_many_numbers():
    numbers = np.repeat([-1.0, 0.0, 3.0], [1, 4, 15])
    w = tensor(numbers, requires_grad=True, label="w")
    loss = (w * 1.0).sum()
    loss.backward(retain_graph=True)
    root = ET.fromstring(str(draw(loss)))
    bars = [e for e in root.iter(NAMESPACE + "path") if e.get("fill") == VALUE]
    steps = [float(step) for step in re.findall(r"v(-?[\d.]+)", bars[0].get("d"))]
    assert len(steps) == 12  # 11 bars, and down again
    assert np.cumsum(steps)[[0, 2, 10, 11]].tolist() == pytest.approx([-1.0, -3.2, -12.0, 0.0], abs=0.1)
    assert {"-1", "3"} <= set(texts(draw(loss), VALUE))
    assert [e.get("fill") for e in root.iter(NAMESPACE + "path") if e.get("fill") == GRADIENT] == []  # all are 1


def test_gradients_of_inner_tensors_are_found_where_the_graph_is_still_there():
    w = tensor(np.linspace(-1.0, 1.0, 20), requires_grad=True, label="w")
    loss = (ag.tanh(w) ** 2).sum()
    assert texts(draw(loss), GRADIENT) == []
    loss.backward(retain_graph=True)
    assert len([text for text in texts(draw(loss), GRADIENT) if text.startswith("norm")]) == 3
    assert any(", gradient below" in text for text in texts(draw(loss)))
    assert any("those of the sum of the result's entries" in text for text in texts(draw(ag.tanh(w) ** 2)))
    assert not any("those of the sum" in text for text in texts(draw(loss)))
    loss.backward()
    assert len([text for text in texts(draw(loss), GRADIENT) if text.startswith("norm")]) == 1
    assert any(".grad below" in text for text in texts(draw(loss)))


def test_hundreds_of_nodes_are_drawn_without_text_on_text():
    layer = [Value(0.1 * i, f"x{i}") for i in range(12)]
    for _ in range(4):
        layer = [sigmoid(sum((0.3 * a for a in layer[i : i + 4]), start=Value(0.1))) for i in range(len(layer) - 2)]
    result = sum(layer[1:], start=layer[0])
    result.backward()
    root = ET.fromstring(str(draw(result)))
    spots = [(e.get("x"), e.get("y")) for e in root.iter(NAMESPACE + "text")]
    assert len(spots) > 500
    assert len(set(spots)) == len(spots)


def test_larger_graphs_than_can_be_folded_say_what_was_left_out():
    x = y = Value(1.0, "x")
    for _ in range(200):
        y = ag.sin(y) * x
    drawing = draw(y, limit=50)
    assert "nearest to the result, of 401 nodes" in str(drawing)
    assert "…" in texts(drawing)


def test_same_graph_gives_the_same_picture(product):
    assert str(draw(product)) == str(draw(product))


def test_a_picture_of_values_that_were_changed_since_says_so():
    x = Value(2.0, "x")
    f = x * x
    assert not any("do not belong together" in text for text in texts(draw(f)))
    x.data = 10.0
    assert any("; values do not belong together: an input was given another one after v1" in t for t in texts(draw(f)))
