"""Two runs on one page: what differs comes first, and a cell's figures stand side by side."""

import json

import pytest

import compare_report
from compare_report import differences_of, rows_of
from cells import cells_of
from report_page_test import HOSTILE, Page
from results import load_run
from synthetic_run import PUBLISHED, sweep, write_run

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
