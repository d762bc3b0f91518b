"""coresweep list, compare and export: over the published runs, and over sweeps made here."""

import csv
import io
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

import pytest
from conftest import BIN, ROOT, one_line, run_program
from sweeps import PYTHON, run_folder, sweep, trials_of

sys.path.append(str(ROOT / "build" / "python"))

PUBLISHED = ROOT / "results" / "published"
FIRST, SECOND, TEN, TWINNED = sorted(path.parent for path in PUBLISHED.glob("*/run.json"))
COMPARE_PY = pathlib.Path("/usr/share/benchmark/compare.py")
SANITIZED = bool(os.environ.get("CORESWEEP_SANITIZE"))
SEEDS = itertools.count()
CELL = "reuseport_loops/nghttp2/t1/c32/s10"


def coresweep(*arguments):
    return run_program("coresweep", *arguments)


def told(*arguments):
    result = coresweep(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def write_lines(folder, lines):
    (folder / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def change_record(folder, change):
    record = json.loads((folder / "run.json").read_text())
    change(record)
    (folder / "run.json").write_text(json.dumps(record))


def run_with(folder, values, **fields):
    """A copy of a published run, started at another time, whose one cell has these throughputs."""
    shutil.copytree(SECOND, folder)
    change_record(folder, lambda record: record.update(seed=next(SEEDS)))
    line = next(each for each in trials_of(SECOND) if each["cell"] == CELL)
    line.update(verdict=[], verdict_details={}, **fields)
    write_lines(folder, [
        {**line, "block": block, "throughput_per_s": value} for block, value in enumerate(values)
    ])  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Two sweeps of one plan, of whose trials none is hollow: a machine of one's own has such."""
    from sweeps import free_port

    folders = []
    for name in ("a", "b"):
        folder = tmp_path_factory.mktemp(name)
        plan = folder / "short.json"
        plan.write_text(json.dumps({
            "question": "Does it work?", "architectures": ["shared_reactor", "reuseport_loops"],
            "threads": [1], "connections": 8, "streams": 4, "warmup": "50ms",
            "duration": "100ms", "blocks": 4, "twin_blocks": 0, "controls": False, "reruns": 0,
            "listen": f"127.0.0.1:{free_port()}",
        }))  # fmt: skip
        result = sweep(plan, folder)
        assert result.returncode == 0, result.stderr
        folders.append(run_folder(folder))
        lines = trials_of(folders[-1])
        write_lines(folders[-1], [{**line, "verdict": [], "verdict_details": {}} for line in lines])
    return folders


# list


def test_published_runs_are_listed_the_newest_first():
    lines = told("list", "--results", PUBLISHED).splitlines()
    assert [line.split()[0] for line in lines] == [
        TWINNED.name, TEN.name, SECOND.name, FIRST.name]
    twinned, newest, second, first = lines
    assert "reuseport_loops / shared_reactor: 1.01x (0.96-1.02, 96.1 % interval)" in twinned
    # Of 97 stored one was run again; the two arms share CPUs with the load at two threads.
    assert " 96 of 96 trials, of arms and ceilings 24 of 42 valid " in twinned
    assert "interrupted" not in twinned
    assert "126 of 126 trials, of arms and ceilings 65 of 126 valid " in newest
    assert "interrupted" not in newest
    assert "; AMD EPYC, 2 CPUs; architectures: Which architecture answers" in newest
    # The headline is the one that the README tells, and so is why the oldest has none.
    assert "reuseport_loops / shared_reactor: 1.01x (0.89-1.22, a range: fewer than" in newest
    assert "1.02x (0.72-1.23" in second and "no difference shown" in second
    assert "no headline: " in first and "noisy_host" in first


def test_a_listed_headline_inside_the_noise_shows_no_difference(tmp_path):
    """As the sweep itself ended, whose A/A arm is in the list's run too."""
    folder = tmp_path / "run"
    shutil.copytree(TWINNED, folder)
    lines = trials_of(folder)
    for line in lines:
        ahead = line["factors"]["architecture"] == "reuseport_loops"
        line["verdict"] = []
        line["throughput_per_s"] = {
            "arm": 1050 if ahead else 1000, "aa": 1080 if line["block"] % 3 else 930,
        }.get(line["role"], 1000) + line["block"] / 100  # fmt: skip
    write_lines(folder, lines)
    listed = told("list", "--results", tmp_path)
    assert "1.05x (1.05-1.05, 96.1 % interval) at 1 thread, 9 blocks: " in listed
    assert "no difference shown: the same arm beside itself gave " in listed


def open_loop(folder):
    """A copy of a published run as if it had offered two rates to two kinds of HTTP/2."""
    shutil.copytree(TWINNED, folder)
    load = {"mode": "poisson", "rate": ["20%", "30%"], "http2": ["nghttp2", "lean"]}
    change_record(folder, lambda record: record["plan"].update(load))
    change_record(folder, lambda record: record["headline"].update(rate="30%"))
    lines = [line for line in trials_of(folder) if line["role"] == "arm"]
    for line in lines:
        ahead = line["factors"]["architecture"] == "reuseport_loops"
        line["factors"].update(mode="poisson", rate_per_s=20_000, rate_share=0.3)
        line["latency_from_due_ns"]["p99"] = (900_000 if ahead else 1_000_000) + line["block"]
    write_lines(folder, lines)
    return lines


def test_a_listed_open_loop_is_told_by_its_latency_and_place(tmp_path):
    lines = open_loop(tmp_path / "run")
    arms = "reuseport_loops / shared_reactor with http2 nghttp2, rate 30%"
    what = f"p99 from due (below 1 is sooner), {arms}"
    assert f"{what}: 0.90x (0.90-0.90, 96.1 % interval) at 1 thread, 9 blocks; " in told(
        "list", "--results", tmp_path)  # fmt: skip
    (run,) = json.loads(told("list", "--results", tmp_path, "--json"))
    assert run["headline"]["figure"] == "latency_from_due_p99_ns"
    assert run["headline"]["ratio"] == pytest.approx(0.9, rel=1e-4)
    # A percentile that is not known may be the largest.
    next(line for line in lines if line["factors"]["threads"] == 1)["latency_from_due_ns"] = {
        "p99": None
    }
    write_lines(tmp_path / "run", lines)
    assert (
        f"no headline ({what}): 8 of 9 blocks have both arms valid at 1 thread; verdicts: p99 not "
        "known 1 (leaving these out would select the answer); "
    ) in told("list", "--results", tmp_path)


def test_a_listed_headline_that_no_a_a_was_held_against_says_so(tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(TWINNED, folder)
    lines = trials_of(folder)
    for line in lines:
        if line["role"] == "aa":
            line["verdict"] = ["client_bound"]
    write_lines(folder, lines)
    assert ", 9 blocks: no difference shown; held against no A/A; " in told(
        "list", "--results", tmp_path)  # fmt: skip


def search_for_capacity(folder):
    shutil.copytree(TWINNED, folder)
    change_record(folder, lambda record: record.update(seed=next(SEEDS)))
    change_record(folder, lambda record: record["plan"].update(capacity_p99="5ms"))
    lines = trials_of(folder)[:12]
    write_lines(folder, [{**line, "role": "capacity", "trial": i, "block": i}
                         for i, line in enumerate(lines)])  # fmt: skip
    return folder


def test_a_search_for_capacity_is_named_and_refused_where_it_has_no_ratio(tmp_path):
    folder = search_for_capacity(tmp_path / "run")
    assert (
        " 12 of about 96 trials  a search for capacity, p99 from due of at most 5ms: "
        f"coresweep resume {folder} tells its answer; "
    ) in told("list", "--results", tmp_path)
    (run,) = json.loads(told("list", "--results", tmp_path, "--json"))
    assert (run["capacity_p99"], run["trials_judged"]) == ("5ms", 0)
    assert run["headline"]["ratio"] is run["headline"]["figure"] is None
    for arguments in (("compare", TWINNED, folder), ("compare", folder, TWINNED),
                      ("explain", folder, "reuseport_loops", "shared_reactor")):  # fmt: skip
        result = coresweep(*arguments)
        assert result.returncode == 2
        assert one_line(result, "coresweep") == (
            f"{folder}: is a search for capacity (p99 from due of at most 5ms), which has no "
            f"trials of arms at one load: coresweep resume {folder} tells its answer again"
        )


def test_neighbours_that_did_not_run_back_to_back_have_no_ratio(tmp_path):
    """Of a block that a stop split, one trial is of before and the other of after it."""
    folder = tmp_path / "run"
    shutil.copytree(TWINNED, folder)
    lines = trials_of(folder)
    for line in lines:
        ahead = line["factors"]["architecture"] == "reuseport_loops"
        line["session"] = 1 if ahead and line["block"] == 3 else 0
    write_lines(folder, lines)
    assert " at 1 thread, 8 of 9 blocks" in told("list", "--results", tmp_path)
    explained = told("explain", folder, "reuseport_loops", "shared_reactor")
    assert " at 1 thread, 8 of 9 blocks" in explained


def test_a_list_for_programs_says_the_same():
    runs = json.loads(told("list", "--results", PUBLISHED, "--json"))
    assert [run["name"] for run in runs] == [TWINNED.name, TEN.name, SECOND.name, FIRST.name]
    assert runs[1]["trials_stored"] == runs[1]["trials_planned"] == 126
    assert runs[1]["trials_valid"] == sum(not line["verdict"] for line in trials_of(TEN))
    assert (runs[0]["trials_stored"], runs[0]["trials_judged"]) == (96, 42)
    assert runs[1]["trials_judged"] == 126 and runs[1]["capacity_p99"] is None
    assert runs[1]["headline"]["figure"] == "throughput_per_s"
    assert runs[1]["headline"]["ratio"] == pytest.approx(1.01, abs=0.005)
    assert runs[1]["headline"]["coverage"] is None  # 5 blocks: a range
    assert runs[2]["headline"]["coverage"] == pytest.approx(0.9921875)
    assert runs[3]["headline"]["ratio"] is None


def test_what_is_no_run_or_broken_gets_a_line_and_spoils_no_other(tmp_path):
    shutil.copytree(SECOND, tmp_path / "whole")
    (tmp_path / "empty").mkdir()
    (tmp_path / "a file").write_text("")
    hostile = "esc\x1b[2J\nline"
    (tmp_path / hostile).mkdir()
    shutil.copytree(SECOND, tmp_path / "broken")
    (tmp_path / "broken" / "run.json").write_text('{"schema_version": 1,')
    shutil.copytree(SECOND, tmp_path / "future")
    change_record(tmp_path / "future", lambda record: record.update(schema_version=9))
    shutil.copytree(SECOND, tmp_path / "torn")
    with (tmp_path / "torn" / "trials.jsonl").open("a") as file:
        file.write('{"schema_version": 1, "tri')
    shutil.copytree(SECOND, tmp_path / "interrupted")
    write_lines(tmp_path / "interrupted", trials_of(SECOND)[:7])
    shutil.copytree(SECOND, tmp_path / "begun")
    write_lines(tmp_path / "begun", [])
    shutil.copytree(SECOND, tmp_path / "odd")
    change_record(tmp_path / "odd", lambda record: record.update(
        headline={"architecture": 3, "against": []}, trials_planned="many", plan_file=None,
        machine=[], started_at={}))  # fmt: skip
    result = coresweep("list", "--results", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    lines = {line.split("  ")[0]: line for line in result.stdout.splitlines()}
    assert len(lines) == 9
    assert "no run: " in lines["empty"] and "run.json: No such file or directory" in lines["empty"]
    assert "no run: " in lines["esc?[2J?line"] and "\x1b" not in result.stdout
    assert "run.json: is not JSON" in lines["broken"]
    assert "schema_version is 9: allowed is 1 or 2" in lines["future"]
    assert " 45 of 45 trials, " in lines["torn"]
    assert " 7 of 45 trials (interrupted or running), " in lines["interrupted"]
    assert " 0 of 45 trials (interrupted or running), of arms and" in lines["begun"]
    assert "no headline: no trial of its cell yet" in lines["begun"]
    assert " 45 of ? trials (interrupted or running)" in lines["odd"]
    assert "unknown machine" in lines["odd"]


def test_an_empty_folder_and_none_are_told(tmp_path):
    assert told("list", "--results", tmp_path) == f"{tmp_path}: no run yet\n"
    result = coresweep("list", "--results", tmp_path / "none")
    assert result.returncode == 2
    text = one_line(result, "coresweep")
    assert text == f"{tmp_path}/none: No such file or directory (--results)"


# compare


def test_two_published_runs_of_one_machine_are_compared_as_code():
    text = told("compare", FIRST, SECOND)
    assert "what differs and is compared, A against B:" in text
    assert "  build.git_revision: e91e5848e8e8 against acd8a42b80d2\n" in text
    assert "  binaries.greeter.sha256: 0b32b4e2cd6b against d350f124cc0d\n" in text
    assert "  thresholds.noisy_host_window_gap_s: not recorded against 0.1\n" in text
    assert "machine." not in text and "NOT A COMPARISON" not in text
    hollow = next(line for line in text.splitlines() if line.startswith(CELL.replace("t1", "t2")))
    assert "no ratio: 0 of 9 trials of A valid: " in hollow and "shared_cpus 9" in hollow
    assert "The time between them is in none" in text


def test_the_oldest_run_and_the_newest_have_their_cells_in_common():
    """What the oldest is too old to have recorded has the value that it was run with."""
    found = json.loads(told("compare", FIRST, TWINNED, "--json"))
    cells = {(cell["role"], cell["cell"]): cell for cell in found["cells"]}
    assert set(cells) == {(line["role"], line["cell"]) for line in trials_of(FIRST)}
    for cell in cells.values():
        assert "factors." not in (cell["why_no_ratio"] or "")
    compared = cells["arm", "shared_reactor/nghttp2/t1/c32/s10"]
    assert compared["low"] <= compared["ratio"] <= compared["high"]
    fields = {each["field"]: each for each in found["differences"]}
    assert fields["plan.twin_blocks"]["a"] == "not recorded"
    assert (fields["plan.twin_blocks"]["b"], fields["plan.controls"]["meaning"]) == ("6", "context")


def test_a_run_that_did_not_end_is_said(tmp_path):
    shutil.copytree(TWINNED, tmp_path / "run")
    change_record(tmp_path / "run", lambda record: record.update(seed=next(SEEDS)))
    text = told("compare", TWINNED, tmp_path / "run")
    assert "the same code on the same machine" in text and "did not end" not in text
    (tmp_path / "run" / "end.json").unlink()
    text = told("compare", TWINNED, tmp_path / "run")
    assert "\nB did not end: 42 trials of arms and ceilings until now\n" in text
    assert "the same code on the same machine" not in text
    found = json.loads(told("compare", tmp_path / "run", TWINNED, "--json"))
    assert found["did_not_end"] == ["A did not end: 42 trials of arms and ceilings until now"]


def test_that_code_and_machine_are_the_same_is_said_where_they_are_known(tmp_path):
    runs = [run_with(tmp_path / name, [100_000] * 6) for name in ("a", "b")]
    assert "the same code on the same machine" in told("compare", *runs)
    for run in runs:
        change_record(run, lambda record: record.pop("binaries"))
    assert "the same code on the same machine" not in told("compare", *runs)


def test_another_path_is_another_cause(tmp_path):
    runs = [run_with(tmp_path / name, [100_000] * 6) for name in ("a", "b")]
    change_record(runs[1], lambda record: record["plan"].update(listen="127.0.0.1:20123"))
    assert "the same code on the same machine" in told("compare", *runs)
    change_record(runs[1], lambda record: record["plan"].update(listen="[::1]:10051"))
    result = coresweep("compare", *runs)
    assert result.returncode == 2
    assert "(plan.listen: 127.0.0.1:10051 against [::1]:10051)" in one_line(result, "coresweep")


def test_two_sweeps_of_one_plan_have_every_cell_and_no_difference_of_code(swept):
    a, b = swept
    text = told("compare", a, b)
    assert "the same code on the same machine" in text
    found = json.loads(told("compare", a, b, "--json"))
    assert {(cell["role"], cell["cell"]) for cell in found["cells"]} == {
        (line["role"], line["cell"]) for line in trials_of(a)
    }
    assert found["only_a"] == found["only_b"] == [] and found["intervals"] == 3
    for cell in found["cells"]:
        assert cell["coverage"] == pytest.approx(1 - 2 / 70)  # 4 against 4: 70 orders
        assert cell["low"] <= cell["ratio"] <= cell["high"]
    assert found["differences_shown_by_chance"] == pytest.approx(3 * 2 / 70)
    assert " of 3 intervals; were there none anywhere, 0.09 would show one by chance" in text


def test_an_interval_is_hodges_and_lehmanns_as_scipy_has_it(tmp_path):
    stats = pytest.importorskip("scipy.stats", reason="no SciPy (cmake/install_wheels.sh)")
    draw = random.Random(5)
    for first, second, factor in ((4, 4, 1), (9, 9, 1.3), (6, 12, 1), (31, 8, 0.9), (60, 50, 1.05)):
        a = [draw.lognormvariate(12, 0.1) for _ in range(first)]
        b = [factor * draw.lognormvariate(12, 0.1) for _ in range(second)]
        shutil.rmtree(tmp_path / "a", ignore_errors=True)
        shutil.rmtree(tmp_path / "b", ignore_errors=True)
        found = json.loads(told(
            "compare", run_with(tmp_path / "a", a), run_with(tmp_path / "b", b), "--json",
        ))  # fmt: skip
        (cell,) = found["cells"]
        ratios = sorted(y / x for x in a for y in b)
        middle = len(ratios) // 2
        assert ratios[middle - 1] * 0.999999 <= cell["ratio"] <= ratios[middle] * 1.000001
        assert cell["coverage_is"] == "exact" and cell["coverage"] >= 0.95

        def p_value(ratio, a=a, b=b):
            """Of the hypothesis that B is A times this ratio."""
            test = stats.mannwhitneyu([y / ratio for y in b], a, method="exact")
            return test.pvalue

        # Just within, it is not refused at the promised level; just outside, it is.
        hair = 1e-9
        for end, outwards in ((cell["low"], 1 - hair), (cell["high"], 1 + hair)):
            assert p_value(end * outwards) == pytest.approx(1 - cell["coverage"], rel=1e-6)
            assert p_value(end / outwards) > 1 - cell["coverage"] + 1e-9


def test_a_real_difference_is_shown_and_too_few_trials_give_a_range(tmp_path):
    slow = run_with(tmp_path / "slow", [100_000 + 10 * i for i in range(8)])
    fast = run_with(tmp_path / "fast", [120_000 + 10 * i for i in range(8)])
    few = run_with(tmp_path / "few", [120_000])
    text = told("compare", slow, fast)
    (line,) = (line for line in text.splitlines() if line.startswith(CELL))
    assert "1.200x (1.200-1.200, 95.0 %)" in line and "no difference" not in line
    assert "a difference is shown by 1 of 1 interval; were there none anywhere, 0.05" in text
    text = told("compare", fast, few)
    assert "a range: too few valid trials for an interval)" in text
    assert "a difference is shown" not in text


def test_leaving_trials_out_selects_no_answer(tmp_path):
    run = run_with(tmp_path / "run", [100_000] * 9)
    spoilt = run_with(tmp_path / "spoilt", [100_000] * 9)
    for verdict, count, why in (
        ("client_bound", 1, "8 of 9 trials of B valid: client_bound 1: leaving these out would"),
        ("noisy_host", 5, "4 of 9 trials of B valid: noisy_host 5"),
    ):
        lines = trials_of(spoilt)
        for i, line in enumerate(lines):
            line["verdict"] = [verdict] if i < count else []
        write_lines(spoilt, lines)
        assert f"no ratio: {why}" in told("compare", run, spoilt)


def test_another_machine_is_refused_with_every_field_or_said(tmp_path):
    shutil.copytree(SECOND, tmp_path / "other")
    change_record(tmp_path / "other", lambda record: record.update(seed=1))
    change_record(tmp_path / "other", lambda record: record["machine"].update(
        kernel="6.1.0\x1b[31m", governor="powersave"))  # fmt: skip
    change_record(tmp_path / "other", lambda record: record["plan"].update(duration="1s"))
    result = coresweep("compare", SECOND, tmp_path / "other")
    assert (result.returncode, result.stdout) == (2, "")
    text = one_line(result, "coresweep")
    assert "machine.kernel: 6.18.44-fc-v595 against 6.1.0?[31m; " in text
    assert "machine.governor: null against powersave; plan.duration: 2500ms against 1s" in text
    assert text.endswith("allowed with --despite-differences")
    said = told("compare", SECOND, tmp_path / "other", "--despite-differences")
    assert "NOT A COMPARISON OF CODE" in said and "  machine.governor: null against powers" in said
    assert said.count("1.000x (") == 1 + 2


def test_what_is_no_comparison_is_one_line(tmp_path):
    shutil.copytree(SECOND, tmp_path / "copy")
    shutil.copytree(SECOND, tmp_path / "nothing")
    write_lines(tmp_path / "nothing", [])
    change_record(tmp_path / "nothing", lambda record: record.update(seed=1))
    other = run_with(tmp_path / "other", [1.0], cell="loops/lean/t1/c1/s1")
    for a, b, text in (
        (SECOND, tmp_path / "copy", f"{SECOND} and {tmp_path}/copy are one and the same run"),
        (SECOND, tmp_path / "nothing", f"{tmp_path}/nothing: holds no trial: there is nothing"),
        (SECOND, other, "no cell is in both runs: A has 5 cells such as"),
        (SECOND, tmp_path / "none", f"{tmp_path}/none: No such file or directory"),
        (SECOND, tmp_path, f"{tmp_path}/run.json: No such file or directory"),
        (SECOND / "run.json", SECOND, "run.json: is no folder: a run's folder is needed"),
        (SECOND, "", ": No such file or directory"),
    ):
        result = coresweep("compare", a, b)
        assert result.returncode == 2, result.stdout
        assert text in one_line(result, "coresweep")


def test_of_an_open_loop_the_latency_is_compared(tmp_path):
    runs = []
    for name, p99_ns in (("a", 2_000_000), ("b", 1_000_000)):
        run = run_with(tmp_path / name, [20_000] * 6, cell=f"{CELL}/poisson20000")
        lines = trials_of(run)
        for i, line in enumerate(lines):
            line["factors"].update(mode="poisson", rate_per_s=20_000)
            line["latency_from_due_ns"] = {"p99": p99_ns + i}
        write_lines(run, lines)
        runs.append(run)
    text = told("compare", *runs)
    assert "p99 2 ms" in text and "p99 1 ms" in text and "0.500x (0.500-0.500, 95.9 %)" in text
    lines[0]["latency_from_due_ns"]["p99"] = None
    write_lines(runs[1], lines)
    assert "no ratio: p99 not known in 1 valid trial of B" in told("compare", *runs)


def test_one_name_for_two_things_is_no_cell(tmp_path):
    a = run_with(tmp_path / "a", [100_000] * 6)
    b = run_with(tmp_path / "b", [100_000] * 6)
    lines = trials_of(b)
    for line in lines:
        line["factors"]["streams"] = 11
    write_lines(b, lines)
    assert "no ratio: factors.streams is 10 in A and 11 in B" in told("compare", a, b)
    lines[0]["factors"]["streams"] = 10
    write_lines(b, lines)
    assert "trials.jsonl: line 2 is of that name and has other factors" in told("compare", a, b)


def test_cells_of_one_run_only_are_named(tmp_path):
    a = run_with(tmp_path / "a", [100_000] * 6)
    change_record(a, lambda record: record.update(started_at="2026-11-27T00:00:00Z"))
    text = told("compare", SECOND, a)
    assert f"only in A: {CELL.replace('t1', 't2')}, " in text and "only in B" not in text


# export


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


def test_a_real_sweep_is_exported_in_both_formats(swept, tmp_path):
    folder = swept[0]
    assert len(table_of(folder, tmp_path)) == len(trials_of(folder))
    said = benchmark_file(folder, tmp_path / "run.json")
    assert said == "coresweep: trials left out: 4 of other roles\n"
    assert len(json.loads((tmp_path / "run.json").read_text())["benchmarks"]) == 2 * (4 + 3)


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


def test_a_torn_last_line_is_dropped_with_a_line(tmp_path):
    shutil.copytree(SECOND, tmp_path / "torn")
    with (tmp_path / "torn" / "trials.jsonl").open("a") as file:
        file.write('{"schema_version": 1, "tri')
    change_record(tmp_path / "torn", lambda record: record.update(seed=1))
    line = f"{tmp_path}/torn/trials.jsonl: line 46: torn last line dropped"
    for arguments in (("compare", SECOND, tmp_path / "torn"),
                      ("export", tmp_path / "torn", "--format", "csv")):  # fmt: skip
        result = coresweep(*arguments)
        assert result.returncode == 0
        assert one_line(result, "coresweep") == line


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's own memory is above any limit")
def test_many_trials_with_large_histograms_fit_into_little_memory(tmp_path):
    """300 of 1 MB each: what is no figure is not kept."""
    run = run_with(tmp_path / "run", [1.0])
    (line,) = trials_of(run)
    histogram = "HIST" + "A" * 1_000_000
    with (run / "trials.jsonl").open("w") as file:
        for block in range(300):
            line.update(block=block, throughput_per_s=1000.0 + block)
            line["latency_from_sent_ns"]["histogram"] = histogram
            file.write(json.dumps(line) + "\n")
    other = run_with(tmp_path / "other", [1000.0] * 9)
    limited = ["prlimit", f"--as={256 << 20}", BIN / "coresweep"]
    for arguments in (["list", "--results", tmp_path], ["compare", run, other],
                      ["export", run, "--format", "csv", "--output", tmp_path / "x"]):  # fmt: skip
        result = subprocess.run([*limited, *arguments], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stderr
