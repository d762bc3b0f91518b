#!/usr/bin/env python3
"""By how much do arms differ, and at how many threads? Ratios to one arm by server threads.

The headline's comparison at every thread count, and each other arm against the same one. A dot is
the ratio within one block, of trials that ran back to back. The axis is linear and starts at zero:
a height is then in proportion to what was answered, and 2 % looks as small as it is. (Twice and
half do not look alike so: the figures beside the names tell them.) Where a ratio is refused, its
blocks are hollow, and the legend says why.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import command
import comparison
import frame
import marks
import panels
import readings
import style
import wording
from chart import Chart
from comparison import Interval, Ratio
from run import Run
from thread_axis import ThreadAxis, draw_thread_axis, thread_axis_of
from trial import Conditions, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN_COST = "1 thread: the runtime's own cost, nothing contends here"


@dataclass(frozen=True)
class Pair:
    """Two trials of one block. counts: whether its ratio is one of those that are summed up."""

    block: int
    value: float
    counts: bool


@dataclass(frozen=True)
class Line:
    """One arm against the headline's `under`: by threads. As panels.Series where it is drawn."""

    name: str
    style: style.SeriesStyle
    place: float
    width: float
    median_size: float
    is_headline: bool
    ratios: dict[int, Ratio]
    pairs: dict[int, list[Pair]]

    def intervals(self) -> dict[int, Interval]:
        return {threads: ratio.interval for threads, ratio in self.ratios.items()
                if not ratio.is_refused}

    def medians(self) -> dict[int, float]:
        return {threads: found.median for threads, found in self.intervals().items()}

    def end(self) -> float:
        """Where its name stands: the last median, or the hollow ones', or with them."""
        if self.medians():
            return list(self.medians().values())[-1]
        last = [pairs for pairs in self.pairs.values() if pairs]
        return statistics.median(pair.value for pair in last[-1]) if last else 1.0


def lines_of(run: Run, asked: Conditions) -> list[Line]:
    """Each arm that ran beside `under`, in alphabetical order. Only of a run with a headline."""
    under, noise = run.headline.under, comparison.noise_of(run)
    others = [arm for arm in run.compared if arm != under]
    styles = style.styles_of_arms(run.compared)
    found = []
    for i, arm in enumerate(others):
        ratios, pairs = {}, {}
        for threads in run.thread_counts:
            both = [comparison.trials_at(run, one, threads, asked) for one in (arm, under)]
            if all(both):
                ratios[threads] = comparison.ratio_of(*both, run, noise=noise)
                pairs[threads] = pairs_of(*both, ratios[threads])
        if ratios:
            place, width = panels.place_in_band(i, len(others))
            found.append(Line(wording.name_of(arm, run), styles[arm], place, width,
                              panels.median_size(i, len(others)), arm == run.headline.over,
                              ratios, pairs))
    return found


def pairs_of(over: Sequence[Trial], under: Sequence[Trial], ratio: Ratio) -> list[Pair]:
    """Those that were measured back to back, valid or not."""
    figure = comparison.compared_figure
    beside = {trial.block: trial for trial in under if (figure(trial) or 0) > 0}
    return [Pair(trial.block, figure(trial) / figure(beside[trial.block]),
                 trial.is_valid and beside[trial.block].is_valid and not ratio.is_refused)
            for trial in over if (figure(trial) or 0) > 0 and trial.block in beside
            and comparison.ran_beside(trial, beside[trial.block])]


def missing(run: Run) -> str:
    """A run whose sides never ran under the same conditions has no ratio either."""
    if run.headline is None or not any(lines_of(run, asked) for asked in run.conditions):
        return ("comparison: a plan with a headline has one, of trials of both its sides "
                "(coresweep run bench)")
    return ""


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    by_panel = {asked: lines for asked in run.conditions if (lines := lines_of(run, asked))}
    every = [line for lines in by_panel.values() for line in lines]
    axis, noise = thread_axis_of(run), comparison.noise_of(run)
    under = wording.name_of(run.headline.under, run)
    top = max([1.0, noise or 1.0, *(pair.value for line in every
                                    for pairs in line.pairs.values() for pair in pairs)])
    legend = legend_of(run, every, noise)
    marks_own_cost = 1 in run.thread_counts and not run.always_shares_cpus
    headings = {asked: wording.conditions_text(asked, run) for asked in by_panel}
    rows = len(axis.boundaries) + marks_own_cost

    figure, all_axes = frame.framed_axes(
        title=_title(run, under),
        subtitles=(wording.machine_text(run), wording.load_text(run),
                   *wording.nodes_text(run), *wording.skipped_text(run)),
        rows_above=rows + any(headings.values()),
        end_texts=[label.text for lines in by_panel.values() for label in labels_of(lines, under)],
        legend_rows=len(legend),
        panels=len(by_panel),
    )
    for axes, (asked, lines) in zip(all_axes, by_panel.items()):
        better = " (less is better)" if run.is_open else ""
        _scale(axes, top, f"{readings.compared_text(run)}, times {under}'s{better}")
        draw_thread_axis(axes, axis)
        if headings[asked]:
            frame.write_heading(axes, rows, headings[asked])
        if marks_own_cost:
            axes.axvline(1, color=style.BOUNDARY, linewidth=0.8, linestyle=style.DOTS, zorder=0.9)
            frame.write_above(axes, 1, len(axis.boundaries), OWN_COST)
        if noise is not None and asked == comparison.noise_cell(run)[1]:
            axes.axhspan(1 / noise, noise, color=style.BAND, linewidth=0, zorder=0.5)
        axes.axhline(1.0, color=style.TEXT, linewidth=1.0, zorder=1, label="_one")
        for line in lines:
            _draw_line(axes, line, axis, run, _as_bars(every))
        frame.label_ends(axes, labels_of(lines, under))
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _title(run: Run, under: str) -> str:
    return (f"How many times {under}'s p99 latency is each arm's?" if run.is_open
            else f"How many times {under}'s requests per second does each arm answer?")


def _scale(axes, top: float, unit: str) -> None:
    from matplotlib.ticker import StrMethodFormatter

    style.start_y_at_zero(axes, top, unit)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}x"))


def _as_bars(lines: Sequence[Line]) -> bool:
    return (len({line.name for line in lines}) > panels.MOST_TOLD_BY_EYE
            and max(len(line.medians()) for line in lines) == 1)


def _draw_line(axes, line: Line, axis: ThreadAxis, run: Run, as_bars: bool) -> None:
    marks.draw_medians(axes, axis, line, line.intervals(), as_bars)

    def x_of(threads: int, pair: Pair) -> float:
        among = marks.place_among(run.blocks, pair.block)
        return axis.position(threads, line.place + 0.7 * line.width * among)

    marks.draw_dots(axes, ((x_of(threads, pair), pair.value, pair.counts)
                           for threads, pairs in line.pairs.items() for pair in pairs),
                    line.style.color, style.marker_of(line.style))


def labels_of(lines: Sequence[Line], under: str) -> list[frame.EndLabel]:
    few = len(lines) <= panels.MOST_TOLD_BY_EYE
    labels = [frame.EndLabel(_label_text(line, few), line.end(), {
        "color": line.style.color, "marker": style.marker_of(line.style), "linewidth": 1.8,
        "linestyle": line.style.line if line.medians() else "none", "markersize": 6.5,
        "markerfacecolor": line.style.color if line.medians() else "white",
    }) for line in lines]
    one = {"color": style.TEXT, "marker": None, "linewidth": 1.0, "linestyle": style.SOLID}
    return [*labels, frame.EndLabel(f"{under}: 1", 1.0, one)]


def _label_text(line: Line, few: bool) -> str:
    found = line.intervals()
    if not found:
        return f"{line.name}: no ratio"
    last = max(found)
    ends = f"{found[last].low:.2f}\N{EN DASH}{found[last].high:.2f}"
    return (f"{line.name}\n{found[last].median:.2f}x ({ends}) at {last}" if few
            else f"{line.name}  {found[last].median:.2f}x")


def legend_of(run: Run, lines: Sequence[Line], noise: float | None) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    rows: list = []
    if any(line.medians() for line in lines):
        text = "median of the ratios within blocks; beside a name, at the most threads with one"
        bar = Line2D([], [], color=style.FAINT_TEXT, linewidth=2.2, label=text)
        rows.append(bar if _as_bars(lines)
                    else marks.median_row(run, text))
        rows += marks.interval_rows(
            run, [one for line in lines for one in line.intervals().values()])
    if any(pair.counts for line in lines for pairs in line.pairs.values() for pair in pairs):
        rows.append(marks.sample(marks.DOT_SIZE, style.FAINT_TEXT, "one block"))
    if noise is not None:
        threads, asked = comparison.noise_cell(run)
        rows.append(Patch(facecolor=style.BAND, label=(
            f"A/A: the same arm beside itself at {counted(threads, 'thread')}, within "
            f"{noise:.3f}x: a median in there shows no difference")))
        if len(run.conditions) > 1:
            rows.append(marks.text_row(
                f"A/A was measured under {wording.conditions_text(asked, run)} alone"))
    else:
        rows.append(marks.text_row("no valid A/A trials: how far an arm lies from itself is not "
                                   "known"))
    return [*rows, *refusal_rows(run, lines)]


def refusal_rows(run: Run, lines: Sequence[Line]) -> list:
    """Hollow blocks, by why: one row for each set of verdicts."""
    found: dict[tuple, list[tuple[Ratio, bool]]] = {}  # and whether a block of it is drawn
    count = 0
    for line in lines:
        for threads, pairs in line.pairs.items():
            ratio = line.ratios[threads]
            count += 1
            if ratio.is_refused:
                found.setdefault(tuple(sorted(ratio.verdicts)), []).append((ratio, bool(pairs)))
    rows = []
    for names, ratios in sorted(found.items()):
        why = ratios[0][0].refusal if len(ratios) == 1 else " + ".join(names) or "too few blocks"
        text = f"no ratio ({len(ratios)} of {count}): {why}"
        rows.append(marks.sample(marks.DOT_SIZE, "white", f"hollow: {text}")
                    if any(is_drawn for _, is_drawn in ratios) else marks.text_row(text))
    left_out = sum(not pair.counts and not line.ratios[threads].is_refused for line in lines
                   for threads, pairs in line.pairs.items() for pair in pairs)
    if left_out:
        rows.append(marks.sample(marks.DOT_SIZE, "white", (
            f"hollow: {counted(left_out, 'block')} with a trial that the host spoilt, left out")))
    return rows


def reading(run: Run) -> str:
    """The headline, the same comparison at other thread counts, and the other arms."""
    asked = run.headline.conditions
    lines = lines_of(run, asked)
    (line,) = [one for one in lines if one.is_headline] or [None]
    sentences = [readings.headline_text(run)]
    if line is not None:
        sentences += [*_own_cost_text(run, line), *_by_threads_text(run, line)]
    return " ".join([*sentences, *_others_text(run, [one for one in lines if not one.is_headline]),
                     *readings.other_conditions_text(run)])


def _own_cost_text(run: Run, line: Line) -> list[str]:
    if 1 not in line.ratios or line.ratios[1].is_refused or run.always_shares_cpus:
        return []
    if run.headline.threads == 1:
        return ["At 1 thread nothing contends: that is the runtime's own cost."]
    return [f"At 1 thread, where nothing contends, the runtime's own cost: "
            f"{line.ratios[1].text()}."]


def _by_threads_text(run: Run, line: Line) -> list[str]:
    """Which of the two is ahead may change with the threads."""
    if len(line.ratios) == 1:
        return []
    under = wording.name_of(run.headline.under, run)
    told = wording.conditions_text(run.headline.conditions, run)
    return [f"By server threads{f' ({told})' if told else ''}, {line.name} against {under}: "
            f"{readings.sides_text(line.ratios, run)}."]


def _others_text(run: Run, others: Sequence[Line]) -> list[str]:
    at = run.headline.threads
    ratios = {line.name: line.ratios[at] for line in others if at in line.ratios}
    if not ratios:
        return []
    shown = [f"{name} {ratio.interval.median:.2f}x" for name, ratio in ratios.items()
             if ratio.shows_difference]
    refused = sum(ratio.is_refused for ratio in ratios.values())
    none = len(ratios) - len(shown) - refused
    verb = "shows" if len(shown) == 1 else "show"
    parts = [f"{len(shown)} {verb} a difference ({', '.join(shown)})"] if shown else []
    parts += [f"{none} {'shows' if none == 1 else 'show'} no difference"] if none else []
    parts += [f"{refused} {'has' if refused == 1 else 'have'} no ratio"] if refused else []
    return [f"Of {counted(len(ratios), 'other arm')} at {counted(at, 'server thread')}, not named "
            f"beforehand: {', '.join(parts)}."]


CHART = Chart("ratio_by_cores", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
