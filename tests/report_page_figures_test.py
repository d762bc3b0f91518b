"""What report.html says is what is stored: read back from the page and from what is downloaded."""

import json
import math
import re
import statistics
from collections import Counter

from report_pages import BENCH, RATE, downloaded, faults, figures, rows_of, table, text_of


def interval(values):
    """Median, the ends of its interval by order statistics, and how often these cover it."""
    ordered, count = sorted(values), len(values)

    def covers(rank):
        return 1 - sum(math.comb(count, i) for i in range(rank)) / 2 ** (count - 1)

    rank = max(rank for rank in range(1, count // 2 + 1) if covers(rank) >= 0.95)
    return statistics.median(ordered), ordered[rank - 1], ordered[-rank], 100 * covers(rank)


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
