#!/usr/bin/env python3
"""What does the protocol hide? The ratio of two architectures, with each HTTP/2 alike in both.

Above is the headline's comparison at its server threads, once for each HTTP/2 and number of
streams, beside how far an arm lay from itself; below, what CPU time a request takes in the server.
The more of it is the protocol's, the less an architecture can show. Hollow is not valid.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import command
import comparison
import frame
import marks
import style
import wording
from chart import Chart
from comparison import Interval, Ratio, median_interval
from cpu_time import total_of
from run import Run
from trial import Conditions, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

FALLBACK_TITLE = "What does the protocol hide?"
HEIGHTS = (2.5, 2.1)  # inches: ratios, CPU
BAND = 0.36  # of the room of one number of streams, to either side
MEDIAN_SIZE = 8.0  # points
BAR_WIDTH = 7.0  # points, of an interval


@dataclass(frozen=True)
class Pair:
    """Two architectures under one HTTP/2 and one set of conditions, at the headline's threads."""

    over: tuple[Trial, ...]
    under: tuple[Trial, ...]
    ratio: Ratio

    def by_block(self) -> dict[int, tuple[float, bool]]:
        """Block to the ratio of the two that ran back to back, and whether both are valid."""
        under = {trial.block: trial for trial in self.under}
        found = {}
        for trial in self.over:
            other = under.get(trial.block)
            if other is not None and comparison.ran_beside(trial, other):
                figures = [comparison.compared_figure(one) or 0.0 for one in (trial, other)]
                if min(figures) > 0:
                    found[trial.block] = figures[0] / figures[1], trial.is_valid and other.is_valid
        return found


def http2_of(run: Run) -> list[str]:
    """The heavier, the later."""
    known = [name for name in style.SHADES_OF_HTTP2 if name in run.http2]
    return known + [name for name in run.http2 if name not in known]


def pairs_of(run: Run, conditions: Conditions) -> dict[str, Pair]:
    """http2 to the pair, where both have a trial."""
    noise, found = comparison.noise_of(run), {}
    for http2 in http2_of(run):
        over, under = (comparison.trials_at(run, arm._replace(http2=http2), run.headline.threads,
                                            conditions)
                       for arm in (run.headline.over, run.headline.under))
        if over and under:
            ratio = comparison.ratio_of(over, under, run, noise=noise)
            found[http2] = Pair(over, under, ratio)
    return found


@dataclass(frozen=True)
class Line:
    """One line of either panel: a value a block at each number of streams.

    points: streams to (block, value, whether it is valid)
    medians: streams to the median and its interval, where there is one
    """

    name: str
    color: str
    line: object
    marker: object
    points: dict[int, list[tuple[int, float, bool]]]
    medians: dict[int, Interval]


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    groups: dict[Conditions, dict[int, dict[str, Pair]]] = {}
    for conditions in run.conditions:
        pairs = pairs_of(run, conditions)
        if pairs:
            streams = conditions.streams or run.streams[0]
            groups.setdefault(conditions._replace(streams=None), {})[streams] = pairs
    alike = replace(run, asked={**run.asked, "streams": (None,)})
    panels = [(others, wording.conditions_text(others, alike), _ratio_lines(by_streams, run),
               _cpu_lines(by_streams, run)) for others, by_streams in groups.items()]
    ratios = [pair.ratio for by_streams in groups.values() for pairs in by_streams.values()
              for pair in pairs.values()]
    legend = _legend_of(run, ratios, [trial for by_streams in groups.values()
                                      for pairs in by_streams.values() for pair in pairs.values()
                                      for trial in (*pair.over, *pair.under)])
    over, under = _names(run)
    figure, all_axes = frame.framed_axes(
        title=" ".join(run.question.split()) or FALLBACK_TITLE,
        subtitles=(f"{over} / {under} at {counted(run.headline.threads, 'server thread')}, each "
                   "HTTP/2 alike in both", wording.machine_text(run), wording.load_text(run),
                   *wording.skipped_text(run)),
        rows_above=1 if panels[0][1] else 0,
        end_texts=[line.name for *_, ratio, cpu in panels for line in (*ratio, *cpu)],
        legend_rows=len(legend), axes_heights=HEIGHTS * len(panels),
    )
    noise = comparison.noise_of(run)
    what = "p99 from due" if run.is_open else "requests per second"
    for i, (others, heading, ratio_lines, cpu_lines) in enumerate(panels):
        above, below = all_axes[2 * i], all_axes[2 * i + 1]
        if heading:
            frame.write_heading(above, 0, heading)
        _draw_lines(above, ratio_lines, run, f"ratio of {what}", noise or 1.0)
        above.yaxis.set_major_formatter("{x:g}x")
        above.axhline(1.0, color=style.BOUNDARY, linewidth=1.0, zorder=1)
        if noise is not None and others == comparison.noise_cell(run)[1]._replace(streams=None):
            above.axhspan(1 / noise, noise, color=style.BOUNDARY, alpha=marks.SHADE,
                          linewidth=0, zorder=0)
        _draw_lines(below, cpu_lines, run, "server CPU a request (µs)", 0.0)
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _names(run: Run) -> tuple[str, str]:
    """Of the two architectures, whatever their HTTP/2."""
    one_http2 = replace(run, trials=tuple(trial for trial in run.trials
                                          if trial.arm.http2 == run.headline.over.http2))
    return tuple(wording.name_of(arm, one_http2)
                 for arm in (run.headline.over, run.headline.under))


def _ratio_lines(by_streams: dict[int, dict[str, Pair]], run: Run) -> list[Line]:
    lines = []
    for http2 in http2_of(run):
        points, medians = {}, {}
        for streams, pairs in sorted(by_streams.items()):
            if http2 in pairs:
                points[streams] = [(block, value, valid) for block, (value, valid)
                                   in sorted(pairs[http2].by_block().items())]
                if not pairs[http2].ratio.is_refused:
                    medians[streams] = pairs[http2].ratio.interval
        factor = style.HTTP2.get(http2, style.SPARE_FACTOR)
        look = style.SeriesStyle("", "o", factor.line, factor.stretch)
        lines.append(Line(http2, style.SHADES_OF_HTTP2.get(http2, style.BOUNDARY), factor.line,
                          style.marker_of(look), points, medians))
    return lines


def _cpu_lines(by_streams: dict[int, dict[str, Pair]], run: Run) -> list[Line]:
    arms = [arm._replace(http2=http2) for http2 in http2_of(run)
            for arm in (run.headline.over, run.headline.under)]
    styles = style.styles_of_arms(arms)
    lines = []
    for arm in arms:
        points, medians = {}, {}
        for streams, pairs in sorted(by_streams.items()):
            pair = pairs.get(arm.http2)
            trials = () if pair is None else (
                pair.over if arm._replace(http2="") == run.headline.over._replace(http2="")
                else pair.under)
            found = [(trial.block, total_of(trial), trial.is_valid) for trial in trials
                     if total_of(trial) is not None]
            points[streams] = found
            told = comparison.told_median(trials, total_of, run)
            if told is not None:
                medians[streams] = told
        look = styles[arm]
        lines.append(Line(wording.name_of(arm, run), look.color, look.line,
                          style.marker_of(look), points, medians))
    return lines


def _draw_lines(axes, lines: Sequence[Line], run: Run, unit: str, least_top: float) -> None:
    streams = sorted({count for line in lines for count in line.points})
    values = [value for line in lines for found in line.points.values() for _, value, _ in found]
    style.start_y_at_zero(axes, max([least_top, *values]), unit)
    axes.yaxis.set_major_formatter("{x:g}")  # half of one is no "500 m"
    axes.set_xlim(-0.5, len(streams) - 0.5)
    axes.set_xticks(range(len(streams)), [str(count) for count in streams])
    axes.set_xlabel("streams on each connection")
    blocks = run.blocks
    width = 2 * BAND / len(lines)
    labels = []
    for j, line in enumerate(lines):
        place = -BAND + (j + 0.5) * width
        for is_valid in (True, False):
            some = [(i + place + 0.7 * width * marks.place_among(blocks, block), value)
                    for i, count in enumerate(streams)
                    for block, value, valid in line.points.get(count, []) if valid == is_valid]
            axes.plot([x for x, _ in some], [y for _, y in some],
                      **marks.dot(line.color, line.marker, is_valid))
        known = [(i + place, line.medians.get(count)) for i, count in enumerate(streams)]
        for x, found in known:
            if found is not None:
                axes.plot([x, x], [found.low, found.high], color=line.color, linewidth=BAR_WIDTH,
                          alpha=2 * marks.SHADE, solid_capstyle="butt", zorder=1)
        axes.plot([x for x, _ in known],
                  [found.median if found else float("nan") for _, found in known],
                  label=line.name, color=line.color, marker=line.marker, markersize=MEDIAN_SIZE,
                  markeredgewidth=0.5, markeredgecolor="white", linewidth=1.4,
                  linestyle=line.line, zorder=4)
        measured = [value for found in line.points.values() for _, value, _ in found]
        last = [found.median for _, found in known if found] or measured[-1:]
        labels.append(frame.EndLabel(
            line.name if measured else f"{line.name}: no number", last[-1] if last else 0.0,
            {"color": line.color, "marker": line.marker, "linewidth": 1.4, "linestyle": line.line,
             "markersize": 6.5, "markerfacecolor": line.color if line.medians else "white"}))
    frame.label_ends(axes, labels)


def _legend_of(run: Run, ratios: Sequence[Ratio], trials: Sequence[Trial]) -> list[Line2D]:
    known = [ratio for ratio in ratios if not ratio.is_refused]
    rows = []
    if known:
        rows.append(marks.sample(MEDIAN_SIZE, style.FAINT_TEXT, "median of the blocks in which "
                                 "both are valid; below, of the valid trials"))
        rows += marks.interval_rows(run, [ratio.interval for ratio in known])
    rows.append(marks.sample(marks.DOT_SIZE, style.FAINT_TEXT, "one block"))
    if comparison.noise_of(run) is not None:
        asked = comparison.noise_cell(run)[1]
        rows.append(marks.band_row("around 1: how far the same arm lay from itself; a median "
                                   "within it shows no difference"))
        rows.append(marks.text_row(
            f"that was measured with {run.of_role('aa')[0].arm.http2} and "
            f"{counted(asked.streams or run.streams[0], 'stream')} alone"))
    refused = len(ratios) - len(known)
    if refused:
        rows.append(marks.text_row(
            f"no median in {refused} of {counted(len(ratios), 'comparison')}: too few blocks have "
            "both valid, or a verdict selects them"))
    cells: dict[str, list[Trial]] = {}
    for trial in trials:
        asked = wording.conditions_text(trial.conditions, run)
        name = f"CPU of {wording.name_of(trial.arm, run)}" + (f", {asked}" if asked else "")
        cells.setdefault(name, []).append(trial)
    rows += marks.no_median_rows(cells.items())
    return rows + marks.hollow_rows(trials) + marks.failed_rows(trials)


def missing(run: Run) -> str:
    if len(run.http2) < 2:
        return "second HTTP/2: a plan of several has it (coresweep run protocol_weight)"
    if run.headline is None:
        return "comparison: its plan names no headline, as protocol_weight does"
    over, under = run.headline.over, run.headline.under
    if over.is_peer or under.is_peer or over[:2] == under[:2]:
        return ("two architectures of ours in its headline, which can have one HTTP/2 (coresweep "
                "run protocol_weight)")
    if sum(len(pairs_of(run, conditions)) for conditions in run.conditions) < 2:
        return ("trial of both architectures with a second HTTP/2 at the headline's server "
                "threads: the sweep did not come to it (coresweep run protocol_weight)")
    return ""


def reading(run: Run) -> str:
    """The ratio with each HTTP/2 at the headline's conditions, and whether they differ."""
    conditions = run.headline.conditions
    pairs = pairs_of(run, conditions)
    if not pairs:
        conditions, pairs = next((one, found) for one in run.conditions
                                 if (found := pairs_of(run, one)))
    over, under = _names(run)
    told = wording.conditions_text(conditions, run)
    what = "p99 from due" if run.is_open else "requests per second"
    text = (f"{over} against {under} at {counted(run.headline.threads, 'server thread')}"
            f"{f', {told}' if told else ''}, {what}: "
            + "; ".join(f"with {http2}{',' if pair.ratio.is_refused else ''} {pair.ratio.text()}"
                        for http2, pair in pairs.items()) + ".")
    weights = [f"with {http2} " + " and ".join(told) for http2, pair in pairs.items()
               if (told := [f"{cpu.median:.1f} µs ({name})" for name, trials in (
                   (over, pair.over), (under, pair.under))
                   if (cpu := comparison.told_median(trials, total_of, run)) is not None])]
    if weights:
        text += f" Server CPU a request, in the median: {', '.join(weights)}."
    trials = [trial for pair in pairs.values() for trial in (*pair.over, *pair.under)]
    return " ".join([text + _hidden(pairs, run), *wording.left_out_text(trials)])


def _hidden(pairs: dict[str, Pair], run: Run) -> str:
    """The lightest's ratio by the heaviest's, within each block: whether the protocol hides any."""
    known = {http2: pair for http2, pair in pairs.items() if not pair.ratio.is_refused}
    if len(known) < 2:
        return ""
    (light, one), *_, (heavy, other) = known.items()
    first, second = ({block: value for block, (value, valid) in pair.by_block().items() if valid}
                     for pair in (one, other))
    hosts = {trial.block: trial.pair for trial in one.over}
    found = [(hosts[block], first[block] / second[block])
             for block in sorted(first.keys() & second.keys())]
    noise = comparison.noise_of(run)
    between = Ratio(tuple(value for _, value in found), comparison.blocks_of(run),
                    one.ratio.verdicts + other.ratio.verdicts,
                    median_interval(comparison.independent(found, comparison.middle_ratio),
                                    comparison.coverage_of(run)),
                    None if noise is None else noise**2,  # each of the two has that much
                    len({hosts for hosts, _ in found} - {None}))
    return f" The ratio with {light} by that with {heavy}: {between.text()}."


CHART = Chart("protocol_weight", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
