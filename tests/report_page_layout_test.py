"""report.html fits a phone and a desk, in the light and in the dark, whatever the run."""

import pytest
from browser import AXE, look, violations_of
from conftest import until
from report_pages import DESK, PHONE, keys, table, text_of

LEAST_TEXT, LEAST_IN_CHARTS = 11, 9  # CSS pixels

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
        told = driver.execute_script("""
            return {differences: document.querySelectorAll("[data-difference]").length,
                    made: document.querySelectorAll("[data-hostile], img, [onload]").length,
                    cut: ((lines) => lines.scrollWidth > lines.clientWidth)(
                      document.getElementById("lines"))};""")
        assert told == {"differences": 3, "made": 0, "cut": False}
    if AXE.exists():
        assert violations_of(driver)[0] == []
    assert pages("compare")[1] == ""
