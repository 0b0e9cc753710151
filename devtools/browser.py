"""Takes pictures of pages in Chromium; run inside the Python environment, which has websocket-client."""

import argparse
import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--remote-debugging-port=0",
]
# The web client has drawn its action and no request is under way.
SETTLED = """(() => {
    const wanted = %s;
    if (document.readyState !== "complete") return false;
    if (document.querySelector(".o_loading_indicator, .o_blockUI")) return false;
    if (wanted) return !!document.querySelector(wanted);
    return !document.querySelector(".o_web_client") || !!document.querySelector(".o_action_manager > *");
})()"""


class Page:
    """One tab, driven through the DevTools protocol."""

    def __init__(self, address):
        """Connect to the tab's debugger."""
        self.socket = websocket.create_connection(address, timeout=60, suppress_origin=True)
        self.numbers = itertools.count(1)

    def call(self, method, **parameters):
        """Call a protocol method and return its result."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]

    def evaluate(self, expression):
        """Return the value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return result["result"].get("value")

    def wait(self, selector=None, seconds=60):
        """Wait until the page is drawn, and `selector` is there."""
        condition = SETTLED % json.dumps(selector)
        for _ in range(seconds * 10):
            if self.evaluate(condition):
                time.sleep(0.7)
                if self.evaluate(condition):
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the page is not ready after {seconds} s" + (f": no {selector}" if selector else ""))


@contextlib.contextmanager
def chromium(width, height, phone):
    """Start Chromium and yield its tab."""
    profile = tempfile.mkdtemp(prefix="shots-")
    process = subprocess.Popen(["chromium", *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port_file = Path(profile, "DevToolsActivePort")
        for _ in range(300):
            if port_file.exists() and port_file.read_text().strip():
                break
            time.sleep(0.1)
        else:
            raise RuntimeError("Chromium does not start")
        port = port_file.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            tab = next(tab for tab in json.load(answer) if tab["type"] == "page")
        page = Page(tab["webSocketDebuggerUrl"])
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if phone else 1, mobile=phone)
        page.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        page.call("Page.enable")
        yield page
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def session(url, database, login):
    """Log in with password = login and return the session's cookie value."""
    body = {"jsonrpc": "2.0", "params": {"db": database, "login": login, "password": login}}
    request = urllib.request.Request(f"{url}/web/session/authenticate", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        if "error" in json.load(answer):
            raise RuntimeError(f"user {login} cannot log in to {database}")
        return answer.headers["Set-Cookie"].split("session_id=")[1].split(";")[0]


def main():
    """Take the pictures named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url")
    parser.add_argument("--db")
    parser.add_argument("--login")
    parser.add_argument("--size")
    parser.add_argument("--phone", action="store_true")
    parser.add_argument("--wait")
    parser.add_argument("--click", action="append", default=[])
    parser.add_argument("pictures", nargs="+")
    options = parser.parse_args()
    width, height = (int(number) for number in options.size.split("x"))
    with chromium(width, height, options.phone) as page:
        if options.login:
            page.call("Network.setCookie", url=options.url, name="session_id",
                      value=session(options.url, options.db, options.login))
        for picture in options.pictures:
            file, _, path = picture.partition("=")
            page.call("Page.navigate", url=options.url + path)
            page.wait(options.wait)
            for selector in options.click:
                page.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
                page.wait()
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_bytes(base64.b64decode(page.call("Page.captureScreenshot", format="png")["data"]))
            print(file)


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, OSError) as error:
        sys.exit(f"shots: {error}")
