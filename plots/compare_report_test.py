"""Two runs on one page: what differs comes first, and a cell's figures stand side by side."""

import json
from dataclasses import replace

import pytest

import compare_report
from compare_report import FIRST, differences_of, first_drawn, rows_of
from cells import cells_of
from report_page_test import HOSTILE, Page
from results import load_run
from synthetic_run import PUBLISHED, as_version_2, sweep, write_run

A, B = (PUBLISHED / name for name in ("20261123T195145Z-bench", "20261126T174556Z-bench"))


def main(*arguments) -> int:
    return compare_report.main([str(argument) for argument in arguments])


def page(folder) -> Page:
    return Page((folder / "compare.html").read_text(encoding="utf-8"))


def one_count(factor: float) -> list:
    return sweep(thread_counts=[1], blocks=6, throughput_of=lambda *at: 1000.0 * factor)


def test_real_runs_stand_side_by_side(tmp_path, capsys):
    (tmp_path / "compared.json").write_text('{"compared": ["t1: 1.2x, 95 %"]}', encoding="utf-8")
    assert main(A, B, "--output", tmp_path, "--compared", tmp_path / "compared.json") == 0
    assert capsys.readouterr().out == f"{tmp_path}/compare.html\n"
    found = page(tmp_path)
    ids = found.ids()
    assert len(ids) == len(set(ids))
    assert ids.index("differences") < ids.index("headline") < ids.index("cells-section")
    assert "t1: 1.2x, 95 %" in found.text
    assert "build.git_revision" in [one["what"] for one in found.data["differences"]]
    rows = {(row["role"], row["cell"]): row for row in found.data["cells"]}
    cells = {(cell.role, cell.name): cell for cell in cells_of(load_run(B))}
    for key, cell in cells.items():
        assert rows[key]["median_per_s_b"] == cell.throughput.median
    key = ("arm", "shared_reactor/nghttp2/t1/c32/s10")
    assert rows[key]["ratio"] == rows[key]["median_per_s_b"] / rows[key]["median_per_s_a"]
    assert f"{rows[key]['ratio']:.2f}x" in found.text


def test_the_same_run_differs_in_nothing(tmp_path):
    assert main(A, A, "--output", tmp_path) == 0
    found = page(tmp_path)
    assert "Nothing that is recorded: machine, build, programs and plan are the same." in found.text
    assert {row["ratio"] for row in found.data["cells"]} <= {1.0, None}
    assert "Not asked for." in found.text


def test_a_cell_of_one_run_and_hollow_ones_have_no_ratio(tmp_path):
    hollow = sweep(thread_counts=[1], blocks=2, verdict_of=lambda *at: ["shared_cpus"])
    runs = [load_run(write_run(tmp_path / name, trials)) for name, trials in (
        ("a", one_count(1.0)), ("b", one_count(2.0)), ("c", hollow),
        ("d", sweep(architectures=["dealt_loops"], thread_counts=[1], blocks=1)))]
    cells = [cells_of(run) for run in runs]
    arm = "shared_reactor/nghttp2/t1/c64/s10"
    ratios = [{row.name: row.ratio for row in rows_of(cells[0], other) if row.role == "arm"}
              for other in cells[1:]]
    assert [found[arm] for found in ratios] == [2.0, None, None]
    assert ratios[2]["dealt_loops/nghttp2/t1/c64/s10"] is None


def test_what_one_is_too_old_to_have_is_absent():
    assert differences_of({"plan": {"a": 1}}, {"plan": {"a": 2, "b": None}}) == [
        {"what": "plan.a", "a": "1", "b": "2", "is_absent": False},
        {"what": "plan.b", "a": "absent", "b": "null", "is_absent": True}]


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
    assert "B / A is of these medians alone, of p99" in found
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
    (tmp_path / "compared.json").write_text(json.dumps({"compared": [HOSTILE]}), encoding="utf-8")
    assert main(folder, A, "--output", tmp_path, "--compared", tmp_path / "compared.json") == 0
    found = page(tmp_path)
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
