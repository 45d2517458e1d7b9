"""Chromium without a window, driven over a pipe by its DevTools protocol: real clicks, keys and pixels, no library.

And Ctrl-C, which tests send to themselves and to others, whatever started them.
"""

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

_PATIENCE = 30  # seconds for an answer


class Browser:
    """One page, which `open` shows."""

    def __init__(self, program, folder):
        read, self._out = os.pipe()
        self._in, write = os.pipe()

        options = ["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--hide-scrollbars"]
        options.append(f"--user-data-dir={folder}")
        options += ["--no-sandbox"] * (os.name == "posix" and os.geteuid() == 0)  # root has none
        # The browser expects the pipe as its files 3 and 4, so a process that has put it there becomes the browser.
        start = (
            f"import os, sys; read, write = os.dup({read}), os.dup({write}); os.dup2(read, 3); os.dup2(write, 4); "
            "os.set_inheritable(3, True); os.set_inheritable(4, True); "  # they may be the copies themselves
            "os.execv(sys.argv[1], sys.argv[1:])"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", start, program, *options, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(read, write),
        )
        os.close(read)
        os.close(write)
        self._numbers = itertools.count(1)
        self._received = b""
        self._session = None
        self.requests = []
        self.errors = []
        try:
            targets = self._until(lambda: self.call("Target.getTargets")["targetInfos"])
            page = next(target for target in targets if target["type"] == "page")
            self._session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Network"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.close()
            raise

    def close(self):
        """End the browser, and free its pipes."""
        with contextlib.suppress(OSError):
            self._send("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method, **params):
        """What a method of the protocol returns; requests and errors of the page that come before are noted."""
        number = self._send(method, **params)
        while True:
            message = self._receive()
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return message["result"]
            if message.get("method") == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            if message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(message["params"]["exceptionDetails"]))

    def _send(self, method, **params):
        message = {"id": next(self._numbers), "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return message["id"]

    def _receive(self):
        while b"\0" not in self._received:
            assert select.select([self._in], [], [], _PATIENCE)[0], "the browser does not answer"
            part = os.read(self._in, 1 << 20)
            assert part, "the browser has ended"
            self._received += part
        text, _, self._received = self._received.partition(b"\0")
        return json.loads(text)

    @staticmethod
    def _until(ask):
        for _ in range(200):
            found = ask()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError("the browser is not ready")

    def open(self, path, width=1100, height=900, dark=False, touch=False):
        """Show a file, or what an address leads to, with a window of this size."""
        self.requests.clear()
        self.errors.clear()
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        url = path if isinstance(path, str) else path.as_uri()
        self.call("Page.navigate", url=url)
        self.until(f"document.readyState === 'complete' && location.href === {url!r}")

    def until(self, script):
        """Wait for a JavaScript expression to be true."""
        self._until(lambda: self.run(script))

    def run(self, script):
        """The value of a JavaScript expression in the page."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def click(self, selector):
        """Press and release the mouse in the middle of an element, which must be what lies there."""
        x, y = self.run(
            "(() => { const e = document.querySelector(" + json.dumps(selector) + ");"
            "e.scrollIntoView({block: 'nearest'}); const b = e.getBoundingClientRect();"
            "const [x, y] = [b.left + b.width / 2, b.top + b.height / 2];"
            "if (!e.contains(document.elementFromPoint(x, y))) throw Error('covered'); return [x, y]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key):
        """Press and release a key."""
        code = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, " ": 32, "Enter": 13, "Escape": 27}[key]
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code)

    def type_into(self, selector, text):
        """Click on a field and replace what is in it, as typed."""
        self.click(selector)
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)

    def screenshot(self, path):
        """Write the whole page as a PNG file."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))


@pytest.fixture(scope="session", autouse=True)
def interrupts():
    """What nohup or a script's `&` starts ignores SIGINT, and so does all that it starts itself."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    started = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield started
    started.close()
