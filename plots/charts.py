#!/usr/bin/env python3
"""Every chart, in the order of the report; all of them drawn of one run, which is read once.

`python3 plots/charts.py RUN_FOLDER [--output FOLDER]` prints the path of each PNG on stdout, and on
stderr a line for each chart that the run has no data for. Exit 0 done, 1 failed, also where only a
chart could not be made, 2 wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import capacity_by_cores
import causes
import churn
import command
import connections_map
import damage
import efficiency_by_cores
import fairness
import frame
import implementations
import latency_by_rate
import latency_distribution
import protocol_weight
import ratio_by_cores
import ratio_by_pair
import results
import scalability_fit
import softirq_by_cpu
import style
import throughput_by_cores
import timeline
from chart import Chart
from run import Run

ALL: tuple[Chart, ...] = (
    throughput_by_cores.CHART,
    ratio_by_cores.CHART,
    ratio_by_pair.CHART,
    capacity_by_cores.CHART,
    latency_by_rate.CHART,
    latency_distribution.CHART,
    efficiency_by_cores.CHART,
    causes.CHART,
    softirq_by_cpu.CHART,
    fairness.CHART,
    connections_map.CHART,
    implementations.CHART,
    protocol_weight.CHART,
    churn.CHART,
    scalability_fit.CHART,
    timeline.CHART,
)


@dataclass(frozen=True)
class Drawn:
    """What became of a chart.

    png: where it was written, its SVG beside it; None where it was not drawn
    reading: in words; empty where it was not drawn, or could not be said
    missing: what the run lacks for it, as Chart.missing has it
    failure: why it, or its reading, could not be made though the run has the data: our
        mistake, or what the run has is wrong
    damages: a line for each trial that it leaves out, because what it has cannot be read
    """

    chart: Chart
    png: Path | None = None
    reading: str = ""
    missing: str = ""
    failure: str = ""
    damages: tuple[str, ...] = ()


def draw_all(run: Run, output: Path, charts: Sequence[Chart] = ALL) -> list[Drawn]:
    """Draws each chart that `run` has the data for. One that fails spoils no other.

    What an earlier call drew of a chart that has no data now is removed. Raises command.Failure
    where a file cannot be written or removed.
    """
    return [_drawn(chart, run, output) for chart in charts]


def _drawn(chart: Chart, run: Run, output: Path) -> Drawn:
    damages: tuple[str, ...] = ()
    try:
        damages = tuple(damage.complaints(chart.damages(run), run))
        missing = chart.missing(run)
        if missing:
            command.remove(output / chart.name)
            return Drawn(chart, missing=missing, damages=damages)
        with style.applied():
            png = command.write(chart.draw(run), output / chart.name)
    except command.Failure:
        raise
    except Exception as error:  # whatever one chart trips over, the others are drawn
        return Drawn(chart, failure=command.cause_of(error), damages=damages)
    try:
        return Drawn(chart, png, frame.unbroken(chart.reading(run)), damages=damages)
    except Exception as error:
        return Drawn(chart, png, failure=f"its reading: {command.cause_of(error)}",
                     damages=damages)


def complain(drawn: Sequence[Drawn], program: str) -> None:
    """On stderr a line for each chart that could not be made, and each trial left out of one."""
    for one in drawn:
        for line in one.damages:
            print(f"{program}: {one.chart.name}: {line}", file=sys.stderr)
        if one.failure:
            print(f"{program}: {one.chart.name} could not be made: {one.failure}", file=sys.stderr)


def exit_code_of(drawn: Sequence[Drawn]) -> int:
    """1 where a chart could not be made though the run has its data. What it lacks is no fault."""
    return 1 if any(one.failure for one in drawn) else 0


def main(arguments: Sequence[str]) -> int:
    parser = command.OneLineParser(prog="charts", description=__doc__.splitlines()[0],
                                   allow_abbrev=False)
    command.add_folders(parser)
    options = parser.parse_args(arguments)
    try:
        command.require_packages(f"make plots RUN={options.run_folder}")
        run = results.load_run(options.run_folder)
        drawn = draw_all(run, options.output or options.run_folder)
        complain(drawn, "charts")
        for one in drawn:
            if one.missing:
                print(f"charts: {one.chart.name} is not drawn: no {one.missing}", file=sys.stderr)
        for one in drawn:
            if one.png is not None:
                command.print_path(one.png)
    except (command.Failure, results.ResultsError) as error:
        print(f"charts: {error}", file=sys.stderr)
        return 1
    return exit_code_of(drawn)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
