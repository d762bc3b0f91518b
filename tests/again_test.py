"""Who failed while the machine stood still is run again, and nobody else is."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
# Each test of these appends a line to `runs`. Who watches for standstills is held up itself, which
# to it is the same.
TESTS = """
import os, pathlib, signal, subprocess
import pytest

RUNS = pathlib.Path(__file__).with_name("runs")

def stand_still(until="over"):
    children = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "standstill.py"],
                              capture_output=True, text=True, check=True).stdout.split()
    (watch,) = [int(child) for child in children]
    os.kill(watch, signal.SIGSTOP)
    over = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -CONT {watch}"])
    if until == "over":
        over.wait()

def run_of(name):
    with RUNS.open("a") as runs:
        runs.write(name + "\\n")
    return RUNS.read_text().split().count(name)

"""


def run(tmp_path, test, *flags, **environment):
    """Of a program with that test: its result, what was run, and what it says was run again."""
    tmp_path.joinpath("conftest.py").write_text("from again import *\n")
    tmp_path.joinpath("one_test.py").write_text(TESTS + test)
    result = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *flags, tmp_path],
        cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "CORESWEEP_SANITIZE": "", "PYTHONPATH": str(HERE), **environment},
    )  # fmt: skip
    again = [line for line in result.stdout.splitlines() if line.startswith("run again: ")]
    return result, (tmp_path / "runs").read_text().split(), again


@pytest.mark.parametrize("flags", [[], ["-n", "2"]])
@pytest.mark.parametrize("until", ["over", "beyond the test"])
def test_who_failed_while_it_stood_still_is_run_again_and_that_is_told(tmp_path, flags, until):
    result, runs, again = run(tmp_path, f"""
def test_one():
    if run_of("one") == 1:
        stand_still({until!r})
        assert False, "spoilt\\nin two lines"
""", *flags)
    assert result.returncode == 0, result.stdout
    assert runs == ["one", "one"]
    assert "1 passed, 1 again" in result.stdout
    assert "in two lines" in result.stdout  # what it said is kept whole
    why = r"the machine stood still for 0\.\d\d s: AssertionError: spoilt"
    (line,) = again
    assert re.fullmatch(rf"run again: one_test\.py::test_one: {why}", line)


def test_a_failure_without_words_is_told(tmp_path):
    result, runs, again = run(tmp_path, """
def test_one():
    if run_of("one") == 1:
        stand_still()
        pytest.fail("", pytrace=False)
""")
    assert "1 passed, 1 again" in result.stdout and len(again) == 1


@pytest.mark.parametrize("where", ["made", "used"])
def test_what_tests_share_is_made_again(tmp_path, where):
    result, runs, again = run(tmp_path, f"""
@pytest.fixture(scope="module")
def whole():
    yield run_of("whole")
    run_of("end")

@pytest.fixture(scope="module")
def spoilt(whole):
    first = run_of("spoilt") == 1
    if first:
        stand_still()
        assert {where == "used"}
    return first

def test_one(spoilt):
    run_of("one")
    assert not spoilt

def test_two(spoilt):
    run_of("two")
""")
    assert result.returncode == 0, result.stdout
    first = ["one"] * (where == "used")
    assert runs == ["whole", "spoilt", *first, "end", "whole", "spoilt", "one", "two", "end"]
    assert len(again) == 1


def test_what_will_not_end_is_told_and_the_others_go_on(tmp_path):
    result, runs, again = run(tmp_path, """
@pytest.fixture(scope="module")
def shared():
    yield
    if run_of("end") == 1:
        raise OSError("stays")

def test_one(shared):
    if run_of("one") == 1:
        stand_still()
        assert False

def test_two(shared):
    run_of("two")
""")
    assert result.returncode == 0, result.stdout
    assert runs == "one end one two end".split() and len(again) == 1
    assert "test_one: before it is run again: OSError('stays')" in result.stdout


def test_who_always_fails_has_failed_at_the_third_time(tmp_path):
    result, runs, again = run(tmp_path, """
def test_one():
    run_of("one")
    stand_still()
    assert False
""")
    assert result.returncode == 1
    assert runs == ["one"] * 3 and len(again) == 2
    assert "1 failed, 2 again" in result.stdout


@pytest.mark.parametrize(
    ("test", "ended"),
    [
        ('def test_one():\n    run_of("one")\n    assert False\n', "1 failed"),
        ('def test_one():\n    run_of("one")\n    stand_still()\n', "1 passed"),
    ],
)
def test_nobody_else_is_run_again(tmp_path, test, ended):
    result, runs, again = run(tmp_path, test)
    assert ended in result.stdout and "again" not in result.stdout
    assert runs == ["one"] and again == []


def test_what_a_sanitizer_finds_stands(tmp_path):
    result, runs, again = run(tmp_path, """
def test_one():
    run_of("one")
    stand_still()  # of whom it cannot find, since nobody watches
""", CORESWEEP_SANITIZE="thread")
    assert "1 failed" in result.stdout and runs == ["one"] and again == []
