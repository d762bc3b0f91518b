"""A real browser for the tests of pages: headless Chromium, told what to do by its driver."""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
AXE = ROOT / "build" / "python" / "axe_playwright_python" / "axe.min.js"
LOCAL = ("file:", "data:", "blob:")


def require_browser():
    pytest.importorskip("selenium", reason="no selenium (python3-selenium): no page is opened")
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            pytest.skip(f"no {program}: no page is opened")


@contextlib.contextmanager
def browser(downloads):
    """A driver. What a page has the reader download goes into the folder `downloads`."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--disable-gpu", "--disable-background-networking",
                     "--disable-dev-shm-usage", "--no-first-run"):
        options.add_argument(argument)
    if os.geteuid() == 0:  # the sandbox has nothing to give up then, and refuses to start
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    try:
        driver.set_page_load_timeout(60)
        driver.set_script_timeout(60)
        driver.execute_cdp_cmd("Browser.setDownloadBehavior",
                               {"behavior": "allow", "downloadPath": str(downloads)})
        yield driver
    finally:
        driver.quit()


def look(driver, width=1280, scheme="light", media=""):
    """How the reader sees the page from now on. A window has a least width; the viewport has none.
    """
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})


def requests_of(driver):
    """Addresses that the page asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [message["params"]["request"]["url"] for message in messages
            if message["method"] == "Network.requestWillBeSent"]


def complaints_of(driver):
    """What the console says since the last call that is an error, or a breach of the policy."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def without_charts(driver):
    """Leaves the place of each and its words."""
    driver.execute_script("document.querySelectorAll('svg.chart > :is(g, defs, style)')"
                          ".forEach((part) => part.remove())")


def violations_of(driver, *rules):
    """What axe-core finds serious or worse, a line each; the rules (all of them) that are kept.

    What a chart is made of is taken out, as it takes long: read aloud, it is one image.
    """
    without_charts(driver)
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = driver.execute_async_script(
        "axe.run(document, arguments[0]).then(arguments[1])", options)
    grave = [f"{rule['id']}: {node['target']}: {node['failureSummary']}"
             for rule in found["violations"] if rule["impact"] in ("serious", "critical")
             for node in rule["nodes"]]
    return grave, {rule["id"] for rule in found["passes"]}


def printed(driver):
    """The page as PDF, with its headings as bookmarks."""
    return base64.b64decode(driver.execute_cdp_cmd(
        "Page.printToPDF", {"generateDocumentOutline": True})["data"])


def pages_of(pdf):
    """Each page's text in the order in which it is written, without spaces and line ends."""
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext (poppler-utils): no page that is printed is read")
    text = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True,
                          check=True, timeout=60).stdout.decode()
    return ["".join(page.split()) for page in text.split("\f")]
