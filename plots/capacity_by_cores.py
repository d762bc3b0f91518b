#!/usr/bin/env python3
"""How many requests a second does each hold? What searches found, by server threads.

A search offers one rate after another: what it found lies between the highest that was held and
the lowest that was not. A dot is the first, in each block, and the bar above it reaches up to the
second. One line an arm joins the medians. A search that came to no answer is hollow: what the host
spoilt says nothing, and where the load generator was the limit the arm holds that or more; there
is no median, for to leave it out would choose the answer.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import command
import frame
import marks
import style
import wording
from capacity_answer import capacity_ratio
from chart import Chart
from comparison import LEAST_SHARE_OF_BLOCKS, Interval
from panels import Panel, Series, has_no_lines, panels_of
from run import Run
from thread_axis import ThreadAxis, draw_thread_axis, thread_axis_of
from trial import Capacity, Conditions, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NO_ANSWER = {"too_noisy": "noisy_host", "untold": "untold"}  # to the verdict that it amounts to
ENDS = {"too_noisy": "hollow, in no median: spoilt by the host",
        "untold": "hollow: the load generator, its ports or its window was the limit: it holds "
                  "that or more, and there is no median"}
DOUBTS = {"out_of_trials": "ended before it was sure", "nothing_held": "held nothing",
          "highest_held": "held the highest rate there is"}
BARS_IN_VIEW = 2.0  # times the most that was held: a bar further up leaves the chart


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    seen = _as_trials(run)
    panels, axis = panels_of(seen), thread_axis_of(seen)
    series = [one for panel in panels for one in panel.series]
    has_bars = any(trial.not_held_per_s is not None for trial in seen.trials)
    legend = _legend_of(run, seen, panels, has_bars)
    heading_rows = 1 if panels[0].heading else 0
    figure, all_axes = frame.framed_axes(
        title=f"How many requests a second does each hold{_within(run)}?",
        subtitles=(wording.machine_text(run), wording.load_text(seen), *wording.skipped_text(run)),
        rows_above=len(axis.boundaries) + heading_rows,
        end_texts=[_label(one, panel.run).text for panel in panels for one in panel.series],
        legend_rows=len(legend),
        panels=len(panels),
        axes_heights=[frame.room_for([_label(one, panel.run).text for one in panel.series])
                      for panel in panels],
    )
    for axes, panel in zip(all_axes, panels):
        style.start_y_at_zero(axes, _top_of(panel), "requests per second held")
        if panel.heading:
            frame.write_heading(axes, len(axis.boundaries), panel.heading)
        draw_thread_axis(axes, axis)
        for one in panel.series:
            marks.draw_medians(axes, axis, one, _intervals(one, panel.run), has_no_lines(series))
            _draw_searches(axes, one, axis, panel.run)
        frame.label_ends(axes, [_label(one, panel.run) for one in panel.series])
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


@dataclass(frozen=True)
class Search(Trial):
    """What one found, as a trial that answered what was held: so charts by threads can show it."""

    not_held_per_s: float | None = None
    end: str = ""


def _search_of(found: Capacity) -> Search:
    return Search(
        role="arm", arm=found.arm, threads=found.threads, block=found.block, attempt=1,
        cell=found.cell, throughput_per_s=found.held_per_s,
        verdict=(NO_ANSWER[found.end],) if found.end in NO_ANSWER else (),
        conditions=found.conditions.rateless, not_held_per_s=found.not_held_per_s,
        end=found.end)


def _as_trials(run: Run) -> Run:
    """The run as if its searches were its trials. Shares of a capacity have one block of them."""
    found = tuple(map(_search_of, run.capacities))
    blocks = len({search.block for search in found})
    planned = run.blocks_planned if run.capacity_p99 else blocks
    return replace(run, trials=found, stored=found, blocks_planned=planned,
                   blocks_ended=run.blocks_ended if run.capacity_p99 else None,
                   asked={**run.asked, "rate": (None,)})


def _within(run: Run) -> str:
    """Where a search only tells what a share of a rate is, no latency bounds it."""
    return (f" with a p99 from due within {run.capacity_p99}" if run.capacity_p99
            else ", whatever the latency")


def _intervals(one: Series, run: Run) -> dict[int, Interval]:
    """Of the searches' medians, by threads; none where a bound or the half would be left out."""
    found = one.intervals(run)
    for threads in list(found):
        ends = [search.end for search in one.trials if search.threads == threads]
        answers = sum(end not in NO_ANSWER for end in ends)
        if "untold" in ends or answers <= LEAST_SHARE_OF_BLOCKS * len(ends):
            del found[threads]
    return found


def _draw_searches(axes, one: Series, axis: ThreadAxis, run: Run) -> None:
    bars = []
    for search in one.trials:
        place = one.place + 0.7 * one.width * marks.place_among(run.blocks, search.block)
        x = axis.position(search.threads, place)
        axes.plot(x, search.throughput_per_s,
                  **marks.dot(one.style.color, style.marker_of(one.style), search.is_valid))
        if search.not_held_per_s is not None:
            bars.append((x, search.throughput_per_s, search.not_held_per_s))
    if bars:
        axes.vlines(*zip(*bars), color=one.style.color, linewidth=0.8, alpha=0.8, zorder=2.5)


def _top_of(panel: Panel) -> float:
    """Of the panel's scale, unless a bar reaches far beyond all that was held."""
    reach = max((search.not_held_per_s or 0.0 for search in panel.run.arms), default=0.0)
    return max(panel.top, min(reach, BARS_IN_VIEW * panel.top))


def _label(one: Series, run: Run) -> frame.EndLabel:
    found = _intervals(one, run)
    ends = [interval.median for interval in found.values()] or [one.end()]
    return frame.EndLabel(
        one.name if found else f"{one.name}: no median", ends[-1],
        {"color": one.style.color, "marker": style.marker_of(one.style), "linewidth": 1.8,
         "linestyle": one.style.line if found else "none", "markersize": 6.5,
         "markerfacecolor": one.style.color if found else "white"})


def _legend_of(run: Run, seen: Run, panels: Sequence[Panel], has_bars: bool) -> list:
    from matplotlib.lines import Line2D

    intervals = [interval for panel in panels for one in panel.series
                 for interval in _intervals(one, panel.run).values()]
    rows = []
    if intervals:
        rows.append(marks.median_row(seen, "median over blocks"))
        rows += marks.interval_rows(seen, intervals)
    ends = Counter(found.end for found in run.capacities)
    if any(end not in NO_ANSWER for end in ends):
        rows.append(marks.sample(marks.DOT_SIZE, style.FAINT_TEXT,
                                 "one block's search: the highest rate that was held"))
    if has_bars:
        beyond = sum((search.not_held_per_s or 0.0) > BARS_IN_VIEW * panel.top
                     for panel in panels for search in panel.run.arms)
        rows.append(Line2D([], [], color=style.FAINT_TEXT, linestyle="none", marker="|",
                           label="bar: up to the lowest rate that was not held"
                           + (f" ({counted(beyond, 'bar')} beyond the chart)" if beyond else "")))
    rows += [marks.sample(marks.DOT_SIZE, "white", f"{text} ({_searches(ends[end])})")
             for end, text in ENDS.items() if ends[end]]
    rows += [marks.text_row(f"{text}: {_searches(ends[end])}")
             for end, text in DOUBTS.items() if ends[end]]
    return rows


def _searches(count: int) -> str:
    return f"{count} search" if count == 1 else f"{count} searches"


def missing(run: Run) -> str:
    if run.capacities:
        return ""
    return "search for what is held: a run of its own has them (coresweep capacity PLAN --p99 2ms)"


def reading(run: Run) -> str:
    """What each arm holds at the headline's threads, or the most; and the headline's ratio."""
    seen = _as_trials(run)
    threads = seen.thread_counts[-1]
    conditions = seen.conditions[0]
    if run.headline is not None:
        at = (run.headline.threads, run.headline.conditions.rateless)
        if any((one.threads, one.conditions) == at for one in seen.arms):
            threads, conditions = at
    panel = next(panel for panel in panels_of(seen) if panel.run.arms[0].conditions == conditions)
    told = []
    for one in panel.series:
        found = _intervals(one, panel.run).get(threads)
        told.append(f"{one.name} " + (style.three_digits(found.median) if found else "not known"))
    text = (f"Requests per second held{_within(run)}, at {counted(threads, 'server thread')}, "
            f"median over blocks: {', '.join(told)}.")
    heading = wording.conditions_text(conditions, seen)
    text = f"Under {heading}: {text[0].lower()}{text[1:]}" if heading else text
    no_answer = sum(found.end in NO_ANSWER for found in run.capacities)
    left_out = (f" {no_answer} of {_searches(len(run.capacities))} came to no answer."
                if no_answer else "")
    return text + _ratio_text(run, seen, threads, conditions) + left_out


def _ratio_text(run: Run, seen: Run, threads: int, conditions: Conditions) -> str:
    if run.headline is None:
        return ""
    sides = run.headline.over, run.headline.under
    ratio, why_not = capacity_ratio(seen, *sides, threads, conditions)
    if ratio is None:
        return ""
    over, under = (wording.name_of(arm, seen) for arm in sides)
    return f" {over} against {under}: {f'no ratio: {why_not}' if why_not else ratio.text()}."


CHART = Chart("capacity_by_cores", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
