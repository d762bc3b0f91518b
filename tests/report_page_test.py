"""report.html as its readers have it: opened, sorted, narrowed, printed, downloaded, read aloud."""

import csv
import json
import math
import re
import statistics
import subprocess
import sys
from collections import Counter

import pytest
from browser import AXE, LOCAL, ROOT, browser, complaints_of, look, printed, require_browser
from browser import pages_of, requests_of, violations_of, without_charts
from conftest import until

sys.path.append(str(ROOT / "plots"))
from synthetic_run import as_version_2, sweep, write_run  # noqa: E402

PUBLISHED = ROOT / "results" / "published"
BENCH = PUBLISHED / "20261126T174556Z-bench"
PRICE, RATE = 0.5, 10_000_000
PHONE, DESK = 380, 1280
# What both A4 and US letter hold within the page's margins (CSS pixels).
PAPER_WIDTH, PAPER_HEIGHT = 703, 965
LEAST_TEXT, LEAST_IN_CHARTS = 11, 9  # CSS pixels
MARKUP = "<b data-hostile>!</b><img src=x onerror=hit()><svg onload=hit()></svg>"
HOSTILE = f"</title></script></style><script>hit()</script>\">{MARKUP}{{{{ 7 * 7 }}}}$x^{{"
FORMULA = '=HYPERLINK("http://x.invalid","' + "<b data-hostile>" + '")'


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """pages(name): report.html as plots/report.py makes it, and what that said on stderr."""
    require_browser()
    folder = tmp_path_factory.mktemp("pages")
    why = folder / "why.json"
    why.write_text(json.dumps({"why": [HOSTILE]}))
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
    make("compare", PUBLISHED / "20261126T070043Z-architectures", BENCH,
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


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
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


def faults(trial):
    """A ceiling is there to bring the load generator to its limit."""
    return [name for name in trial["verdict"]
            if (trial["role"], name) != ("ceiling", "client_bound")]


@pytest.fixture(scope="module")
def counting():
    """Trials of BENCH that count: of several attempts in a block the last. And how many of arms and
    ceilings do not.
    """
    trials = [json.loads(line) for line in (BENCH / "trials.jsonl").read_text().splitlines()]
    last = {(trial["role"], trial["cell"], trial["block"]): trial
            for trial in sorted(trials, key=lambda trial: trial["attempt"])}
    return [*last.values()], sum(trial["role"] in ("arm", "ceiling") for trial in trials) - sum(
        role in ("arm", "ceiling") for role, *_ in last)


@pytest.fixture(scope="module")
def cells(counting):
    """Role and name of each cell to its trials."""
    found = {}
    for trial in counting[0]:
        found.setdefault(f"{trial['role']} {trial['cell']}", []).append(trial)
    return found


def interval(values):
    """Median, the ends of its interval by order statistics, and how often these cover it."""
    ordered, count = sorted(values), len(values)

    def covers(rank):
        return 1 - sum(math.comb(count, i) for i in range(rank)) / 2 ** (count - 1)

    rank = max(rank for rank in range(1, count // 2 + 1) if covers(rank) >= 0.95)
    return statistics.median(ordered), ordered[rank - 1], ordered[-rank], 100 * covers(rank)


def figures(trials):
    """The valid trials', or where to leave some out would choose the answer those of all."""
    valid = [trial for trial in trials if not faults(trial)]
    verdicts = {name for trial in trials for name in faults(trial)}
    return valid if verdicts <= {"noisy_host"} and 2 * len(valid) > len(trials) else trials


def three_digits(ns):
    for unit in ("ns", "µs", "ms", "s"):
        if ns < 999.5:
            return f"{ns:.3g} {unit}"
        ns /= 1000


def test_the_page_opens_and_is_whole(opened):
    driver = opened()
    question = json.loads((BENCH / "run.json").read_text())["plan"]["question"]
    assert driver.title == question
    charts = driver.execute_script(
        "return [...document.querySelectorAll('svg.chart')].map((one) => one.getBBox().width)")
    assert charts and all(width > 0 for width in charts)


def test_every_cell_has_the_figures_of_its_trials(opened, cells):
    driver = opened()
    rows = table(driver)
    assert "from sent to answered" in text_of(driver, "#cells-section .note")
    assert sorted(row["key"] for row in rows) == sorted(cells)
    hollow = 0
    for row in rows:
        trials = cells[row["key"]]
        valid = sum(not faults(trial) for trial in trials)
        verdicts = Counter(name for trial in trials for name in faults(trial))
        median, low, high, coverage = interval([one["throughput_per_s"] for one in figures(trials)])
        is_hollow = len(figures(trials)) > valid
        left, right = ("(", ")") if is_hollow else ("", "")
        hollow += is_hollow
        assert row["valid"] == f"{valid} of {len(trials)}"
        assert row["threads"] == str(trials[0]["factors"]["threads"])
        assert row["median"].split() == (
            f"{left}{median:,.0f}{right} {low:,.0f}–{high:,.0f}, {coverage:.1f} %".split())
        for name in ("p50", "p99"):
            nanoseconds = statistics.median(
                one["latency_from_sent_ns"][name] for one in figures(trials))
            assert row[name] == f"{left}{three_digits(nanoseconds)}{right}"
        assert row["verdicts"] == (", ".join(f"{name} {verdicts[name]}" for name in verdicts)
                                   or "–")
    assert 0 < hollow < len(rows), "this run has cells of both kinds"


def test_the_headline_is_that_of_the_trials(opened, counting):
    counted, again = counting
    headline = json.loads((BENCH / "run.json").read_text())["headline"]

    def by_block(**asked):
        return {trial["block"]: trial for trial in counted
                if not faults(trial) and asked.items() <= {**trial, **trial["factors"]}.items()}

    def ratios(over, under):
        return [over[block]["throughput_per_s"] / under[block]["throughput_per_s"]
                for block in over.keys() & under.keys()
                if over[block]["attempt"] == under[block]["attempt"]]

    over, under = (by_block(role="arm", threads=headline["threads"], architecture=headline[side])
                   for side in ("architecture", "against"))
    median, low, high, coverage = interval(ratios(over, under))
    driver = opened()
    sentence = text_of(driver, "#headline-sentence")
    assert low < 1 < high and sentence.startswith("No difference shown between ")
    assert (f"{median:.2f}x ({low:.2f}–{high:.2f}, {coverage:.1f} % interval over "
            f"{len(over)} blocks)") in sentence
    same = by_block(role="aa")
    (cell,) = {trial["cell"] for trial in same.values()}
    _, low, high, _ = interval(ratios(same, by_block(role="arm", cell=cell)))
    noise = max(1, high, 1 / low)
    assert f" {1 / noise:.2f}–{noise:.2f}x" in text_of(driver, "#noise")
    judged = [faults(trial) for trial in counted if trial["role"] in ("arm", "ceiling")]
    verdicts = Counter(name for names in judged for name in names)
    assert text_of(driver, "#verdict-count") == (
        f"{sum(not names for names in judged)} of {len(judged)} trials valid; not valid: "
        + ", ".join(f"{name} {count}" for name, count in verdicts.most_common())
        + f"; {again} run again")


def text_of(driver, selector):
    return driver.execute_script("return document.querySelector(arguments[0]).innerText", selector)


def test_the_cost_follows_the_rate_that_is_typed(opened, cells):
    driver = opened()
    name = "reuseport_loops/nghttp2/t1/c32/s10"
    median, low, high, coverage = interval(
        [one["throughput_per_s"] for one in figures(cells[f"arm {name}"])])
    row = f'[data-cost="{name}"]'

    def machines(rate):
        most, least = math.ceil(rate / low), math.ceil(rate / high)
        return f"{math.ceil(rate / median):,} ({least:,}–{most:,}, {coverage:.1f} % interval)"

    assert text_of(driver, f"{row} .machines") == machines(RATE)
    rate = driver.find_element("id", "cost-rate")
    for typed, said in (("7000000000", machines(7e9)), ("-1", "say a rate above")):
        rate.clear()
        rate.send_keys(typed)
        assert text_of(driver, f"{row} .machines") == said


def test_cells_sort_by_click_and_by_key(opened, cells):
    from selenium.webdriver.common.keys import Keys

    driver = opened()

    def sorted_by():
        return driver.execute_script("""
            return [...document.querySelectorAll("#cells th")].map((head) =>
              [head.dataset.column, head.getAttribute("aria-sort")])
              .filter(([, sort]) => sort !== "none");""")

    def figures_in(column):
        return [row[column].strip("()").split()[0].strip("()") for row in table(driver)]

    first = [row["key"] for row in table(driver)]
    medians = sorted(statistics.median(one["throughput_per_s"] for one in figures(trials))
                     for trials in cells.values())
    expected = [f"{median:,.0f}" for median in medians]
    assert expected != sorted(expected), "text would sort otherwise than numbers do"
    assert sorted_by() == []
    heading = driver.find_element("css selector", "#cells th[data-column=median] button")
    for order, sort in ((expected, "ascending"), (expected[::-1], "descending")):
        heading.click()
        assert (figures_in("median"), sorted_by()) == (order, [["median", sort]])

    driver.find_element("id", "filter").click()
    for _ in range(20):
        keys(driver, Keys.TAB)
        if driver.execute_script(
                "return document.activeElement.closest('th')?.dataset.column") == "threads":
            break
    for order, sort in ((False, "ascending"), (True, "descending")):
        keys(driver, Keys.ENTER)
        assert sorted_by() == [["threads", sort]]
        threads = figures_in("threads")
        assert threads == sorted(threads, key=int, reverse=order)
    assert sorted(first) == sorted(row["key"] for row in table(driver))


def test_cells_are_filtered_by_words(opened, cells):
    driver = opened()
    box = driver.find_element("id", "filter")
    hollow = [name for name, trials in cells.items() if any(map(faults, trials))]
    one = [name for name in hollow if "reuseport_loops" in name]
    assert 0 < len(one) < len(hollow) < len(cells)
    for typed, left in (("Shared_CPUs", hollow), ("shared_cpus reuseport_loops", one),
                        ("no such words", []), ("", cells)):
        box.clear()
        box.send_keys(typed or " ")
        assert sorted(row["key"] for row in table(driver)) == sorted(left)
        assert text_of(driver, "#filter-count") == f"{len(left)} of {len(cells)} cells"


def test_a_long_table_is_read_by_keyboard_on_a_phone(opened):
    from selenium.webdriver.common.keys import Keys

    driver = opened("many", width=PHONE)

    def box():
        """How far it is scrolled, and where it, its headings and its first name in sight are."""
        return driver.execute_script("""
            const box = document.getElementById("cells-scroll");
            const at = box.getBoundingClientRect();
            const seen = document.elementFromPoint(at.left + 20, at.top + at.height / 2);
            const head = document.elementFromPoint(at.left + 20, at.top + 10);
            return {down: box.scrollTop, right: box.scrollLeft, height: at.height,
              name: seen.closest("td")?.className, head: head.closest("th")?.dataset.column,
              under: document.elementFromPoint(at.right - 20, at.top + 10).closest("th") !== null,
              page: document.documentElement.scrollWidth};""")

    region = driver.find_element("id", "cells-scroll")
    driver.execute_script("arguments[0].scrollIntoView(); arguments[0].focus()", region)
    for key, way in ((Keys.PAGE_DOWN, "down"), (Keys.ARROW_RIGHT, "right"), (Keys.END, "down")):
        before = box()[way]
        until(lambda: keys(driver, key) or box()[way] > before)
        found = box()
        assert (found["name"], found["head"], found["under"]) == ("name", "cell", True), found
    until(lambda: box()["down"] > 10_000)
    assert found["page"] <= PHONE and found["height"] < 0.9 * 900, "the page is in reach, too"
    driver.find_element("css selector", "#cells th[data-column=median] button").click()
    assert box()["down"] == 0
    assert table(driver)[0]["threads"] == "1"


# Text in a chart is paths, in a group that is named for it: its size is in the group's scale.
LAYOUT = """
    const wide = document.documentElement.clientWidth;
    const inBox = (one) => one.closest(".scroll, .figure");
    const shown = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility());
    const past = shown.filter((one) => !inBox(one) && one.getBoundingClientRect().right > wide + 1);
    const boxes = [...document.querySelectorAll(".scroll, .figure")];
    const written = shown.filter((one) => !one.closest("svg") &&
      [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    const glyphs = [...document.querySelectorAll("svg.chart [id*=text_] g[transform*=scale]")];
    return {
      page: document.documentElement.scrollWidth,
      past: past.map((one) => one.tagName + "#" + one.id),
      loose: [...document.querySelectorAll("table, svg.chart")].filter((one) => !inBox(one)).length,
      cut: boxes.filter((one) => one.scrollWidth > one.clientWidth + 1 &&
        !["auto", "scroll"].includes(getComputedStyle(one).overflowX)).length,
      squeezed: shown.filter((one) => one.tagName === "TD" && one.clientWidth < 80 &&
        one.textContent.trim().length > 40).map((one) => one.textContent),
      charts: document.querySelectorAll("svg.chart").length,
      texts: glyphs.length,
      least: Math.min(...written.map((one) => parseFloat(getComputedStyle(one).fontSize))),
      leastInCharts: Math.min(...glyphs.map((one) => {
        const { c, d } = one.getScreenCTM();
        return 100 * Math.hypot(c, d);
      })),
    };"""


def check_layout(driver, width):
    found = driver.execute_script(LAYOUT)
    assert found["page"] <= width and found["past"] == [], found
    assert (found["loose"], found["cut"], found["squeezed"]) == (0, 0, []), found
    assert found["least"] >= LEAST_TEXT, found
    if found["charts"]:
        assert found["texts"] > 10 * found["charts"]
        assert found["leastInCharts"] >= LEAST_IN_CHARTS, found
    check_hints(driver)


def check_hints(driver):
    """A chart that scrolls says so, and only such a one. Whether some do."""
    scrolls = driver.execute_script("""
        return [...document.querySelectorAll(".figure")].map((one) =>
          [one.scrollWidth > one.clientWidth, one.previousElementSibling.checkVisibility()]);""")
    assert all(does == said for does, said in scrolls), scrolls
    return any(does for does, _ in scrolls)


def test_nothing_is_too_wide_or_too_small(opened):
    for width in (320, PHONE, DESK):
        check_layout(opened(width=width), width)


def test_where_a_chart_gets_the_room_it_needs_it_stops_to_scroll(opened, driver):
    opened()
    scroll = []
    for width in range(700, 800, 5):
        look(driver, width)
        scroll.append(check_hints(driver))
    assert scroll == sorted(scroll, reverse=True) and len({*scroll}) == 2


def test_a_chart_on_a_phone_scrolls_and_says_so(opened):
    from selenium.webdriver.common.keys import Keys

    driver = opened(width=PHONE)
    charts = driver.find_elements("css selector", ".figure")
    hints = driver.find_elements("css selector", ".hint")
    assert len(charts) == len(hints) > 0
    assert all(hint.is_displayed() and "scrolls sideways" in hint.text for hint in hints)
    for chart in charts:
        driver.execute_script("arguments[0].focus()", chart)
        keys(driver, Keys.ARROW_RIGHT)
        until(lambda: driver.execute_script("return arguments[0].scrollLeft", chart) > 0)
    driver.find_element("css selector", ".hint button").click()
    whole, other = (driver.execute_script(
        "return arguments[0].scrollWidth - arguments[0].clientWidth", chart)
        for chart in charts[:2])
    assert whole == 0 < other
    assert "See it readable" in hints[0].text
    for width in (DESK, PHONE):
        look(driver, width)
        assert [hint.is_displayed() for hint in hints] == [width == PHONE] * len(hints)


def test_the_colours_are_the_systems_until_the_reader_chooses(opened):
    def colours(driver):
        return driver.execute_script("""
            const drawn = [...document.querySelectorAll("svg.chart path")];
            return [getComputedStyle(document.body).backgroundColor,
              ...new Set(drawn.map((one) => getComputedStyle(one).stroke))];""")

    light, dark = (colours(opened(scheme=scheme)) for scheme in ("light", "dark"))
    assert light[0] == "rgb(255, 255, 255)" != dark[0]
    assert set(light) & set(dark) <= {"none"}, "a chart's colours change with the page's"
    driver = opened(scheme="dark")
    button = driver.find_element("id", "theme")
    assert button.text == "Light"
    button.click()
    assert (colours(driver), button.text) == (light, "Dark")
    assert colours(opened(scheme="dark")) == light, "the choice is kept"
    driver.find_element("id", "theme").click()
    assert colours(driver) == dark
    driver.execute_script("localStorage.clear()")


def test_the_page_prints_whole_and_without_controls(opened, driver):
    opened(scheme="dark")
    look(driver, PAPER_WIDTH, "dark", media="print")
    found = driver.execute_script("""
        const seen = (selector) => [...document.querySelectorAll(selector)]
          .filter((one) => one.checkVisibility()).map((one) => one.outerHTML);
        return {
          controls: seen("nav, .skip, input, select, button:not(th button)"),
          arrows: [...document.querySelectorAll("th button")].map((one) =>
            getComputedStyle(one, "::after").content).filter((text) => text !== '""'),
          paper: getComputedStyle(document.body).backgroundColor,
          wide: document.documentElement.scrollWidth,
          charts: [...document.querySelectorAll(".chart-section")].map((one) =>
            [getComputedStyle(one).breakInside, one.getBoundingClientRect().height]),
          boxes: [...document.querySelectorAll(".scroll, .figure")].map((one) =>
            getComputedStyle(one).overflowX).filter((how) => how !== "visible"),
        };""")
    assert (found["controls"], found["arrows"], found["boxes"]) == ([], [], []), found
    assert found["paper"] == "rgb(255, 255, 255)" and found["wide"] <= PAPER_WIDTH, found
    assert found["charts"]
    assert all(inside == "avoid" and height < PAPER_HEIGHT for inside, height in found["charts"])
    look(driver)
    pdf = printed(driver)
    assert pdf.startswith(b"%PDF-") and 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 30
    for heading in driver.find_elements("css selector", "h2"):
        assert f"/Title ({heading.text})".encode() in pdf


@pytest.mark.parametrize("name, rows", [("many", 641), ("compare", 20)])
def test_a_long_table_prints_every_row_and_its_headings_on_every_page(opened, name, rows):
    driver = opened(name)
    without_charts(driver)  # they take long to print

    def written(selector):
        """Of each row that is shown, what is written in the columns that are printed."""
        return driver.execute_script("""
            return [...document.querySelectorAll(arguments[0])].filter((row) => !row.hidden)
              .map((row) => [...row.cells].filter((cell) => cell.checkVisibility())
                .map((cell) => cell.innerText).join("").replace(/\\s/g, ""));""", selector)

    driver.find_element("css selector", "#cells th:nth-child(2) button").click()
    look(driver, PAPER_WIDTH, media="print")
    (heading,), lines = written("#cells thead tr"), written("#cells tbody tr")
    look(driver)
    assert len(lines) >= rows
    pages = pages_of(printed(driver))
    whole = "".join(page.replace(heading, "") for page in pages)
    at = 0
    for line in lines:
        at = whole.find(line, at)
        assert at >= 0, f"{line} is not printed, or not in its place"
        at += len(line)
    with_rows = [page for page in pages if any(line in page for line in lines)]
    assert len(with_rows) > 1
    assert [page.count(heading) for page in with_rows] == [1] * len(with_rows)


@pytest.mark.skipif(not AXE.exists(), reason=f"no {AXE.relative_to(ROOT)}: make test installs it")
def test_axe_finds_nothing_serious(opened):
    seen = ("color-contrast", "target-size", "scrollable-region-focusable")
    for width, scheme in ((DESK, "light"), (PHONE, "dark")):
        grave, kept = violations_of(opened(width=width, scheme=scheme))
        assert grave == [], (width, scheme)
        assert {"color-contrast", "svg-img-alt", "heading-order", "label"} <= kept
    for width, scheme in ((DESK, "dark"), (PHONE, "light")):
        grave, kept = violations_of(opened(width=width, scheme=scheme), *seen)
        assert grave == [] and "color-contrast" in kept, (width, scheme)


def downloaded(driver, downloads, button):
    def whole():  # another name stands there until it is
        return [path for path in downloads.iterdir() if path.suffix in (".csv", ".json")]

    for path in whole():
        path.unlink()
    driver.find_element("id", button).click()
    until(whole)
    (path,) = whole()
    return path


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file, strict=True)]


def test_what_is_downloaded_is_what_is_shown(opened, downloads, cells):
    driver = opened()
    shown = {row["key"]: row for row in table(driver)}
    rows = rows_of(downloaded(driver, downloads, "download-cells"))
    assert sorted(f"{row['role']} {row['cell']}" for row in rows) == sorted(cells)
    for row in rows:
        median = shown[f"{row['role']} {row['cell']}"]["median"].split()[0].strip("()")
        assert f"{float(row['median_per_s']):,.0f}" == median
    stored = [json.loads(line) for line in (BENCH / "trials.jsonl").read_text().splitlines()]
    rows = rows_of(downloaded(driver, downloads, "download-trials"))
    assert [(int(row["trial"]), float(row["throughput_per_s"])) for row in rows] == [
        (trial["trial"], trial["throughput_per_s"]) for trial in stored]
    whole = json.loads(downloaded(driver, downloads, "download-json").read_text(encoding="utf-8"))
    assert len(whole["cells"]) == len(cells) and len(whole["trials"]) == len(stored)
    assert whole["run"] == json.loads((BENCH / "run.json").read_text())


def test_headings_links_and_charts_tell_where_and_what(opened, cells):
    driver = opened()
    levels = driver.execute_script(
        "return [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((one) => +one.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), levels
    found = driver.execute_script("""
        const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
        const words = (one) => one.getAttribute("aria-labelledby").split(" ").map((id) =>
          document.getElementById(id)?.textContent).join(" ");
        return {
          twice: ids.filter((id, i) => ids.indexOf(id) !== i),
          lost: [...document.querySelectorAll("a")].map((one) => one.getAttribute("href"))
            .filter((to) => !to.startsWith("#") || !document.getElementById(to.slice(1))),
          uses: [...document.querySelectorAll("use")].map((one) =>
            one.getAttribute("href") ?? one.getAttribute("xlink:href"))
            .filter((to) => !document.getElementById(to.slice(1))).length,
          links: document.querySelectorAll("a").length,
          told: [...document.querySelectorAll("svg.chart")].map(words),
          readings: [...document.querySelectorAll(".chart-section .reading")].map((one) =>
            one.textContent),
        };""")
    assert (found["twice"], found["lost"], found["uses"]) == ([], [], 0)
    assert found["links"] > 5
    medians = [f"{statistics.median(one['throughput_per_s'] for one in trials):,.0f}"
               for name, trials in cells.items()
               if name.startswith("arm") and not any(map(faults, trials))]
    assert len(found["told"]) == len(found["readings"]) > 0
    for words, reading in zip(found["told"], found["readings"]):
        assert reading in words and re.search(r"\d", reading)
        assert all(median in words for median in medians), words


def test_the_keyboard_reaches_every_control(opened):
    from selenium.webdriver.common.keys import Keys

    driver = opened()
    count = driver.execute_script("""
        window.controls = [...document.querySelectorAll(
          "a[href], button, input, summary, [tabindex]")].filter((one) => one.checkVisibility());
        window.reached = new Set();
        document.addEventListener("focusin", (event) => window.reached.add(event.target));
        return window.controls.length;""")
    keys(driver, *[Keys.TAB] * (count + 1))
    assert driver.execute_script("""
        return window.controls.filter((one) => !window.reached.has(one))
          .map((one) => one.outerHTML.slice(0, 100));""") == []
    assert count > 20
    for summary in driver.find_elements("css selector", "summary"):
        driver.execute_script("arguments[0].focus()", summary)
        keys(driver, Keys.ENTER)
        assert driver.execute_script("return arguments[0].parentElement.open", summary)


def test_no_text_of_a_run_becomes_markup_or_a_formula(opened, downloads):
    driver = opened("hostile")
    found = driver.execute_script("""
        return {
          made: document.querySelectorAll("[data-hostile], img, [onload], [onerror]").length,
          scripts: document.scripts.length, styles: document.querySelectorAll("style").length,
          charts: document.querySelectorAll("svg.chart").length,
          images: document.querySelectorAll("body svg:not(.chart)").length,
          shown: document.body.innerText.split(arguments[0]).length - 1,
        };""", HOSTILE)
    assert found["made"] == 0 and found["images"] == 0, found
    assert (found["scripts"], found["styles"]) == (2, 1 + found["charts"]), found
    assert found["charts"] >= 1 and found["shown"] >= 7, found
    assert driver.title == HOSTILE
    rows = rows_of(downloaded(driver, downloads, "download-cells"))
    assert len(rows) == len(table(driver)) > 0
    assert all(row["cell"].startswith(f"'{FORMULA}") for row in rows)
    assert not [field for row in rows for field in row.values() if field[:1] in ("=", "+", "@")]


@pytest.mark.parametrize("name", ["bench", "one_block", "nothing_valid", "nothing_measured",
                                  "version_1", "capacity_only", "many", "hostile"])
def test_pages_of_edge_runs_fit_a_phone(opened, pages, name):
    driver = opened(name, width=PHONE)
    check_layout(driver, PHONE)
    assert text_of(driver, "#headline-sentence")
    assert len(table(driver)) > 0
    assert driver.execute_script("return document.querySelectorAll('.failure').length") == 0
    assert pages(name)[1] == ""


def test_two_runs_on_one_page(opened, pages):
    for width, scheme in ((DESK, "light"), (PHONE, "dark")):
        driver = opened("compare", width, scheme)
        check_layout(driver, width)
        assert len(table(driver)) > 20
    if AXE.exists():
        assert violations_of(driver)[0] == []
    assert pages("compare")[1] == ""
