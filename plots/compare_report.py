#!/usr/bin/env python3
"""Two runs on one page: what they did not have in common, and every cell side by side.

`python3 plots/compare_report.py RUN_A RUN_B [--output FOLDER] [--compared FILE]` writes
compare.html into RUN_B, or into the folder that is named, and prints its path. FILE is what
coresweep compare hands over (-: standard input): JSON of "compared", its lines, and "differences",
as its --json has them. Exit 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import capacity_by_cores
import charts
import churn
import command
import hosts_told
import latency_by_rate
import latency_distribution
import report
import results
import throughput_by_cores
from answer import Answer, answer_of
from cells import ROLES, Cell, cells_of
from run import Run

# What a difference of two run.json means, and in which order it is told: harness/fingerprint.
MEANINGS = ("confounds", "subject", "context")
FIELDS_OF_DIFFERENCE = {"field", "a", "b", "meaning"}
# What a run may be about. A search that tells what a share of a rate is comes last.
FIRST = (latency_by_rate.CHART, churn.CHART, throughput_by_cores.CHART, latency_distribution.CHART,
         capacity_by_cores.CHART)


class Parser(command.OneLineParser):
    allowed = "RUN_A RUN_B [--output FOLDER] [--compared FILE]"


@dataclass(frozen=True)
class Compared:
    """What coresweep compare says. differences: of the two run.json, each with its meaning."""

    lines: list[str]
    differences: list[dict]

    def meaning(self, meaning: str) -> list[dict]:
        return [one for one in self.differences if one["meaning"] == meaning]


@dataclass(frozen=True)
class Side:
    """One of the two runs. charts: as page.charts_of gives them, the first that could be drawn.

    missing: why there is none, such as "No trial of an arm: ..."
    """

    letter: str
    run: Run
    name: str
    answer: Answer
    cells: list[Cell]
    charts: list[dict]
    missing: list[str]


@dataclass(frozen=True)
class Row:
    """A cell in either run, or in both."""

    role: str
    name: str
    a: Cell | None
    b: Cell | None

    def document(self) -> dict:
        sides = {letter: cell.document() if cell else {} for letter, cell in
                 (("a", self.a), ("b", self.b))}
        keys = ("median_per_s", "low_per_s", "high_per_s", "p50_ns", "p99_ns", "trials", "valid",
                "verdicts")
        return {"cell": self.name, "role": self.role,
                **{f"{key}_{letter}": side.get(key) for key in keys
                   for letter, side in sides.items()}}


def main(arguments: Sequence[str]) -> int:
    parser = Parser(prog="compare_report", description=__doc__.splitlines()[0],
                    allow_abbrev=False)
    parser.add_argument("run_a", metavar="RUN_A", type=command.folder)
    parser.add_argument("run_b", metavar="RUN_B", type=command.folder)
    parser.add_argument("--output", metavar="FOLDER", type=command.folder,
                        help="where to write the page (default: RUN_B)")
    parser.add_argument("--compared", metavar="FILE",
                        help="JSON of \"compared\" and \"differences\", by coresweep compare")
    options = parser.parse_args(arguments)
    try:
        command.require_packages(
            f"coresweep compare {options.run_a} {options.run_b} --html", report.PACKAGES)
        compared = read_compared(options.compared) if options.compared is not None else None
        runs = [results.load_run(folder) for folder in (options.run_a, options.run_b)]
        if why := hosts_told.why_apart(dict(zip("AB", runs))):
            raise command.Failure(why)
        written = report.write_page((options.output or options.run_b) / "compare.html",
                                    page_of(runs, compared))
        command.print_path(written)
    except (command.Failure, results.ResultsError) as error:
        print(f"compare_report: {error}", file=sys.stderr)
        return 1
    return 0


def read_compared(name: str) -> Compared:
    document = report.read_handed(name, "compared")
    lines = report.lines_of(document, name, "compared")
    differences = document.get("differences")
    if not isinstance(differences, list) or not all(map(is_difference, differences)):
        raise command.Failure(f"{report.told_name(name)}: differences: must be a list of fields, "
                              "as coresweep writes it")
    return Compared(lines, differences)


def is_difference(value: object) -> bool:
    return (isinstance(value, dict) and value.keys() == FIELDS_OF_DIFFERENCE
            and all(isinstance(each, str) for each in value.values())
            and value["meaning"] in MEANINGS)


def page_of(runs: Sequence[Run], compared: Compared | None) -> str:
    import page  # it needs jinja2

    colors: tuple[dict, dict] = ({}, {})
    sides = []
    for letter, run in zip("AB", runs):
        cells = cells_of(run)
        with tempfile.TemporaryDirectory() as folder:
            drawn = first_drawn(run, Path(folder))
            charts.complain(drawn, "compare_report")
            shown, failed, *own = page.charts_of(run, drawn, cells, prefix=f"{letter.lower()}-")
            charts.complain(failed, "compare_report")
        for all_colors, its in zip(colors, own):
            all_colors.update(its)
        sides.append(Side(letter, run, run.folder.resolve().name, answer_of(run), cells, shown,
                          [] if shown else [f"{one.chart.question} Not drawn: "
                                            f"{one.failure or f'no {one.missing}'}."
                                            for one in [*drawn, *failed] if one.png is None]))
    rows = rows_of(sides[0].cells, sides[1].cells)
    data = {
        "schema_version": 1, "name": f"{sides[0].name}-{sides[1].name}",
        "differences": compared and compared.differences,
        "compared": compared and compared.lines, "cells": [row.document() for row in rows],
        "runs": [run.document for run in runs],
    }
    return page.render("compare.html.j2", *colors, data, {
        "sides": sides, "rows": rows, "compared": compared, "roles": ROLES})


def first_drawn(run: Run, folder: Path) -> list[charts.Drawn]:
    """The first chart of what the run is about that can be drawn; before it, those that cannot."""
    drawn: list[charts.Drawn] = []
    for chart in FIRST[-1:] if run.capacity_p99 else FIRST:
        drawn += charts.draw_all(run, folder, [chart])
        if drawn[-1].png is not None:
            break
    return drawn


def rows_of(a: Sequence[Cell], b: Sequence[Cell]) -> list[Row]:
    """In A's order, then what only B has."""
    of_a, of_b = ({(cell.role, cell.name): cell for cell in cells} for cells in (a, b))
    return [Row(role, name, of_a.get((role, name)), of_b.get((role, name)))
            for role, name in {**of_a, **of_b}]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
