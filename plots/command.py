"""What every chart's program does: arguments, a run, one figure, two files, one line a failure.

`python3 plots/CHART.py RUN_FOLDER [--output FOLDER]` prints the path of the PNG on stdout. Exit 0
done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import damage
import results
import style
from chart import Chart

# Modules that are not Python's own, and the Debian packages that bring them.
PACKAGES = {"matplotlib": "python3-matplotlib", "jsonschema": "python3-jsonschema"}


LONGEST_CAUSE = 200


class Failure(Exception):
    """Something the operator can mend. Its text is one line."""


class OneLineParser(argparse.ArgumentParser):
    """allowed: the arguments, as a complaint about them names them."""

    allowed = "RUN_FOLDER [--output FOLDER]"

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (allowed: {self.allowed})\n")


def run_chart(chart: Chart, arguments: Sequence[str]) -> int:
    """Draws `chart` of the run that is named. Returns the exit code."""
    parser = OneLineParser(prog=chart.name, description=chart.question, allow_abbrev=False)
    add_folders(parser)
    options = parser.parse_args(arguments)
    output = options.output or options.run_folder
    try:
        require_packages(f"make plots RUN={options.run_folder}")
        run = results.load_run(options.run_folder)
        for line in damage.complaints(chart.damages(run), run):
            print(f"{chart.name}: {line}", file=sys.stderr)
        missing = chart.missing(run)
        if missing:
            raise Failure(f"{options.run_folder}: no {missing}")
        with style.applied():
            written = write(chart.draw(run), output / chart.name)
        print_path(written)
    except (Failure, results.ResultsError) as error:
        print(f"{chart.name}: {error}", file=sys.stderr)
        return 1
    except Exception as error:  # no traceback is for the reader of a chart
        print(f"{chart.name}: could not be made: {cause_of(error)}", file=sys.stderr)
        return 1
    return 0


def cause_of(error: Exception) -> str:
    """On one line, with where it happened; of a run that is wrong its own words."""
    if isinstance(error, results.ResultsError):
        return str(error)
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = "" if at is None else f" ({Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno})"
    text = " ".join(str(error).split())
    shortened = text if len(text) <= LONGEST_CAUSE else text[:LONGEST_CAUSE] + "..."
    return f"{type(error).__name__}: {shortened}{where}"


def add_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN_FOLDER", type=folder,
                        help="a run's folder, with run.json and trials.jsonl")
    parser.add_argument("--output", metavar="FOLDER", type=folder,
                        help="where to write what is drawn (default: RUN_FOLDER)")


def folder(text: str) -> Path:
    """Path("") would be the current folder, which nobody meant by an empty variable."""
    if not text:
        raise argparse.ArgumentTypeError("an empty path")
    return Path(text)


def print_path(path: Path) -> None:
    try:
        print(path, flush=True)
    except OSError as error:
        # Python flushes once more at its end, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Failure(f"standard output: {error.strerror} ({path} is written)") from None


def require_packages(again: str, packages: Mapping[str, str] = PACKAGES) -> None:
    """again: the command that does then what could not be done."""
    # We write files only; a value of the user's that matplotlib does not know stops its import.
    os.environ["MPLBACKEND"] = "agg"
    # OpenBLAS would start a thread a CPU to spin over matrices of a few columns: with two CPUs, 131
    # seconds of CPU time for the charts' tests in place of 91.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for module, package in packages.items():
        try:
            importlib.import_module(module)
        except ModuleNotFoundError:
            raise Failure(
                f"python3 ({sys.executable}) has no {module}: apt-get install {package}, "
                f"then: {again}"
            ) from None


def write(figure, path: Path) -> Path:
    """Writes path.png and path.svg, the same bytes for the same run. Returns the PNG's path."""
    png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
    for target, metadata in ((svg, {"Date": None}), (png, {"Software": None})):
        drawn = io.BytesIO()  # first in memory: a failure while drawing leaves the old chart whole
        figure.savefig(drawn, format=target.suffix[1:], metadata=metadata)
        write_whole(target, drawn.getvalue())
    return png


def write_whole(path: Path, content: bytes) -> None:
    """In one step: who reads meanwhile, or after a failure, has the old file or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(content)
            os.replace(beside, path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Failure(f"{path}: cannot be written: {error.strerror} "
                      "(--output names a folder for it)") from None


def remove(path: Path) -> None:
    """path.png and path.svg, of a chart that has no data any longer: they are of other data."""
    for suffix in (".png", ".svg"):
        old = path.with_suffix(suffix)
        try:
            old.unlink(missing_ok=True)
        except NotADirectoryError:
            pass  # nor is there one
        except OSError as error:
            raise Failure(f"{old}: cannot be removed: {error.strerror}") from None
