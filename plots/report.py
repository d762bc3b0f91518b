#!/usr/bin/env python3
"""One page that answers the run's question and survives a sceptic: report.html, by itself.

`python3 plots/report.py RUN_FOLDER [--output FOLDER] [--why FILE] [--price-per-hour DOLLARS]
[--price-from TEXT] [--rate N]` writes it, and beside it every chart that the run has data for; it
prints the page's path. Exit 0 done, 1 failed, 2 wrong usage. Where a chart could not be made, the
page is written and says so, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import charts
import command
import cost
import results
from cells import cells_of
from command import Failure
from run import Run

PACKAGES = {**command.PACKAGES, "jinja2": "python3-jinja2"}
LARGEST_WHY = 1 << 20


class Parser(command.OneLineParser):
    allowed = ("RUN_FOLDER [--output FOLDER] [--why FILE] [--price-per-hour DOLLARS] "
               "[--price-from TEXT] [--rate REQUESTS_PER_S]")


def main(arguments: Sequence[str]) -> int:
    parser = Parser(prog="report", description=__doc__.splitlines()[0], allow_abbrev=False)
    command.add_folders(parser)
    parser.add_argument("--why", metavar="FILE",
                        help="JSON {\"why\": [lines]}, of what coresweep explain says (-: stdin)")
    parser.add_argument("--price-per-hour", metavar="DOLLARS", type=positive,
                        help="of the server's machine: says what requests cost")
    parser.add_argument("--price-from", metavar="TEXT", help="where the price stands, if anywhere")
    parser.add_argument("--rate", metavar="REQUESTS_PER_S", type=positive,
                        help="says how many machines it takes")
    options = parser.parse_args(arguments)
    if options.rate is not None and options.price_per_hour is None:
        parser.error("argument --rate: needs --price-per-hour")
    try:
        command.require_packages(f"coresweep report {options.run_folder}", PACKAGES)
        import page  # it needs jinja2

        why = read_lines(options.why, "why") if options.why is not None else None
        run = results.load_run(options.run_folder)
        folder = options.output or options.run_folder
        drawn = charts.draw_all(run, folder)
        charts.complain(drawn, "report")
        text = page.page_of(run, drawn, why, options.price_per_hour, options.rate,
                            options.price_from)
        written = write_page(folder / "report.html", text)
        if options.price_per_hour is not None:
            tell_costs(run, options.price_per_hour, options.rate)
        command.print_path(written)
    except (Failure, results.ResultsError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    return charts.exit_code_of(drawn)


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def tell_costs(run: Run, price_per_hour: float, rate_per_s: float | None) -> None:
    costs = cost.costs_of(run, cells_of(run), price_per_hour)
    if not costs:
        print(f"report: no cost: {cost.why_no_costs(run)}", file=sys.stderr)
    for one in costs:
        machines = ("" if rate_per_s is None else
                    f"; {rate_per_s:,.0f}/s take {one.machines_text(rate_per_s)} machines")
        print(f"{one.cell.name}: {one.requests_text()} million requests a dollar{machines}")


def read_lines(name: str, key: str) -> list[str]:
    """The lines that `coresweep` hands over under `key`."""
    return lines_of(read_handed(name, key), name, key)


def lines_of(document: object, name: str, key: str) -> list[str]:
    lines = document.get(key) if isinstance(document, dict) else None
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Failure(f"{told_name(name)}: {key}: must be a list of lines, as coresweep writes it")
    return lines


def told_name(name: str) -> str:
    return "standard input" if name == "-" else name


def read_handed(name: str, key: str) -> object:
    """The document in the file `name`, which the flag --`key` names."""
    where = told_name(name)
    try:
        if name == "-":
            text = sys.stdin.buffer.read(LARGEST_WHY + 1)
        elif not Path(name).exists():
            raise Failure(f"{where}: no such file (--{key})")
        else:
            text = results.read_bytes(Path(name))
        if len(text) > LARGEST_WHY:
            raise Failure(f"{where}: larger than the {LARGEST_WHY} bytes that are allowed")
        return results.parse(text)
    except OSError as error:
        raise Failure(f"{where}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Failure(f"{where}: not JSON: {results.reason(error)}") from None


def write_page(path: Path, text: str) -> Path:
    command.write_whole(path, text.encode())
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
