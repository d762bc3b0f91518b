"""The page is whole, says what the data say, and takes nothing in a run for markup."""

import base64
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import charts
import report
import throughput_by_cores
from cells import cells_of
from chart import Chart
from page import embedded_json, page_of
from results import load_run
from synthetic_run import PUBLISHED, sweep, write_run

HOSTILE = ("</script></title></style><script>alert(1)</script><img src=x onerror=alert(1)>"
           "<!--<svg onload=alert(1)> \u2028 {{ 7*7 }} \"'&amp;")
REAL = PUBLISHED / "20261126T174556Z-bench"
# What that run has the data for, in the order of the page.
DRAWN = ("throughput_by_cores", "ratio_by_cores", "latency_distribution", "efficiency_by_cores",
         "causes", "fairness", "timeline")


class Page(HTMLParser):
    """Elements as (tag, attributes), and the text of each script."""

    VOID = {"meta", "link", "br", "wbr", "input", "img", "hr"}

    def __init__(self, text: str):
        super().__init__()
        self.elements, self.scripts, self.inside, self.texts = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.inside.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        assert self.inside.pop() == tag

    def handle_data(self, data):
        if self.inside and self.inside[-1] == "script":
            self.scripts[-1] += data
        elif not self.inside or self.inside[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def data(self) -> dict:
        return json.loads(self.scripts[0])

    def ids(self) -> list:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def main(*arguments) -> int:
    return report.main([str(argument) for argument in arguments])


def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Page:
    output = tmp_path_factory.mktemp("real")
    assert main(REAL, "--output", output, "--price-per-hour", "0.5") == 0
    return page(output)


def test_every_section_is_there_and_ids_are_unique(real):
    ids = real.ids()
    assert len(ids) == len(set(ids))
    assert {"headline", "charts", "not-drawn", "why", "limits", "cost", "cells", "machine",
            "doctor", "method", "reproduce", "data"} <= set(ids)
    targets = {attributes["href"][1:] for tag, attributes in real.elements if tag == "a"}
    assert targets <= set(ids)
    levels = [int(tag[1]) for tag, _ in real.elements if tag in ("h1", "h2", "h3")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))


def test_the_page_asks_nobody_for_anything(real):
    for tag, attributes in real.elements:
        assert tag not in ("link", "img", "iframe", "object", "base"), tag
        for name in ("src", "href", "xlink:href", "action"):
            value = attributes.get(name, "#")
            assert value.startswith(("#", "data:image/")), (tag, name, value)
    policy = next(attributes["content"] for _, attributes in real.elements
                  if attributes.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(real.scripts[1].encode()).digest()).decode()
    assert policy.startswith("default-src 'none';") and f"script-src 'sha256-{digest}'" in policy


def test_what_the_page_says_is_what_the_run_has(real):
    run = load_run(REAL)
    cells = {(cell.role, cell.name): cell for cell in cells_of(run)}
    rows = [attributes for tag, attributes in real.elements
            if tag == "tr" and "data-cell" in attributes]
    assert {(row["data-role"], row["data-cell"]) for row in rows} == set(cells)
    assert sum(cell.trials for cell in cells.values()) == sum(
        not trial.is_superseded for trial in run.stored)
    by_name = {(one["role"], one["cell"]): one for one in real.data["cells"]}
    for key, cell in cells.items():
        assert by_name[key]["median_per_s"] == cell.throughput.median
        assert f"{cell.throughput.median:,.0f}" in real.text
    assert len(real.data["trials"]) == len(run.stored)
    assert "HISTFAAA" not in real.scripts[0]
    assert real.data["headline"]["sentence"] in real.text
    for program in run.document["binaries"].values():
        assert program["sha256"] in real.text
    assert "coresweep run harness/plans/bench.json --seed 1434160165" in real.text
    assert "Not stored: this run is older than that." in real.text
    assert "the same arm beside itself: 1.00x (0.97–1.02, 96.1 % interval) over 9 blocks; " in (
        real.text)


def test_what_a_dot_is_and_what_a_ratio_is_are_said(real):
    assert "Each dot is one block, unless the chart's line says otherwise." in real.text
    assert [real.text.count(f"Here each dot is one {one}.") for one in ("thread", "second")] == [
        1, 1]
    assert real.text.count("It need not be the ratio of the two medians") == 1


def test_one_block_has_no_median_but_a_figure(tmp_path, real):
    run = load_run(write_run(tmp_path / "run", sweep(blocks=1), plan__blocks=1))
    said = "the interval of that median (of one block: its figure)."
    assert said in Page(page_of(run, [])).text and said not in real.text


def test_a_chart_carries_its_figures_as_text(real):
    question = throughput_by_cores.CHART.question
    assert real.text.count(question) >= 2  # as heading and as the drawing's title
    assert "shared_reactor, 1 thread: 436,856" in real.text
    figures = [attributes for tag, attributes in real.elements
               if tag == "svg" and attributes.get("role") == "img"]
    assert [one["aria-labelledby"] for one in figures] == [
        f"{name}-title {name}-desc" for name in DRAWN]
    cut = [float(one["viewbox"].split()[1]) > 0 for one in figures]
    assert cut == [name == "throughput_by_cores" for name in DRAWN], "its title is the page's"


def test_hostile_text_is_text(tmp_path, capsys):
    trials = sweep(architectures=["shared_reactor", HOSTILE[:60]], thread_counts=[1], blocks=2,
                   verdict_of=lambda name, *at: ["noisy_host"])
    for trial in trials:
        trial["verdict_details"] = {name: HOSTILE for name in trial["verdict"]}
    folder = write_run(
        tmp_path / "run", trials, plan__question=HOSTILE, machine__cpu_model=HOSTILE,
        command=["coresweep", HOSTILE], plan_file=HOSTILE,
        skipped=[{"what": HOSTILE, "why": HOSTILE}])
    (tmp_path / "why.json").write_text(json.dumps({"why": [HOSTILE]}), encoding="utf-8")
    assert main(folder, "--why", tmp_path / "why.json", "--price-per-hour", "1") == 0
    found = page(folder)
    assert len(found.scripts) == 2 and "img" not in [tag for tag, _ in found.elements]
    assert not [name for _, attributes in found.elements for name in attributes
                if name.startswith("on")]
    assert found.data["question"] == HOSTILE
    assert found.data["trials"][0]["verdict_details"]["noisy_host"] == HOSTILE
    assert "49" not in found.text.split("Why")[0]


@pytest.mark.parametrize("odd", ["\x01", "\x0b", "\x1f", "\b", "\f", "\ufffe", "\uffff"])
def test_a_character_that_no_page_can_hold_is_replaced(tmp_path, odd):
    trials = sweep(thread_counts=[1], blocks=1)
    trials[0].update(verdict=["failed"], verdict_details={"failed": f"it said {odd}"})
    folder = write_run(tmp_path / "run", trials, plan__question=f"Which\\{odd} is it?\n")
    run = load_run(folder)
    assert run.question == "Which\\\ufffd is it?\n"
    assert run.stored[0].details == {"failed": "it said \ufffd"}
    drawn = charts.draw_all(run, tmp_path, [throughput_by_cores.CHART])
    found = Page(page_of(run, drawn))
    assert odd not in found.text and "Which\\\ufffd is it?" in found.text
    assert [values["data-chart"] for _, values in found.elements if "data-chart" in values] == [
        "throughput_by_cores"]


def test_a_drawing_that_is_none_is_a_line_and_spoils_no_other(tmp_path, capsys):
    run = load_run(write_run(tmp_path / "run", sweep(thread_counts=[1], blocks=1)))
    whole, torn = (replace(throughput_by_cores.CHART, name=name) for name in ("whole", "torn"))
    drawn = charts.draw_all(run, tmp_path, [torn, whole])
    (tmp_path / "torn.svg").write_text("<svg", encoding="utf-8")
    found = Page(page_of(run, drawn))
    shown = [values["data-chart"] for _, values in found.elements if "data-chart" in values]
    missed = [values["data-not-drawn"] for _, values in found.elements
              if "data-not-drawn" in values]
    assert (shown, missed) == (["whole"], ["torn"])
    assert capsys.readouterr().err.startswith("report: torn could not be made: ParseError: ")


@pytest.mark.parametrize("text", ["</script>", "<!--", "\u2028", "]]>", "&lt;", "'\"\\"])
def test_embedded_json_ends_nothing(text):
    embedded = embedded_json({text: [text]})
    assert not set("<>&\u2028") & set(embedded)
    assert json.loads(embedded) == {text: [text]}


def failing(where: str) -> Chart:
    def fail(run):
        raise ValueError(f"it\nfell <b>over</b> in {where}")

    whole = throughput_by_cores.CHART
    return Chart(f"fails_in_{where}", f"Does {where} fail?",
                 fail if where == "missing" else whole.missing,
                 fail if where == "draw" else whole.draw,
                 fail if where == "reading" else whole.reading)


def test_a_chart_that_fails_is_a_line_and_spoils_no_other(tmp_path, capsys):
    run = load_run(write_run(tmp_path / "run", sweep(thread_counts=[1], blocks=2)))
    lacking = Chart("lacks", "Does it lack?", lambda run: "two rates: run latency", None, None)
    drawn = charts.draw_all(run, tmp_path, [*map(failing, ("missing", "draw", "reading")),
                                            lacking, throughput_by_cores.CHART])
    charts.complain(drawn, "report")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ValueError")[0] for line in lines] == [
        "report: fails_in_missing could not be made",
        "report: fails_in_draw could not be made",
        "report: fails_in_reading could not be made: its reading"]
    found = Page(page_of(run, drawn))
    assert "Could not be drawn: ValueError: it fell <b>over</b> in draw (report_page_test" in (
        found.text)
    assert "No two rates: run latency." in found.text
    shown = [attributes["data-chart"] for _, attributes in found.elements
             if "data-chart" in attributes]
    assert shown == ["fails_in_reading", "throughput_by_cores"]


@pytest.mark.parametrize("program", [charts, report], ids=lambda module: module.__name__)
@pytest.mark.parametrize("where, code", [("draw", 1), ("reading", 1), (None, 0)])
def test_a_chart_that_could_not_be_made_ends_with_1(
        tmp_path, monkeypatch, capsys, program, where, code):
    folder = write_run(tmp_path / "run", sweep(thread_counts=[1], blocks=2))
    made = [failing(where)] if where else []
    lacking = Chart("lacks", "Does it lack?", lambda run: "two rates: run latency", None, None)
    monkeypatch.setattr(charts.draw_all, "__defaults__",
                        ((throughput_by_cores.CHART, lacking, *made),))
    assert program.main([str(folder)]) == code
    out, err = capsys.readouterr()
    page = folder / "report.html"
    assert out.startswith(f"{page if program is report else folder / 'throughput_by_cores.png'}\n")
    assert page.exists() == (program is report)
    assert (f"fails_in_{where} could not be made: " in err) == bool(where)



def test_cells_without_a_valid_trial_stand_in_parentheses(tmp_path):
    folder = write_run(tmp_path / "run", sweep(
        thread_counts=[1], blocks=2, throughput_of=lambda *at: 98_000.0,
        verdict_of=lambda *at: ["shared_cpus"]))
    assert main(folder, "--price-per-hour", "1") == 0
    found = page(folder)
    assert "(98,000)" in found.text and "shared_cpus 2" in found.text
    assert "No cost. No arm has a median at the most threads that have a CPU" in found.text
    assert found.data["headline"]["ratio"] is None


def test_costs_are_of_the_interval_of_the_median(tmp_path, capsys):
    folder = write_run(tmp_path / "run", sweep(
        thread_counts=[1], blocks=9, throughput_of=lambda name, threads, block:
        [1000.0, 2000.0, 3000.0, 4000.0, 5000.0, 6000.0, 7000.0, 8000.0, 9000.0][block]))
    assert main(folder, "--price-per-hour", "0.5", "--rate", "20000") == 0
    line = capsys.readouterr().out.splitlines()[1]
    # The median is 5,000 a second; of nine values the second smallest and largest hold it.
    assert line == (
        "shared_reactor/nghttp2/t1/c64/s10: 36 (14.4–57.6, 96.1 % interval) million "
        "requests a dollar; 20,000/s take 4 (3–10, 96.1 % interval) machines")
    assert "4 (3–10, 96.1 % interval)" in page(folder).text


@pytest.mark.parametrize("flags, told", [
    ([], "The price is from --price-per-hour, as typed."),
    (["--price-from", "<b>x's host"], "The price is from <b>x's host."),
])
def test_the_page_says_where_its_price_is_from(flags, told, tmp_path):
    assert main(REAL, "--output", tmp_path, "--price-per-hour", "0.5", *flags) == 0
    found = page(tmp_path)
    assert told in found.text
    assert found.data["price_from"] == (flags[1] if flags else None)


@pytest.mark.parametrize("arguments, complaint", [
    (["--price-per-hour", "0"], "argument --price-per-hour: '0' is not a number above 0"),
    (["--price-per-hour", "-1"], "argument --price-per-hour: '-1' is not a number above 0"),
    (["--price-per-hour", "inf"], "argument --price-per-hour: 'inf' is not a number above 0"),
    (["--price-per-hour", "nan"], "argument --price-per-hour: 'nan' is not a number above 0"),
    (["--price-per-hour", "1$"], "argument --price-per-hour: '1$' is not a number above 0"),
    (["--price-per-hour", "1", "--rate", "0"], "argument --rate: '0' is not a number above 0"),
    (["--rate", "5"], "argument --rate: needs --price-per-hour"),
    (["--output", ""], "argument --output: an empty path"),
])
def test_wrong_arguments_are_one_line_and_need_no_package(arguments, complaint):
    done = subprocess.run([sys.executable, "-S", report.__file__, "run", *arguments],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"report: {complaint} (allowed: RUN_FOLDER [--output FOLDER] [--why FILE] "
        "[--price-per-hour DOLLARS] [--price-from TEXT] [--rate REQUESTS_PER_S])\n")


@pytest.mark.parametrize("text, complaint", [
    ("{", "not JSON: Expecting property name enclosed in double quotes at column 2"),
    ("[]", "why: must be a list of lines, as coresweep writes it"),
    ('{"why": "x"}', "why: must be a list of lines, as coresweep writes it"),
    ('{"why": [1]}', "why: must be a list of lines, as coresweep writes it"),
    ('{"why": ["' + "x" * (1 << 20) + '"]}', "larger than the 1048576 bytes that are allowed"),
])
def test_a_why_that_is_none_is_one_line(tmp_path, capsys, text, complaint):
    (tmp_path / "why.json").write_text(text, encoding="utf-8")
    assert main(REAL, "--output", tmp_path, "--why", tmp_path / "why.json") == 1
    assert capsys.readouterr().err == f"report: {tmp_path}/why.json: {complaint}\n"


def test_why_from_standard_input_stands_on_the_page(tmp_path):
    done = subprocess.run(
        [sys.executable, "-B", report.__file__, REAL, "--output", tmp_path, "--why", "-"],
        input='{"why": ["context switches: 0.1 < 0.2"]}', capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path}/report.html\n"
    assert "context switches: 0.1 < 0.2" in page(tmp_path).text


def test_a_run_that_cannot_be_read_is_one_line(tmp_path, capsys):
    folder = write_run(tmp_path / "run", sweep(blocks=1))
    (folder / "trials.jsonl").write_text("", encoding="utf-8")
    assert main(folder) == 1
    assert capsys.readouterr().err == (
        f"report: {folder}/trials.jsonl: no trial yet: nothing to draw\n")


def test_the_page_is_the_same_for_the_same_run(tmp_path, real):
    assert main(REAL, "--output", tmp_path, "--price-per-hour", "0.5") == 0
    assert page(tmp_path).text == real.text


def test_charts_draws_all_that_there_is(tmp_path, capsys):
    assert charts.main([str(REAL), "--output", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out == "".join(f"{tmp_path}/{name}.png\n" for name in DRAWN)
    not_drawn = [chart.name for chart in charts.ALL if chart.name not in DRAWN]
    assert len(not_drawn) == len(said.err.splitlines()) > 0
    for name, line in zip(not_drawn, said.err.splitlines()):
        assert line.startswith(f"charts: {name} is not drawn: no ")
