"""coresweep compare: over the published runs, over copies of them, and over sweeps made here."""

import json
import os
import random
import re
import shutil
import subprocess
import sys

import pytest
from conftest import BIN, ROOT, one_line
from stored_runs import (
    CELL,
    FIRST,
    SECOND,
    SEEDS,
    TWINNED,
    change_record,
    coresweep,
    run_with,
    told,
    write_lines,
)
from sweeps import free_port, run_folder, sweep, trials_of

sys.path.append(str(ROOT / "build" / "python"))

SANITIZED = bool(os.environ.get("CORESWEEP_SANITIZE"))


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Two sweeps of one plan, of whose trials none is hollow: a machine of one's own has such."""
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
        text = told("compare", run, spoilt)
        assert f"no ratio: {why}" in text
        # Nor is there a median of those that are left.
        assert re.search(r"100,000/s +9 of 9 +- +[48] of 9 ", text), text


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
    over_hosts = run_with(tmp_path / "hosts", [1.0])
    change_record(over_hosts, lambda record: record.update(
        hosts={"machines": {"server": {}, "client1": {}}}))  # fmt: skip
    for a, b, text in (
        (SECOND, tmp_path / "copy", f"{SECOND} and {tmp_path}/copy are one and the same run"),
        (SECOND, tmp_path / "nothing", f"{tmp_path}/nothing: holds no trial: there is nothing"),
        (SECOND, other, "no cell is in both runs: A has 5 cells such as"),
        (SECOND, tmp_path / "none", f"{tmp_path}/none: No such file or directory"),
        (SECOND, tmp_path, f"{tmp_path}/run.json: No such file or directory"),
        (SECOND / "run.json", SECOND, "run.json: is no folder: a run's folder is needed"),
        (SECOND, "", ": No such file or directory"),
        (SECOND, over_hosts, "A ran on one machine and B over hosts: no table has both"),
        (over_hosts, SECOND, "A ran over hosts and B on one machine: no table has both"),
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
    """A hundred of 1 MB each: what is no figure is not kept."""
    run = run_with(tmp_path / "run", [1.0])
    (line,) = trials_of(run)
    histogram = "HIST" + "A" * 1_000_000
    with (run / "trials.jsonl").open("w") as file:
        for block in range(100):
            line.update(block=block, throughput_per_s=1000.0 + block)
            line["latency_from_sent_ns"]["histogram"] = histogram
            file.write(json.dumps(line) + "\n")
    other = run_with(tmp_path / "other", [1000.0] * 9)
    limited = ["prlimit", f"--as={64 << 20}", BIN / "coresweep"]
    for arguments in (["list", "--results", tmp_path], ["compare", run, other],
                      ["export", run, "--format", "csv", "--output", tmp_path / "x"]):  # fmt: skip
        result = subprocess.run([*limited, *arguments], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stderr
