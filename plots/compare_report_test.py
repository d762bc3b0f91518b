"""Two runs on one page: what differs comes first, and a cell's figures stand side by side."""

import json
from dataclasses import replace

import pytest

import compare_report
from compare_report import FIRST, first_drawn, rows_of
from cells import cells_of
from report_page_test import HOSTILE, Page
from results import load_run
from synthetic_run import PUBLISHED, as_version_2, sweep, write_run

A, B = (PUBLISHED / name for name in ("20261123T195145Z-bench", "20261126T174556Z-bench"))


def main(*arguments) -> int:
    return compare_report.main([str(argument) for argument in arguments])


def handed(path, lines=(), differences=()):
    """As coresweep compare hands it over; a difference: its field, both values, its meaning."""
    path.write_text(json.dumps({"compared": list(lines), "differences": [
        dict(zip(("field", "a", "b", "meaning"), one)) for one in differences]}), encoding="utf-8")
    return path


def told_differences(found: Page) -> list:
    return [(attributes["data-difference"], attributes["data-meaning"])
            for _, attributes in found.elements if "data-difference" in attributes]


def page(folder) -> Page:
    return Page((folder / "compare.html").read_text(encoding="utf-8"))


def one_count(factor: float) -> list:
    return sweep(thread_counts=[1], blocks=6, throughput_of=lambda *at: 1000.0 * factor)


def test_real_runs_stand_side_by_side(tmp_path, capsys):
    compared = handed(tmp_path / "compared.json", ["t1: 1.2x, 95 %"],
                      [("build.git_revision", "e91e", "acd8", "subject")])
    assert main(A, B, "--output", tmp_path, "--compared", compared) == 0
    assert capsys.readouterr().out == f"{tmp_path}/compare.html\n"
    found = page(tmp_path)
    ids = found.ids()
    assert len(ids) == len(set(ids))
    assert ids.index("differences") < ids.index("headline") < ids.index("cells-section")
    assert "t1: 1.2x, 95 %" in found.text
    assert told_differences(found) == [("build.git_revision", "subject")]
    assert found.data["differences"] == [{"field": "build.git_revision", "a": "e91e", "b": "acd8",
                                          "meaning": "subject"}]
    rows = {(row["role"], row["cell"]): row for row in found.data["cells"]}
    cells = {(cell.role, cell.name): cell for cell in cells_of(load_run(B))}
    for key, cell in cells.items():
        assert rows[key]["median_per_s_b"] == cell.throughput.median


def test_without_what_compare_says_none_is_told(tmp_path):
    """The two runs differ in much: which of it means what, coresweep compare alone says."""
    assert main(A, B, "--output", tmp_path) == 0
    found = page(tmp_path)
    assert found.data["differences"] is None and told_differences(found) == []
    assert found.text.count("Not asked for.") == 2 and "differs." not in found.text


def test_no_difference_is_said(tmp_path):
    assert main(A, A, "--output", tmp_path, "--compared", handed(tmp_path / "none.json")) == 0
    found = page(tmp_path)
    assert "No field that was recorded of code, machine or measuring differs." in found.text
    assert "Not asked for." not in found.text and told_differences(found) == []


def test_what_makes_it_no_comparison_of_code_comes_first(tmp_path):
    compared = handed(tmp_path / "compared.json", (), [
        ("machine.limits.nofile", "1", "2", "context"),
        ("build.flags", "-O2", "-O3", "subject"),
        ("machine.kernel", "6.1", "6.18", "confounds")])
    assert main(A, B, "--output", tmp_path, "--compared", compared) == 0
    found = page(tmp_path)
    assert told_differences(found) == [("machine.kernel", "confounds"), ("build.flags", "subject"),
                                       ("machine.limits.nofile", "context")]
    titles = ("Not a comparison of code", "What is compared", "1 field beside that")
    places = [found.text.index(title) for title in titles]
    assert places == sorted(places)
    fold = next(at for at, (_, attributes) in enumerate(found.elements)
                if attributes.get("id") == "context")
    assert [attributes["data-difference"] for _, attributes in found.elements[fold:]
            if "data-difference" in attributes] == ["machine.limits.nofile"]


def test_a_cell_of_one_run_stands_beside_nothing(tmp_path):
    runs = [load_run(write_run(tmp_path / name, sweep(architectures=[name], thread_counts=[1],
                                                      blocks=1)))
            for name in ("dealt_loops", "shared_reactor")]
    rows = {row.name.split("/")[0]: row for row in rows_of(*map(cells_of, runs))
            if row.role == "arm"}
    assert rows["dealt_loops"].b is None and rows["shared_reactor"].a is None
    assert rows["shared_reactor"].document()["median_per_s_a"] is None
    text = Page(compare_report.page_of(runs, None)).text
    assert "not in A" in text and "not in B" in text


def at_rates(folder, rates):
    """A run at `rates`, whose p99 is of no matter here."""
    lines = []
    for rate in rates:
        for trial in sweep(thread_counts=[1], blocks=6, ceiling_per_s=None):
            line = as_version_2(trial, mode="constant", rate_per_s=rate)
            lines.append({**line, "trial": len(lines), "cell": f"{line['cell']}/constant{rate}"})
    load = {"rate": list(rates) if len(rates) > 1 else rates[0], "mode": "constant"}
    return write_run(folder, lines, plan__threads=[1], plan__blocks=6, headline__rate=rates[0],
                     headline__connections=64, **{f"plan__{key}": one for key, one in load.items()})


@pytest.mark.parametrize("rates, name", [((1000, 2000), "latency_by_rate"),
                                         ((1000,), None)])
def test_a_run_at_a_rate_has_a_chart_of_latency(tmp_path, rates, name):
    run = load_run(at_rates(tmp_path / "run", rates))
    drawn = first_drawn(run, tmp_path / "charts")
    assert [one.chart.name for one in drawn if one.png is not None] == ([name] if name else [])
    assert all(one.png is not None or one.missing for one in drawn)
    found = compare_report.page_of([run, run], None)
    assert found.count('class="figure"') == (2 if name else 0)
    # These invented trials keep no histogram: each chart says what it lacks.
    assert found.count("Not drawn: no ") == (0 if name else 2 * len(FIRST))


def test_a_run_without_a_chart_says_why(tmp_path):
    run = load_run(write_run(tmp_path / "run", one_count(1.0)))
    searched = replace(run, trials=(), capacity_p99="2ms", stored=tuple(
        replace(trial, role="capacity") for trial in run.stored))
    found = " ".join(Page(compare_report.page_of([run, searched], None)).text.split())
    assert "Not drawn: no search for what is held: a run of its own has them" in found
    assert [one.chart.name for one in first_drawn(searched, tmp_path)] == ["capacity_by_cores"]


def test_hostile_text_is_text(tmp_path):
    folder = write_run(tmp_path / "run", one_count(1.0), plan__question=HOSTILE,
                       machine__cpu_model=HOSTILE)
    compared = handed(tmp_path / "compared.json", [HOSTILE],
                      [(HOSTILE, HOSTILE, HOSTILE, meaning)
                       for meaning in compare_report.MEANINGS])
    assert main(folder, A, "--output", tmp_path, "--compared", compared) == 0
    found = page(tmp_path)
    assert len(told_differences(found)) == 3
    assert len(found.scripts) == 2 and "img" not in [tag for tag, _ in found.elements]


@pytest.mark.parametrize("arguments, code, complaint", [
    ([A], 2, "the following arguments are required: RUN_B (allowed: RUN_A RUN_B [--output FOLDER] "
             "[--compared FILE])"),
    ([A, "nowhere"], 1, "nowhere: no such folder: name one with run.json and trials.jsonl"),
    ([A, B, "--compared", "nowhere.json"], 1,
     "nowhere.json: no such file (--compared)"),
])
def test_a_mistake_is_one_line(capsys, arguments, code, complaint):
    try:
        assert main(*arguments) == code
    except SystemExit as left:
        assert left.code == code
    assert capsys.readouterr().err == f"compare_report: {complaint}\n"


GOOD = {"field": "build.flags", "a": "-O2", "b": "-O3", "meaning": "subject"}


@pytest.mark.parametrize("differences", [
    None, {}, [GOOD, "x"], [{**GOOD, "a": 1}], [{**GOOD, "meaning": "cause"}],
    [{**GOOD, "meaning": ["subject"]}], [{**GOOD, "more": "x"}],
    [{key: value for key, value in GOOD.items() if key != "b"}]])
def test_what_is_no_difference_is_one_line(tmp_path, capsys, differences):
    path = tmp_path / "compared.json"
    path.write_text(json.dumps({"compared": [], "differences": differences}), encoding="utf-8")
    assert main(A, B, "--output", tmp_path, "--compared", path) == 1
    assert capsys.readouterr().err == (f"compare_report: {path}: differences: must be a list of "
                                       "fields, as coresweep writes it\n")
    path.write_text('{"differences": []}', encoding="utf-8")
    assert main(A, B, "--output", tmp_path, "--compared", path) == 1
    assert capsys.readouterr().err == (f"compare_report: {path}: compared: must be a list of "
                                       "lines, as coresweep writes it\n")
