"""report.html as it is printed: all of it, and nothing to press."""

import re

import pytest
from browser import look, pages_of, printed, without_charts

# What both A4 and US letter hold within the page's margins (CSS pixels).
PAPER_WIDTH, PAPER_HEIGHT = 703, 965


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


# What is not printed: the arm, which the cell's name says, and conditions where there is one.
@pytest.mark.parametrize("name, rows, left_out", [("many", 641, ["arm", "conditions"]),
                                                  ("compare", 20, [])])
def test_a_long_table_prints_every_row_and_its_headings_on_every_page(opened, name, rows,
                                                                      left_out):
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
    hidden = driver.execute_script("""
        return [...document.querySelectorAll("#cells thead th")]
          .filter((head) => !head.checkVisibility()).map((head) => head.dataset.column);""")
    look(driver)
    assert hidden == left_out
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
