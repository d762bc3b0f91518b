"""coresweep export: every trial in a table, every cell in google-benchmark's own format."""

import csv
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, one_line
from stored_runs import (
    CELL,
    FIRST,
    SECOND,
    TEN,
    TWINNED,
    coresweep,
    run_with,
    told,
    write_lines,
)
from sweeps import PYTHON, run_folder, sweep, trials_of

sys.path.append(str(ROOT / "build" / "python"))

COMPARE_PY = pathlib.Path("/usr/share/benchmark/compare.py")


def table_of(folder, tmp_path):
    assert told("export", folder, "--format", "csv", "--output", tmp_path / "table.csv") == ""
    text = (tmp_path / "table.csv").read_bytes().decode()
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("folder", [FIRST, SECOND, TEN, TWINNED], ids=lambda folder: folder.name)
def test_a_table_has_every_plain_value_of_every_trial(folder, tmp_path):
    rows = table_of(folder, tmp_path)
    trials = trials_of(folder)
    assert len(rows) == len(trials)
    columns = list(rows[0])
    assert columns[:4] == ["schema_version", "trial", "block", "attempt"]
    assert columns.index("server.threads.0.requests") < columns.index("server.threads.1.requests")
    assert not [name for name in columns if "histogram" in name]
    again = {(trial["block"], trial["cell"]) for trial in trials if trial["attempt"] > 1}
    for row, trial in zip(rows, trials, strict=True):
        is_superseded = trial["attempt"] == 1 and (trial["block"], trial["cell"]) in again
        assert row["cell"] == trial["cell"]
        assert row["is_superseded"] == ("true" if is_superseded else "false")
        assert row["verdict"] == " ".join(trial["verdict"])
        assert float(row["throughput_per_s"]) == trial["throughput_per_s"]
        assert float(row["latency_from_sent_ns.mean"]) == trial["latency_from_sent_ns"]["mean"]
        assert row["server.cpus"] == " ".join(str(cpu) for cpu in trial["server"]["cpus"])
        for i, thread in enumerate(trial["server"]["threads"]):
            spoken = "" if thread["tid"] is None else str(thread["tid"])
            assert row[f"server.threads.{i}.tid"] == spoken


def test_a_table_holds_what_a_file_may_hold(tmp_path):
    run = run_with(tmp_path / "run", [1.0, 2.0, 3.0])
    lines = trials_of(run)
    lines[0].update(verdict=["failed"], notes=['a "quoted", one', "two\nlines"], server=None)
    lines[1]["failures"] = {"wrong_payload": 3}
    lines[2].update(block=1, attempt=2, latency_from_sent_ns=None)
    write_lines(run, lines)
    first, second, third = table_of(run, tmp_path)
    assert first["notes"] == 'a "quoted", one two\nlines' and first["server.cpus"] == ""
    assert "server" not in first and "latency_from_sent_ns" not in first
    assert (first["failures.wrong_payload"], second["failures.wrong_payload"]) == ("", "3")
    assert [row["is_superseded"] for row in (first, second, third)] == ["false", "true", "false"]
    names = list(first)
    assert names.index("failures.wrong_payload") == names.index("window_s") - 1


def benchmark_file(folder, path):
    result = coresweep("export", folder, "--format", "google-benchmark", "--output", path)
    assert result.returncode == 0 and result.stdout == "", result.stderr
    return result.stderr


def test_a_benchmark_is_a_cell_and_its_times_are_a_request_s(tmp_path):
    said = benchmark_file(SECOND, tmp_path / "run.json")
    trials = trials_of(SECOND)
    arms = [trial for trial in trials if trial["role"] == "arm"]
    valid = [trial for trial in arms if not trial["verdict"]]
    assert said == (
        f"coresweep: trials left out: {len(arms) - len(valid)} not valid, "
        f"{len(trials) - len(arms)} of other roles\n"
    )
    report = json.loads((tmp_path / "run.json").read_text())
    assert report["context"]["date"] == "2026-11-23T19:51:45Z"
    assert report["context"]["num_cpus"] == 2
    runs = [entry for entry in report["benchmarks"] if entry["run_type"] == "iteration"]
    assert len(runs) == len(valid)
    for cell in {trial["cell"] for trial in valid}:
        entries = [entry for entry in runs if entry["name"] == cell]
        of_cell = [trial for trial in valid if trial["cell"] == cell]
        assert [entry["repetition_index"] for entry in entries] == list(range(len(of_cell)))
        for entry, trial in zip(entries, of_cell, strict=True):
            assert entry["items_per_second"] == trial["throughput_per_s"]
            assert entry["real_time"] == pytest.approx(1e9 / trial["throughput_per_s"])
            server = trial["server"]
            cpus = (server["cpu_user_s"] + server["cpu_system_s"]) / server["window_s"]
            assert entry["cpu_time"] == pytest.approx(cpus * entry["real_time"])
            assert entry["latency_from_sent_p99_ns"] == trial["latency_from_sent_ns"]["p99"]
        (median,) = (entry for entry in report["benchmarks"] if entry["name"] == cell + "_median")
        times = sorted(entry["real_time"] for entry in entries)
        assert times[0] <= median["real_time"] <= times[-1]
        assert (median["aggregate_name"], median["repetitions"]) == ("median", len(entries))


def test_what_is_left_of_a_cell_is_no_benchmark_of_it(tmp_path):
    """A tracker would take the median of those in which the client happened to keep up."""
    for verdict, count, said in (
        ("noisy_host", 4, "4 not valid"),
        ("noisy_host", 5, "5 not valid, 4 valid ones of cells whose others leave no answer"),
        ("client_bound", 1, "1 not valid, 8 valid ones of cells whose others leave no answer"),
    ):
        run = run_with(tmp_path / f"{verdict}{count}", [100_000 + i for i in range(9)])
        lines = trials_of(run)
        for line in lines[:count]:
            line["verdict"] = [verdict]
        write_lines(run, lines)
        out = tmp_path / "run.json"
        assert benchmark_file(run, out) == f"coresweep: trials left out: {said}\n"
        report = json.loads(out.read_text())
        kept = [entry for entry in report["benchmarks"] if entry["run_type"] == "iteration"]
        assert len(kept) == (5 if "leave" not in said else 0)
        left_out = {key for key in report["context"] if key.startswith("left_out ")}
        assert left_out == {f"left_out {part.split(' ', 1)[1]}" for part in said.split(", ")}


@pytest.mark.skipif(not COMPARE_PY.exists(), reason="needs libbenchmark-tools")
def test_google_benchmarks_own_compare_reads_it(tmp_path):
    pytest.importorskip("scipy.stats", reason="no SciPy (cmake/install_wheels.sh)")
    draw = random.Random(3)
    slow = [draw.lognormvariate(12, 0.05) for _ in range(9)]
    runs = [run_with(tmp_path / "a", slow), run_with(tmp_path / "b", [1.25 * v for v in slow])]
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for run, path in zip(runs, files, strict=True):
        assert benchmark_file(run, path) == ""
    python_path = f"{ROOT / 'build' / 'python'}:{os.environ.get('PYTHONPATH', '')}"
    result = subprocess.run(
        [PYTHON, "-B", COMPARE_PY, "--no-color", "--dump_to_json", tmp_path / "compared.json",
         "benchmarks", *files],
        env={**os.environ, "PYTHONPATH": python_path}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    entries = json.loads((tmp_path / "compared.json").read_text())
    compared = {entry["name"]: entry for entry in entries}
    assert set(compared) == {CELL, f"{CELL}_mean", f"{CELL}_median", f"{CELL}_stddev",
                             "OVERALL_GEOMEAN"}  # fmt: skip
    for change in compared[CELL]["measurements"]:
        assert change["time"] == pytest.approx(1 / 1.25 - 1)
    tested = compared[CELL]["utest"]
    assert tested["have_optimal_repetitions"] and tested["nr_of_repetitions"] == 9
    assert tested["time_pvalue"] < 0.001
    assert "U Test, Repetitions: 9 vs 9" in result.stdout


def test_a_real_sweep_is_exported_in_both_formats(plan, tmp_path):
    """Of whose trials none is hollow: a machine of one's own has such."""
    result = sweep(plan(duration="100ms"), tmp_path)
    assert result.returncode == 0, result.stderr
    folder = run_folder(tmp_path)
    trials = trials_of(folder)
    write_lines(folder, [{**trial, "verdict": [], "verdict_details": {}} for trial in trials])
    assert len(table_of(folder, tmp_path)) == len(trials)
    said = benchmark_file(folder, tmp_path / "run.json")
    assert said == "coresweep: trials left out: 2 of other roles\n"
    assert len(json.loads((tmp_path / "run.json").read_text())["benchmarks"]) == 2 * (2 + 3)


def test_a_file_is_replaced_as_a_whole_and_nothing_else_is(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(out)
    os.mkfifo(tmp_path / "pipe")
    broken = tmp_path / "broken"
    shutil.copytree(SECOND, broken)
    with (broken / "trials.jsonl").open("a") as file:
        file.write("[]\n")
    for name in ("folder", "link", "pipe"):
        result = coresweep("export", SECOND, "--format", "csv", "--output", tmp_path / name)
        assert result.returncode == 2
        assert f"{tmp_path}/{name}: is no regular file" in one_line(result, "coresweep")
    for arguments, text in (
        ((broken, "--format", "csv", "--output", out), "line 46: is no object"),
        ((SECOND, "--format", "csv", "--output", ""), "--output is empty"),
        ((SECOND, "--format", "xml"), "--format: 'xml': allowed is csv or google-benchmark"),
        ((SECOND,), "--format is required"),
        ((broken, "--format", "csv", "--output", broken / "trials.jsonl"),
         "trials.jsonl: is a file of the run itself (--output)"),
        ((broken, "--format", "csv", "--output", tmp_path / "folder" / ".." / "broken/run.json"),
         "run.json: is a file of the run itself (--output)"),
    ):
        result = coresweep("export", *arguments)
        assert result.returncode == 2, arguments
        assert text in one_line(result, "coresweep")
    result = coresweep("export", SECOND, "--format", "csv", "--output", tmp_path / "none" / "x")
    assert result.returncode == 1
    assert "No such file or directory (--output)" in one_line(result, "coresweep")
    assert out.read_text() == "mine"
    told("export", SECOND, "--format", "csv", "--output", out)
    assert out.read_text() == told("export", SECOND, "--format", "csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "broken", "folder", "link", "out.csv", "pipe"]  # fmt: skip
