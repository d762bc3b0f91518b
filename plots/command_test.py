"""The program as it is called: what it prints, where it writes, and one line for each failure."""

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import charts
import command
import results
import style
import throughput_by_cores
from synthetic_run import sweep, write_run

PROGRAM = Path(throughput_by_cores.__file__)


def run_chart(*arguments) -> int:
    return command.run_chart(throughput_by_cores.CHART, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_run(tmp_path / "run", sweep(blocks=2))


def test_both_files_are_written_and_the_png_is_named(folder):
    done = subprocess.run([sys.executable, PROGRAM, folder], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{folder}/throughput_by_cores.png\n"
    assert (folder / "throughput_by_cores.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (folder / "throughput_by_cores.svg").read_bytes()


def test_the_same_run_gives_the_same_bytes(folder, tmp_path):
    assert run_chart(folder, "--output", tmp_path / "a") == 0
    assert run_chart(folder, "--output", tmp_path / "b") == 0
    for name in ("throughput_by_cores.png", "throughput_by_cores.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert b"<dc:date>" not in (tmp_path / "a" / "throughput_by_cores.svg").read_bytes()


def test_the_chart_survives_losing_its_colours(folder, tmp_path):
    from matplotlib.image import imread

    assert run_chart(folder, "--output", tmp_path) == 0
    pixels = imread(tmp_path / "throughput_by_cores.png")[..., :3]
    shades = {round(value) for value in (pixels @ [0.299, 0.587, 0.114] * 255).flatten()}
    for architecture in ("shared_reactor", "reuseport_loops"):
        assert round(style.luminance(style.ARCHITECTURES[architecture].color)) in shades


def test_a_broken_run_is_one_line(folder, capsys):
    (folder / "trials.jsonl").write_text("{}\n{\n", encoding="utf-8")
    assert run_chart(folder) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"throughput_by_cores: {folder}/trials.jsonl:1: the whole object: ")


def test_output_that_cannot_be_written_is_named(folder, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert run_chart(folder, "--output", tmp_path / "file" / "below") == 1
    assert capsys.readouterr().err == (
        f"throughput_by_cores: {tmp_path}/file/below/throughput_by_cores.svg: cannot be written: "
        "Not a directory (--output names a folder for it)\n")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    command.write_whole(path, b"old")
    with path.open("rb") as reader:
        command.write_whole(path, b"new and longer")
        assert (reader.read(), path.read_bytes()) == (b"old", b"new and longer")

    def full(self, content):
        with self.open("wb") as file:
            file.write(content[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(command.Failure, match="page.html: cannot be written: No space left on dev"):
        command.write_whole(path, b"newest")
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert path.read_bytes() == b"new and longer"


def test_what_an_earlier_call_drew_is_removed_where_there_is_no_data_now(folder):
    old = [folder / f"throughput_by_cores{suffix}" for suffix in (".png", ".svg")]
    run = results.load_run(folder)
    assert charts.draw_all(run, folder, [throughput_by_cores.CHART])[0].png == old[0]
    assert all(path.exists() for path in old)
    lacks = replace(throughput_by_cores.CHART, missing=lambda run: "data")
    charts.draw_all(run, folder, [lacks])
    assert not any(path.exists() for path in old)
    charts.draw_all(run, folder / "run.json" / "below", [lacks])  # there is none there, either


def test_what_a_chart_trips_over_is_one_line(folder, capsys):
    def fail(run):
        raise TypeError("not\na number")

    chart = replace(throughput_by_cores.CHART, draw=fail)
    assert command.run_chart(chart, [str(folder)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("throughput_by_cores: could not be made: TypeError: not a number (comma")


def test_a_torn_end_is_that_of_an_unfinished_sweep(folder, capsys):
    (folder / "end.json").write_text('{"schema_version": 2, "ended', encoding="utf-8")
    assert run_chart(folder) == 0
    assert capsys.readouterr().err == (
        f"{folder}/end.json:1: not JSON: Unterminated string starting at at column 23: taken as "
        "unfinished\n")


def test_a_pipe_in_place_of_a_file_is_not_waited_on(folder, capsys):
    (folder / "trials.jsonl").unlink()
    os.mkfifo(folder / "trials.jsonl")
    assert run_chart(folder) == 1
    assert capsys.readouterr().err == (
        f"throughput_by_cores: {folder}/trials.jsonl: is a pipe\n")


def test_a_backend_of_the_users_changes_nothing(folder):
    done = subprocess.run([sys.executable, PROGRAM, folder], capture_output=True, text=True,
                          env={**os.environ, "MPLBACKEND": "no such backend"})
    assert (done.returncode, done.stderr) == (0, "")


def test_a_path_that_cannot_be_printed_is_one_line(folder):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([sys.executable, PROGRAM, folder], stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "throughput_by_cores: standard output: No space left on device "
        f"({folder}/throughput_by_cores.png is written)\n")


@pytest.mark.parametrize("module, package", [("matplotlib", "python3-matplotlib"),
                                             ("jsonschema", "python3-jsonschema")])
def test_a_missing_package_is_one_line_that_says_what_to_do(
        folder, capsys, monkeypatch, module, package):
    monkeypatch.setitem(sys.modules, module, None)  # import then fails as if it were not there
    assert run_chart(folder) == 1
    assert capsys.readouterr().err == (
        f"throughput_by_cores: python3 ({sys.executable}) has no {module}: "
        f"apt-get install {package}, then: make plots RUN={folder}\n")


def test_a_python_without_any_package_gives_one_line_too(folder):
    done = subprocess.run([sys.executable, "-S", PROGRAM, folder], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "has no matplotlib: apt-get install python3-matplotlib" in line


@pytest.mark.parametrize("arguments, complaint", [
    ([], "the following arguments are required: RUN_FOLDER"),
    (["a", "b"], "unrecognized arguments: b"),
    (["a", "--out", "b"], "unrecognized arguments: --out b"),
    (["a", "--output"], "argument --output: expected one argument"),
    (["a", "--output", ""], "argument --output: an empty path"),
    ([""], "argument RUN_FOLDER: an empty path"),
])
def test_wrong_arguments_are_one_line_and_need_no_package(arguments, complaint):
    # -S hides every package that is not Python's own: nothing heavy is loaded before this line.
    done = subprocess.run([sys.executable, "-S", PROGRAM, *arguments], capture_output=True,
                          text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == (
        f"throughput_by_cores: {complaint} (allowed: RUN_FOLDER [--output FOLDER])\n")


def test_help_says_what_the_chart_is_for():
    done = subprocess.run([sys.executable, "-S", PROGRAM, "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "Requests per second by server threads" in done.stdout
