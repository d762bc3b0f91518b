"""No text of a run is markup, a script or a formula on its page."""

from report_pages import FORMULA, HOSTILE, downloaded, rows_of, table


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
