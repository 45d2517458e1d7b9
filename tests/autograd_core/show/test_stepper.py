"""The page that steps through a graph, clicked through in a browser, with the engine's numbers."""

import html
import json
import math
import re

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, Value, elementwise, tensor
from autograd_core.show import step
from autograd_core.show.summaries import number_text


def deck_d(x=-2.0, y=5.0, z=-4.0):
    x, y, z = Value(x, "x"), Value(y, "y"), Value(z, "z")
    q = x + y
    q.label = "q"
    return q * z


def deck_c(x=2.0, y=3.0, z=2.0):
    x, y, z = Value(x, "x"), Value(y, "y"), Value(z, "z")
    w, n = x + y, y - z
    w.label, n.label = "W", "N"
    return w * n


def everything(x=0.3, y=-1.2, z=2.0):
    """A square, a constant, branches, functions, a choice, and a neuron."""
    x, y, z = Value(x, "x"), Value(y, "y"), Value(z, "z")
    neuron = ag.tanh(ag.vecdot([x, y], [y, z]) + 0.5)
    return ag.maximum(neuron, x * x) + ag.gelu(y) + 3.0 * z**2 / ag.exp(y) - ag.sigmoid(x - y) * ag.relu(z) ** x


def numbers(root):
    """Values and gradients by name, as the engine has them."""
    root.label = "f"
    nodes = ag.graph.topological_order(root)
    for node in nodes:
        node.grad = 0.0
    root.backward()
    return {node.label: (node.data, node.grad) for node in nodes if node.label}


@pytest.fixture
def opened(browser, tmp_path):
    """Shows a graph's page."""

    def show(root, **options):
        path = tmp_path / "steps.html"
        step(root).save(path)
        browser.open(path, **options)
        return browser

    yield show
    assert browser.errors == []
    assert [url.partition(":")[0] for url in browser.requests] == ["file"]  # nothing is asked of anybody


def said(browser):
    return browser.run("document.getElementById('step').innerText").split("\n")


def table(browser):
    rows = browser.run(
        "[...document.querySelectorAll('#nodes tbody tr')].map((row) => [row.cells[0].textContent,"
        "row.cells[2].dataset.number, row.cells[3].dataset.number])"
    )
    number = lambda text: float(text.replace("Infinity", "inf")) if text else None  # noqa: E731
    return {name: (number(value), number(gradient)) for name, value, gradient in rows}


def steps_to_the_end(browser):
    """What is said at every step, by clicks on Next."""
    found = [said(browser)]
    while not browser.run("document.getElementById('next').disabled"):
        browser.click("#next")
        found.append(said(browser))
    return found


def formulas(steps):
    return [line for step in steps for line in step if " = " in line]


def test_lecture_example_step_by_step(opened):
    steps = [[line for line in step if line] for step in steps_to_the_end(opened(deck_d()))]
    assert steps == [
        ["The inputs have their values", "x = −2", "y = 5", "z = −4"],
        ["Forward 1 of 2: compute q", "q = x + y = −2 + 5 = 3"],
        ["Forward 2 of 2: compute f", "f = q·z = 3·(−4) = −12"],
        ["Backward: start at the result", "∂f/∂f = 1 — a number changes by 1 when it changes by 1"],
        [
            "Backward 1 of 2: f passes its gradient to q and z",
            "local gradient ∂f/∂q = z = −4",
            "∂f/∂q = ∂f/∂f · z = 1 · (−4) = −4",
            "local gradient ∂f/∂z = q = 3",
            "∂f/∂z = ∂f/∂f · q = 1 · 3 = 3",
        ],
        [
            "Backward 2 of 2: q passes its gradient to x and y",
            "local gradient ∂q/∂x = 1",
            "∂f/∂x = ∂f/∂q · ∂q/∂x = −4 · 1 = −4",
            "local gradient ∂q/∂y = 1",
            "∂f/∂y = ∂f/∂q · ∂q/∂y = −4 · 1 = −4",
        ],
        ["Done: the gradients of the inputs", "∂f/∂x = −4", "∂f/∂y = −4", "∂f/∂z = 3"],
    ]


def test_branches_add_up(opened):
    steps = formulas(steps_to_the_end(opened(deck_c())))
    assert "share of ∂f/∂y = ∂f/∂N · ∂N/∂y = 5 · 1 = 5" in steps
    assert "share of ∂f/∂y = ∂f/∂W · ∂W/∂y = 1 · 1 = 1" in steps
    assert "∂f/∂y = 1 + 5 = 6 — branches add up" in steps
    assert steps[-2] == "∂f/∂y = 1 + 5 = 6"


@pytest.mark.parametrize("graph", [deck_d, deck_c, everything])
def test_every_number_is_the_engines_and_so_is_every_one_after_an_edit(opened, graph):
    page = opened(graph())
    page.press("End")
    shown = table(page)
    for name, pair in numbers(graph()).items():
        assert shown[name] == pair, name
    page.type_into("#input-0", "0.7")  # x comes first in all of these
    page.type_into("#input-1", "−2.5e-1")
    shown = table(page)
    for name, pair in numbers(graph(x=0.7, y=-0.25)).items():
        assert shown[name] == pytest.approx(pair, rel=1e-13), name
    page.click("#reset")
    assert {name: table(page)[name] for name in "xyzf"} == {name: numbers(graph())[name] for name in "xyzf"}


def test_numbers_are_written_as_the_tables_write_them(opened):
    page = opened(deck_d())
    rng = np.random.default_rng(0)
    found = [
        *(rng.standard_normal(500) * 10.0 ** rng.integers(-12, 12, 500)),
        0.0,
        -0.0,
        1e5,
        999999.5,
        1e6,
        1e-4,
        1e-5,
    ]
    for digits in (4, 6):
        shown = page.run(f"{json.dumps(found)}.map((x) => written(x, {digits}))")
        assert shown == [number_text(x, digits).replace("-", "−") for x in found]


def test_what_is_no_number_is_said_and_changes_nothing(opened):
    page = opened(deck_d())
    page.press("End")
    before = table(page)
    page.type_into("#input-1", "five")
    assert (
        page.run("document.getElementById('complaint').textContent")
        == "y: no number, such as −1.5; the one before stays"
    )
    assert table(page) == before
    page.type_into("#input-1", "inf")
    assert page.run("document.getElementById('complaint').textContent") == ""
    assert table(page)["f"][0] == -math.inf


def test_numbers_come_only_when_they_are_computed(opened):
    page = opened(deck_d())
    assert table(page) == {"x": (-2, None), "y": (5, None), "q": (None, None), "z": (-4, None), "f": (None, None)}
    assert page.run("document.querySelectorAll('#picture text.value:not(.hidden)').length") == 3
    for _ in range(4):
        page.click("#next")
    assert table(page)["q"] == (3, -4)
    assert table(page)["x"] == (-2, None)


def test_keys_and_buttons_and_playing(opened):
    page = opened(deck_d())
    at = lambda: page.run("current")  # noqa: E731
    page.press("ArrowRight")
    page.press("ArrowRight")
    page.press("ArrowLeft")
    assert at() == 1
    page.press("End")
    assert at() == 6
    page.click("#first")
    assert at() == 0
    assert page.run("document.getElementById('back').disabled")
    page.click("#last")
    page.press("Home")
    page.run("document.activeElement.blur()")  # for a space presses the button that has the focus
    page.press(" ")
    assert (at(), page.run("document.getElementById('play').getAttribute('aria-pressed')")) == (1, "true")
    page.press(" ")
    assert page.run("timer") is None


def test_each_step_is_announced_and_everything_has_a_name(opened):
    page = opened(deck_d())
    assert page.run("document.getElementById('step').getAttribute('aria-live')") == "polite"
    unnamed = page.run(
        "[...document.querySelectorAll('button, input')]"
        ".filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).length"
    )
    assert unnamed == 0
    assert "1 of 7" in page.run("document.getElementById('position').getAttribute('aria-valuetext')")


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_background(opened, dark):
    page = opened(deck_c(), dark=dark)
    page.press("End")
    ratio = page.run("""(() => {
        const light = (colour) => {
            const [r, g, b] = colour.match(/[\\d.]+/g).map((c) => c / 255).map((c) =>
                c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = light(getComputedStyle(document.body).backgroundColor);
        const of = (e) => light(getComputedStyle(e)[e.closest('svg') ? 'fill' : 'color']);
        const texts = document.querySelectorAll('h1, h2, p, td, th, label, button:enabled:not(#next), #picture *');
        const written = [...texts].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
        return Math.min(...written.filter((e) => e.tagName !== 'title').map(of).map((l) =>
            (Math.max(l, ground) + 0.05) / (Math.min(l, ground) + 0.05)));
    })()""")
    assert ratio > 4.5
    assert page.run("getComputedStyle(document.body).backgroundColor") == (
        "rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)"
    )


def test_a_phone_scrolls_up_and_down_only(opened):
    page = opened(everything(), width=360, height=700, touch=True)
    page.press("End")
    assert page.run("document.documentElement.scrollWidth") <= 360
    assert page.run("Math.min(...[...document.querySelectorAll('button')].map((b) => b.offsetHeight))") >= 40


@elementwise
def _special(x):
    return math.gamma(x)


@_special.local_gradient("x")
def _(x):
    return x


def test_a_row_that_is_not_translated_leaves_the_numbers_as_they_are(opened):
    page = opened(_special(Value(3.0, "x")) * 2.0)
    assert "special: JavaScript has no math.gamma" in page.run("document.getElementById('notices').innerText")
    assert page.run("document.getElementById('inputs').hidden")
    page.press("End")
    assert table(page)["f"] == (4.0, 1.0)


def test_an_op_on_lists_is_stepped_through_but_not_edited(opened):
    page = opened(ag.softmax([Value(1.0, "a"), Value(2.0, "b")])[0])
    assert "inputs cannot be changed here" in page.run("document.getElementById('notices').innerText")


def test_labels_are_text_and_never_markup(opened):
    label = "</script><img src=x onerror=alert(1)>⟦0⟧{{DATA}}"
    page = opened(Value(2.0, label) * Value(3.0, "y"))
    assert page.run("document.querySelectorAll('img').length") == 0
    assert label in said(page)[2] or any(label in line for line in said(page))


def test_tensors_show_rules_shapes_and_numbers(opened):
    x, w = tensor([[1.0, 2.0], [3.0, 4.0]]), tensor([[1.0], [-1.0]], requires_grad=True, label="w")
    b = tensor([0.5], requires_grad=True, label="b")
    loss = ((x @ w + b) ** 2).sum() + (b * 3.0).sum()
    loss.label = "loss"
    steps = [line for step in steps_to_the_end(opened(loss)) for line in step]
    loss.backward()
    assert (w.grad.tolist(), b.grad.tolist()) == ([[-4.0], [-6.0]], [1.0])
    for line in (
        "v1 = const @ w = [[−1], [−1]] — shape (2, 1)",
        "∂loss/∂w = constᵀ @ ∂loss/∂v1 — shapes (2, 1) → (2, 1)",
        "= [[−4], [−6]]",
        "more is still to come: b is used 2 times",
        "∂loss/∂b = the sum of all 2 shares = [1]",
        "∂loss/∂w = [[−4], [−6]] — shape (2, 1)",
        "∂loss/∂b = [1] — shape (1,)",
    ):
        assert line in steps


def test_many_numbers_are_summed_up(opened):
    w = tensor(np.linspace(-1.0, 1.0, 21), requires_grad=True, label="w")
    steps = [line for step in steps_to_the_end(opened((w * 2.0).sum())) for line in step]
    assert "w = from −1 to 1, norm 2.775, 5% zeros — shape (21,)" in steps


def test_stepping_changes_no_gradient_and_runs_no_hook():
    w = tensor([1.0, 2.0], requires_grad=True, label="w")
    called = []
    h = w * w
    h.retain_grad()
    h.register_hook(called.append)
    loss = h.sum()
    step(loss)
    assert (w.grad, h.grad, called) == (None, None, [])
    loss.backward()  # the graph is as it was
    assert w.grad.tolist() == [2.0, 4.0]
    x = Value(2.0)
    f = x * x
    step(f)
    assert (x.grad, f.grad) == (0.0, 0.0)


def test_a_released_graph_says_so():
    w = tensor([1.0, 2.0], requires_grad=True, label="w")
    loss = (w * w).sum()
    loss.backward()
    assert "backward() has freed this graph" in str(step(loss))
    assert "backward() has freed this graph" not in str(step((w * w).sum()))


def test_notebooks_get_a_frame_with_the_page():
    made = deck_d().step()
    frame = made._repr_html_()
    assert html.unescape(re.search('srcdoc="([^"]*)"', frame)[1]) == str(made)
    assert 'sandbox="allow-scripts"' in frame


def test_the_page_asks_for_nothing_from_outside():
    page = str(step(everything()))
    assert not re.search(r"src=|href=|url\(|@import|fetch\(|XMLHttp", page)
    assert page.count("http") == page.count("http-equiv") + page.count("http://www.w3.org/2000/svg")
    assert "default-src 'none'" in page
    json.loads(re.search(r'id="graph">(.*?)</script>', page, re.DOTALL)[1])


def test_titles():
    assert "<title>f = (x + y)·z</title>" in str(step(deck_d()))
    assert "<title>a &lt; b</title>" in str(step(deck_d(), title="a < b"))


def test_what_cannot_be_stepped_through_is_refused(tmp_path):
    with pytest.raises(DTypeError, match="Value or a Tensor"):
        step(1.0)
    x = Value(1.0)
    for _ in range(400):
        x = x * 1.5
    with pytest.raises(ArgumentError, match=r"step: the graph has 801 nodes, and limit=300"):
        step(x)
    with pytest.raises(ArgumentError, match=r"a stepper is written as \.html or \.htm"):
        step(deck_d()).save(tmp_path / "a.svg")
