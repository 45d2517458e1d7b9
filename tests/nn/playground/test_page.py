"""The server, asked as a browser would ask and as one must not, and the page, clicked through in one."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

import optim
from nn.errors import SettingsError
from nn.playground.server import serve


def sgd(parameters, rate):
    return optim.SGD(parameters, lr=rate)


@pytest.fixture(scope="module")
def address():
    """Of a playground that runs in a thread."""
    found, ready, loop = [], threading.Event(), asyncio.new_event_loop()

    def run():
        with_address = serve(sgd, 0, lambda address: (found.append(address), ready.set()))
        task = loop.create_task(with_address)
        loop.call_soon(found.append, task)
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    task = next(each for each in found if not isinstance(each, str))
    yield next(each for each in found if isinstance(each, str))
    loop.call_soon_threadsafe(task.cancel)
    thread.join(10)
    assert not thread.is_alive()


def ask(address, path, body=None, host=None):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    headers = {} if host is None else {"Host": host}
    connection.request("GET" if body is None else "POST", parts.path + path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def test_it_is_for_this_machine_and_for_who_has_the_address(address):
    assert urlsplit(address).hostname == "127.0.0.1"
    assert len(urlsplit(address).path) > 20
    answer, text = ask(address, "")
    assert answer.status == 200 and "<title>Playground</title>" in text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert ask(address, "../")[0].status == 404
    assert ask(address, "../x/new", "{}")[0].status == 404
    assert ask(address, "settings.py")[0].status == 404
    assert ask(address, "choices", host="elsewhere.example")[0].status == 403


def test_two_pages_have_a_network_each(address):
    one, other = (json.loads(ask(address, "new", json.dumps({"settings": {"seed": s}}))[1]) for s in (1, 2))
    stepped = json.loads(ask(address, "step", json.dumps({"session": one["session"], "steps": 3}))[1])["state"]
    assert stepped["steps"] == 3
    untouched = json.loads(ask(address, "step", json.dumps({"session": other["session"]}))[1])["state"]
    assert untouched["steps"] == 1 and untouched["weights"] != stepped["weights"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("new", '{"settings": {"rate": 99}}', "rate must be a number"),
        ("new", "[]", "a request is names with values"),
        ("new", "no JSON", "Expecting value"),
        ("step", "{}", "this network is there no longer"),
        ("step", '{"session": ["x"]}', "this network is there no longer"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_line(address, path, body, message):
    answer, text = ask(address, path, body)
    assert answer.status == 400 and message in json.loads(text)["error"]


def test_too_many_steps_and_too_long_requests_are_refused(address):
    name = json.loads(ask(address, "new", "{}")[1])["session"]
    answer, text = ask(address, "step", json.dumps({"session": name, "steps": 10**9}))
    assert answer.status == 400 and "from 1 to 200" in text
    try:
        status = ask(address, "new", json.dumps({"settings": {"data": "x" * 20_000}}))[0].status
    except ConnectionError:  # closed before all was sent
        status = 400
    assert status == 400
    assert ask(address, "choices")[0].status == 200  # and goes on serving


def test_a_port_that_is_taken_and_a_missing_tornado_are_said(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match=r"port \d+ cannot be had .*; choose another --port"):
            asyncio.run(serve(sgd, taken.getsockname()[1], print))
    monkeypatch.setitem(sys.modules, "tornado.web", None)
    with pytest.raises(SettingsError, match=r"pip install 'autograd-core\[playground\]'"):
        asyncio.run(serve(sgd, 0, print))


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal")
def test_the_command_says_its_address_and_ends_with_ctrl_c():
    command = [sys.executable, "-m", "nn", "playground", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            first = running.stdout.readline()
            assert first.startswith("playground: http://127.0.0.1:")
            assert "Ctrl-C ends it" in running.stdout.readline()
            assert ask(first.split()[1], "choices")[0].status == 200
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate(timeout=10)
        finally:
            running.kill()  # if it is still there, for it would be waited for
    assert (running.returncode, errors) == (0, "")


@pytest.fixture
def page(browser, address):
    browser.open(address)
    browser.until("document.body.dataset.ready > 0")
    yield browser
    assert browser.errors == []
    assert all(url.startswith((address, "data:")) for url in browser.requests)


def state(page):
    return page.run("JSON.parse(JSON.stringify(state))")


def test_the_page_draws_the_network_and_steps_through_its_training(page):
    assert page.run("document.querySelectorAll('.link').length") == 2 * 4 + 4 * 2 + 2
    assert page.run("document.querySelectorAll('.neuron').length") == 2 + 4 + 2 + 1
    assert page.run("document.querySelectorAll('#points circle').length") > 300
    picture = "document.querySelector('#neuron-3-0 image').getAttribute('href')"
    before = page.run(picture)
    page.click("#once")
    page.until("state.steps === 1")
    assert page.run(picture) != before
    page.click("#play")
    page.until("state.steps > 50")
    page.click("#play")
    assert page.run("playing") is False
    assert page.run("document.querySelectorAll('#losses polyline').length") == 2


def test_a_line_says_its_weight_and_gradient(page):
    page.click("#once")
    page.until("state.steps === 1")
    x, y = page.run(
        "(() => { const p = document.getElementById('touch-0-1-0'); p.scrollIntoView();"
        "for (let part = 0.1; part < 1; part += 0.01) {"  # where no other line lies on it
        "const m = p.getPointAtLength(part * p.getTotalLength());"
        "const q = new DOMPoint(m.x, m.y).matrixTransform(p.getScreenCTM());"
        "if (document.elementFromPoint(q.x, q.y) === p) return [q.x, q.y]; } })()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    said = page.run("document.getElementById('told').textContent")
    now = state(page)
    weight, gradient = now["weights"][0][1][0], now["weight_gradients"][0][1][0]
    assert said.startswith("x₁ → neuron 2 of layer 1: w = ")
    numbers = [float(part.split(",")[0].replace("−", "-")) for part in said.split(" = ")[1:]]
    assert numbers == pytest.approx([weight, gradient], rel=0.01)
    page.run("document.getElementById('touch-2-0-1').focus()")
    assert "neuron 2 of layer 2 → the output" in page.run("document.getElementById('told').textContent")


def test_other_settings_begin_anew(page):
    page.run(
        "(() => { const e = document.getElementById('layers'); e.value = 3;"
        "e.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    page.until("state.weights.length === 4 && document.querySelectorAll('.neuron').length === 2 + 4 + 2 + 4 + 1")
    page.run(
        "(() => { const e = document.getElementById('data'); e.value = 'xor';"
        "e.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    page.until("points.train.every(([u, v, label]) => Math.hypot(u, v) < 2) && state.steps === 0")
    page.run(
        "(() => { const e = document.getElementById('layers'); e.value = 0;"
        "e.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    page.until("document.querySelectorAll('.link').length === 2")
    page.click("#once")
    page.until("state.steps === 1")


def test_a_network_that_the_server_has_dropped_is_said(page, address):
    for _ in range(8):
        ask(address, "new", "{}")
    page.click("#once")
    page.until("document.getElementById('notice').textContent.includes('no longer')")
    page.click("#reset")
    page.until("document.getElementById('notice').textContent === ''")
