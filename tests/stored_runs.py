"""What the tests of list, compare, export and explain share: published runs, and changed copies."""

import itertools
import json
import shutil

from conftest import ROOT, run_program
from sweeps import trials_of

PUBLISHED = ROOT / "results" / "published"
FIRST, SECOND, TEN, TWINNED = sorted(path.parent for path in PUBLISHED.glob("*/run.json"))
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


def copy_of(run, folder, change):
    """A copy of `run` with change(trial, is_ahead) done to each trial; returns these."""
    shutil.copytree(run, folder)
    lines = trials_of(folder)
    for line in lines:
        change(line, line["factors"]["architecture"] == "reuseport_loops")
    write_lines(folder, lines)
    return lines
