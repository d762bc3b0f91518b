"""report.html as it is used: sorted, filtered, by keyboard, read aloud."""

import statistics

import pytest
from browser import AXE, ROOT, violations_of
from conftest import until
from report_pages import DESK, PHONE, faults, figures, keys, table, text_of


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
            box.scrollIntoView();
            const at = box.getBoundingClientRect();
            const seen = document.elementFromPoint(at.left + 20, at.top + at.height / 2);
            const head = document.elementFromPoint(at.left + 20, at.top + 10);
            return {down: box.scrollTop, right: box.scrollLeft, height: at.height,
              name: seen.closest("td")?.className, head: head.closest("th")?.dataset.column,
              under: document.elementFromPoint(at.right - 20, at.top + 10).closest("th") !== null,
              page: document.documentElement.scrollWidth};""")

    region = driver.find_element("id", "cells-scroll")
    driver.execute_script("arguments[0].focus()", region)
    for key, way in ((Keys.PAGE_DOWN, "down"), (Keys.ARROW_RIGHT, "right"), (Keys.END, "down")):
        before = box()[way]
        until(lambda: keys(driver, key) or box()[way] > before)
        found = box()
        assert (found["name"], found["head"], found["under"]) == ("name", "cell", True), found
    until(lambda: box()["down"] > 10_000)
    assert found["page"] <= PHONE and found["height"] < 0.9 * 900, "the page is in reach, too"
    heading = driver.find_element("css selector", "#cells th[data-column=median] button")
    driver.execute_script("arguments[0].focus()", heading)
    keys(driver, Keys.ENTER)
    until(lambda: box()["down"] == 0)
    left = driver.execute_script("return arguments[0].getBoundingClientRect().left", heading)
    name = driver.execute_script(
        "return document.querySelector('#cells td.name').getBoundingClientRect().right")
    assert name < PHONE / 2 and name <= left, "the name hides no figure that is asked for"
    assert table(driver)[0]["threads"] == "1"


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
