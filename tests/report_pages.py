"""Pages of coresweep, opened in one browser for all of tests/report_page_*_test.py.

The fixtures are those of conftest.py: there they are one a process, not one a file.
"""

import csv
import json
import subprocess
import sys

import pytest
from browser import LOCAL, ROOT, browser, complaints_of, look, require_browser, requests_of

sys.path.append(str(ROOT / "plots"))
from synthetic_run import as_version_2, sweep, write_run  # noqa: E402

PUBLISHED = ROOT / "results" / "published"
BENCH = PUBLISHED / "20261126T174556Z-bench"
PRICE, RATE = 0.5, 10_000_000
PHONE, DESK = 380, 1280
MARKUP = "<b data-hostile>!</b><img src=x onerror=hit()><svg onload=hit()></svg>"
HOSTILE = f"</title></script></style><script>hit()</script>\">{MARKUP}{{{{ 7 * 7 }}}}$x^{{"
FORMULA = '=HYPERLINK("http://x.invalid","' + "<b data-hostile>" + '")'


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """pages(name): report.html as plots/report.py makes it, and what that said on stderr."""
    require_browser()
    folder = tmp_path_factory.mktemp("pages")
    why = folder / "why.json"
    why.write_text(json.dumps({"why": [HOSTILE]}))
    compared = folder / "compared.json"
    compared.write_text(json.dumps({"compared": [HOSTILE, "a line " * 30], "differences": [
        {"field": f"{meaning}.{HOSTILE}", "a": "a" * 64, "b": HOSTILE, "meaning": meaning}
        for meaning in ("confounds", "subject", "context")]}))
    cost = ("--price-per-hour", PRICE, "--rate", RATE)
    making, said = {}, {}

    def make(name, *arguments, program="report.py"):
        making[name] = subprocess.Popen(
            [sys.executable, "-B", ROOT / "plots" / program, *map(str, arguments), "--output",
             folder / name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def page(name):
        if name not in said:
            said[name] = making[name].communicate(timeout=60)[1]
            assert making[name].returncode == 0, said[name]
        (page,) = (folder / name).glob("*.html")
        return page, said[name]

    make("bench", BENCH, *cost)
    page("bench")
    make("hostile", hostile_run(folder), "--why", why, *cost)  # beside the tests of the first
    make("version_1", PUBLISHED / "20261123T172951Z-bench")
    make("compare", PUBLISHED / "20261126T070043Z-architectures", BENCH, "--compared", compared,
         program="compare_report.py")
    for name, run in edge_runs(folder).items():
        make(name, run)
    yield page
    for process in making.values():
        process.kill()
        process.communicate()


def edge_runs(folder):
    """Name to its folder."""
    def capacity_only():
        for trial in sweep(blocks=6, ceiling_per_s=None):
            rate = int(trial["throughput_per_s"])
            step = as_version_2(trial, mode="poisson", rate_per_s=rate)
            yield {**step, "role": "capacity", "twin_of": trial["cell"],
                   "cell": f"{trial['cell']}/poisson{rate}"}

    def never(*_):
        return None

    many = [f"architecture_{i}_with_a_long_name" for i in range(10)]
    return {name: write_run(folder / f"run_{name}", [*trials], **changes)
            for name, trials, changes in (
                ("one_block", sweep(blocks=1), {"plan__blocks": 1}),
                ("nothing_valid", sweep(verdict_of=lambda *_: ["noisy_host"]), {}),
                ("nothing_measured", sweep(verdict_of=lambda *_: ["failed"], throughput_of=never,
                                           ceiling_per_s=None), {}),
                ("capacity_only", capacity_only(), {"plan__capacity_p99": "10ms",
                                                    "plan__mode": "poisson"}),
                ("many", sweep(many, range(1, 65), blocks=1),
                 {"plan__blocks": 1, "cpu_division__server": [*range(64)]}))}


def hostile_run(folder):
    """A run whose every text wants to be markup, a script, a formula."""
    trials = sweep(architectures=(HOSTILE[:100], "shared_reactor"), blocks=3)
    for trial in trials:
        trial["cell"] = FORMULA + trial["cell"][-60:]
        if trial["block"] == 1:
            trial.update(verdict=["noisy_host"], verdict_details={"noisy_host": HOSTILE})
    texts = ("plan__question", "plan_file", "machine__cpu_model", "machine__kernel", "machine__os",
             "build__compiler", "build__flags")
    return write_run(folder / "<b data-hostile>", trials, command=[HOSTILE],
                     binaries={HOSTILE: {"sha256": "a" * 64}},
                     headline__architecture=HOSTILE[:100], **dict.fromkeys(texts, HOSTILE))


@pytest.fixture(scope="session")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def driver(pages, downloads):
    with browser(downloads) as started:
        yield started


@pytest.fixture
def opened(driver, pages):
    """opened(name, width, scheme) opens a page. Whatever is done there, no request leaves it."""
    complaints_of(driver), requests_of(driver)

    def open_page(name="bench", width=DESK, scheme="light"):
        look(driver, width, scheme)
        driver.get(pages(name)[0].as_uri())
        return driver

    yield open_page
    asked = requests_of(driver)
    assert any(address.startswith("file:") for address in asked), "the log of requests is empty"
    assert [address for address in asked if not address.startswith(LOCAL)] == []
    assert complaints_of(driver) == []


@pytest.fixture(scope="session")
def counting():
    """Trials of BENCH that count: of several attempts in a block the last. And how many of arms and
    ceilings do not.
    """
    trials = [json.loads(line) for line in (BENCH / "trials.jsonl").read_text().splitlines()]
    last = {(trial["role"], trial["cell"], trial["block"]): trial
            for trial in sorted(trials, key=lambda trial: trial["attempt"])}
    return [*last.values()], sum(trial["role"] in ("arm", "ceiling") for trial in trials) - sum(
        role in ("arm", "ceiling") for role, *_ in last)


@pytest.fixture(scope="session")
def cells(counting):
    """Role and name of each cell to its trials."""
    found = {}
    for trial in counting[0]:
        found.setdefault(f"{trial['role']} {trial['cell']}", []).append(trial)
    return found


def keys(driver, *pressed):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(driver, duration=0).send_keys(*pressed).perform()


def table(driver):
    """The rows that are shown, each column's text by its key."""
    return driver.execute_script("""
        const heads = [...document.querySelectorAll("#cells thead th")];
        return [...document.querySelectorAll("#cells tbody tr")].filter((row) => !row.hidden)
          .map((row) => Object.fromEntries([["key", row.dataset.role + " " + row.dataset.cell],
            ...heads.map((head, i) => [head.dataset.column, row.cells[i].innerText.trim()])]));""")


def text_of(driver, selector):
    return driver.execute_script("return document.querySelector(arguments[0]).innerText", selector)


def faults(trial):
    """A ceiling is there to bring the load generator to its limit."""
    return [name for name in trial["verdict"]
            if (trial["role"], name) != ("ceiling", "client_bound")]


def figures(trials):
    """The valid trials', or where to leave some out would choose the answer those of all."""
    valid = [trial for trial in trials if not faults(trial)]
    verdicts = {name for trial in trials for name in faults(trial)}
    return valid if verdicts <= {"noisy_host"} and 2 * len(valid) > len(trials) else trials


def downloaded(driver, downloads, button):
    """The file that a click on the button with this id has the browser write."""
    from selenium.webdriver.support.wait import WebDriverWait

    def whole():  # another name stands there until it is
        return [path for path in downloads.iterdir() if path.suffix in (".csv", ".json")]

    for path in whole():
        path.unlink()
    driver.find_element("id", button).click()
    WebDriverWait(driver, 20).until(lambda _: whole())
    (path,) = whole()
    return path


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file, strict=True)]
