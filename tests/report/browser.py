"""Debian's Chromium, and what judges a page in it."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.samples import ROOT

CHROMIUM: Final = shutil.which("chromium")
CHROMEDRIVER: Final = shutil.which("chromedriver")
MODULES: Final = ROOT / ".ci" / "browser" / "node_modules"
AXE: Final = MODULES / "axe-core" / "axe.min.js"
VALIDATOR: Final = MODULES / ".bin" / "html-validate"

needs_browser = pytest.mark.skipif(
    CHROMIUM is None or CHROMEDRIVER is None, reason="needs a browser: apt-get install chromium chromium-driver"
)
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: npm ci --prefix .ci/browser")
needs_validator = pytest.mark.skipif(
    not VALIDATOR.exists() or shutil.which("node") is None, reason="needs html-validate: npm ci --prefix .ci/browser"
)

_QUIET: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)


class Page:
    """A browser with one page."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, path: Path, *, scheme: str = "light", width: int = 1100, medium: str = "") -> float:
        """Opens a file; gives the seconds until it was there."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._command("Emulation.setEmulatedMedia", {"media": medium, "features": features})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._command("Emulation.setDeviceMetricsOverride", size)
        began = time.monotonic()
        self._driver.get(path.as_uri())
        return time.monotonic() - began

    def complaints(self) -> list[str]:
        """What the browser's console says."""
        return [str(entry["message"]) for entry in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]  # selenium's own

    def run(self, script: str) -> Any:
        """The value of a script."""
        return self._driver.execute_script(script)

    def findings(self) -> list[tuple[str, list[str]]]:
        """What axe-core finds: the rule, and where."""
        self._driver.execute_script(AXE.read_text(encoding="utf-8"))
        run = (
            "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations))"
        )
        found = self._driver.execute_async_script(run)
        return [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found]

    def keys(self, key: str) -> None:
        """A key pressed."""
        webdriver.ActionChains(self._driver).send_keys(key).perform()

    def picture(self, path: Path) -> None:
        """A picture of the page, of its beginning where it is long."""
        size = {"x": 0, "y": 0, "width": self.run("return innerWidth"), "scale": 1}
        size["height"] = self.run("return Math.min(4000, document.documentElement.scrollHeight)")
        found = self._command("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": size})
        path.write_bytes(base64.b64decode(found["data"]))

    def _command(self, name: str, values: dict[str, Any]) -> Any:
        return self._driver.execute_cdp_cmd(name, values)


@contextmanager
def browser() -> Iterator[Page]:
    """A browser that asks nobody for anything."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in _QUIET:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    driver.set_script_timeout(60)
    try:
        yield Page(driver)
    finally:
        driver.quit()


def validated(path: Path) -> str:
    """What html-validate says of a file; empty where it finds nothing."""
    command = [str(VALIDATOR), "--config", str(ROOT / ".ci" / "browser" / "htmlvalidate.json"), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent).stdout
