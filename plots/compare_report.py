#!/usr/bin/env python3
"""Two runs on one page: what they did not have in common, and every cell side by side.

`python3 plots/compare_report.py RUN_A RUN_B [--output FOLDER] [--compared FILE]` writes
compare.html into RUN_B, or into the folder that is named, and prints its path. FILE is JSON
{"compared": [lines]}, what coresweep compare says (-: standard input). Exit 0 done, 1 failed, 2
wrong usage.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import capacity_by_cores
import charts
import churn
import command
import latency_by_rate
import latency_distribution
import report
import results
import throughput_by_cores
from answer import Answer, answer_of
from cells import ROLES, Cell, cells_of
from run import Run

# What of run.json tells whether two runs may be held against each other.
HELD_AGAINST = ("machine", "build", "binaries", "plan", "cpu_division", "thresholds", "peers")
# What a run may be about. A search that tells what a share of a rate is comes last.
FIRST = (latency_by_rate.CHART, churn.CHART, throughput_by_cores.CHART, latency_distribution.CHART,
         capacity_by_cores.CHART)
ABSENT = "absent"
LONGEST_VALUE = 200


class Parser(command.OneLineParser):
    allowed = "RUN_A RUN_B [--output FOLDER] [--compared FILE]"


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

    @property
    def ratio(self) -> float | None:
        """Of the medians of valid trials alone; None where one has none, or a mere bound.

        Of p99 at an offered rate, which every arm answers; else of requests per second.
        """
        cells = [cell for cell in (self.a, self.b)
                 if cell is not None and not cell.is_hollow and not cell.is_bound]
        if len(cells) < 2 or cells[0].is_open != cells[1].is_open:
            return None
        a, b = (cell.p99 if cell.is_open and not cell.is_search
                else cell.throughput and cell.throughput.median for cell in cells)
        return b / a if a and b is not None else None

    def document(self) -> dict:
        sides = {letter: cell.document() if cell else {} for letter, cell in
                 (("a", self.a), ("b", self.b))}
        keys = ("median_per_s", "low_per_s", "high_per_s", "p50_ns", "p99_ns", "trials", "valid",
                "verdicts")
        return {"cell": self.name, "role": self.role, "ratio": self.ratio,
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
                        help="JSON {\"compared\": [lines]}, of what coresweep compare says")
    options = parser.parse_args(arguments)
    try:
        command.require_packages(
            f"coresweep compare {options.run_a} {options.run_b} --html", report.PACKAGES)
        compared = (report.read_lines(options.compared, "compared")
                    if options.compared is not None else None)
        runs = [results.load_run(folder) for folder in (options.run_a, options.run_b)]
        written = report.write_page((options.output or options.run_b) / "compare.html",
                                    page_of(runs, compared))
        command.print_path(written)
    except (command.Failure, results.ResultsError) as error:
        print(f"compare_report: {error}", file=sys.stderr)
        return 1
    return 0


def page_of(runs: Sequence[Run], compared: Sequence[str] | None) -> str:
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
    ratio_of = ("of p99 where a rate was offered" if any(run.is_open for run in runs)
                else "of requests a second")
    differences = differences_of(*(run.document for run in runs))
    data = {
        "schema_version": 1, "name": f"{sides[0].name}-{sides[1].name}",
        "differences": differences,
        "compared": compared, "cells": [row.document() for row in rows],
        "runs": [run.document for run in runs],
    }
    return page.render("compare.html.j2", *colors, data, {
        "sides": sides, "rows": rows, "ratio_of": ratio_of, "differences": differences,
        "compared": compared, "roles": ROLES})


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


def differences_of(a: dict, b: dict) -> list[dict]:
    """Keys of run.json whose values differ, with both; what one is too old to have is absent."""
    flat_a, flat_b = ({key: value for part in HELD_AGAINST if part in document
                       for key, value in _flat(part, document[part])} for document in (a, b))
    return [{"what": key, "a": _said(flat_a.get(key, ABSENT)), "b": _said(flat_b.get(key, ABSENT)),
             "is_absent": not (key in flat_a and key in flat_b)}
            for key in {**flat_a, **flat_b}
            if flat_a.get(key, ABSENT) != flat_b.get(key, ABSENT)]


def _flat(name: str, value: object):
    if not isinstance(value, dict):
        yield name, value
        return
    for key, inner in value.items():
        yield from _flat(f"{name}.{key}", inner)


def _said(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
