#!/usr/bin/env python3
"""Who answers sooner at the same rate? Latency by offered rate, at p50, p99 and p99.9.

A panel a percentile, all on one scale. A line an arm joins the medians of its valid trials' own
percentiles, from due, which holds what a request waited for its turn; beside it, thin, the same
from sent, which does not: where they part, requests queued at the client. Every block is a dot. The
null responder's line is the floor: what the load generator itself takes at that rate.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import command
import comparison
import frame
import marks
import style
import wording
from chart import Chart
from latency_view import (View, arms_in, at_text, floor_of, rate_text, ratio_text,
                          scale_y_in_time, view_of)
from panels import MEDIAN_SIZES, ROOM_OF_MEDIANS
from run import Run
from thread_axis import tick_at
from trial import Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

PERCENTILES = {"p50": "p50: half of the requests", "p99": "p99: all but one in a hundred",
               "p999": "p99.9: all but one in a thousand"}
HEIGHT = 2.9  # inches of a panel
LINEAR_UP_TO = 20  # of the largest rate by the smallest
BAND = 0.44  # inches, in which the dots of all lines stand around their rate
BAND_OF_GAP = 0.35  # at most, of the room to the next rate: bands never reach each other
FLOOR_LABEL = "null responder:\nthe floor"
FLOOR_STYLE = style.SeriesStyle(style.CEILING, "d", style.SHORT_DASHES)


@dataclass(frozen=True)
class Series:
    """One line.

    place: of its dots in the band, -1 to 1, never in its middle, where the medians are
    size: of its medians (points): a later line's are smaller, so that equal ones show
    points: of each rate, ascending, its trials
    """

    name: str
    look: style.SeriesStyle
    place: float
    size: float
    points: tuple[tuple[float, tuple[Trial, ...]], ...]

    @property
    def trials(self) -> list[Trial]:
        return [trial for _, trials in self.points for trial in trials]

    def medians(self, percentile: str, origin: str, run: Run) -> list[comparison.Interval | None]:
        """At each rate; None where it is not told."""
        return [comparison.told_median(trials, lambda trial: _value(trial, percentile, origin), run)
                for _, trials in self.points]


def _value(trial: Trial, percentile: str, origin: str = "due") -> float | None:
    latency = trial.from_due if origin == "due" else trial.from_sent
    return getattr(latency, percentile) if latency else None


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    view = view_of(run)
    series = _series_of(run, view)
    shown = [name for name in PERCENTILES
             if any(_value(trial, name) is not None for one in series for trial in one.trials)]
    shown = shown or ["p50"]
    legend = _legend_of(series, shown, run)
    figure, all_axes = frame.framed_axes(
        title=f"Who answers sooner at the same rate, {at_text(run, view)}?",
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        rows_above=1,
        end_texts=[_name(one) for one in series],
        legend_rows=len(legend),
        panels=len(shown),
        axes_heights=[frame.room_for(list(map(_name, series)), HEIGHT)] * len(shown),
    )
    values = [value for one in series for trial in one.trials for name in shown
              for value in (_value(trial, name), _value(trial, name, "sent")) if value is not None]
    for axes, name in zip(all_axes, shown):
        scale_y_in_time(axes, values, "latency")
        _scale_x(axes, run, view)
        frame.write_heading(axes, 0, PERCENTILES[name])
        for one in series:
            _draw_series(axes, one, name, run)
        labels = (_label(one, name, run) for one in series)
        frame.label_ends(axes, [label for label in labels if label is not None])
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _rate_of(trials: Sequence[Trial]) -> float | None:
    rates = [trial.rate_per_s for trial in trials if trial.rate_per_s is not None]
    return statistics.median(rates) if rates else None


def _rates(run: Run, view: View) -> dict:
    """Conditions to their rate (requests per second), ascending; those alone that have trials."""
    found = {}
    for conditions in view.conditions:
        rate = _rate_of([trial for trial in run.arms if trial.conditions == conditions
                         and trial.threads == view.threads])
        if rate is not None:
            found[conditions] = rate
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def _series_of(run: Run, view: View) -> list[Series]:
    arms, rates = arms_in(run, view), _rates(run, view)
    looks = style.styles_of_arms(arms)
    lines = len(arms) + 1
    parts = lines + lines % 2  # as many on the left of the medians as on the right
    largest, smallest = MEDIAN_SIZES

    def standing(i: int) -> tuple[float, float]:
        place = (2 * i + 1) / parts - 1
        beside = math.copysign(ROOM_OF_MEDIANS + (1 - ROOM_OF_MEDIANS) * abs(place), place)
        return beside, largest - (largest - smallest) * i / (lines - 1)

    def cells(trials_at) -> tuple:
        return tuple((rate, tuple(trials_at(conditions))) for conditions, rate in rates.items())

    found = [Series(wording.name_of(arm, run), looks[arm], *standing(i),
                    cells(lambda conditions: comparison.trials_at(run, arm, view.threads,
                                                                  conditions)))
             for i, arm in enumerate(arms)]
    found.append(Series(FLOOR_LABEL, FLOOR_STYLE, *standing(len(arms)),
                        cells(lambda conditions: floor_of(run, view, conditions))))
    return [one for one in found if one.trials]


def _draw_series(axes, one: Series, percentile: str, run: Run) -> None:
    rates = [rate for rate, _ in one.points]
    nothing = float("nan")
    sent = [found.median if found else nothing for found in one.medians(percentile, "sent", run)]
    due = one.medians(percentile, "due", run)
    axes.plot(rates, sent, color=one.look.color, alpha=0.55, linewidth=0.9,
              linestyle=style.DENSE_DASHES, zorder=2)
    axes.plot(rates, [found.median if found else nothing for found in due], color=one.look.color,
              linestyle=one.look.line, linewidth=1.8, marker=style.marker_of(one.look),
              markersize=one.size, markeredgecolor="white", markeredgewidth=0.5, label=one.name,
              zorder=4)
    marks.shade(axes, rates, {rate: found for rate, found in zip(rates, due) if found},
                one.look.color)
    places = _places(axes, one)
    for is_valid in (True, False):
        dots = [(places[rate, trial.block], value)
                for rate, trials in one.points for trial in trials
                if trial.is_valid == is_valid
                and (value := _value(trial, percentile)) is not None]
        axes.plot([x for x, _ in dots], [y for _, y in dots],
                  **marks.dot(one.look.color, style.marker_of(one.look), is_valid))


def _places(axes, one: Series) -> dict[tuple[float, int], float]:
    """x of a dot, by rate and block: lines side by side around their rate, each with its blocks
    in order."""
    width, _ = frame.size_in_inches(axes)
    to_scale = axes.transScale + axes.transLimits
    rates = [rate for rate, _ in one.points]
    shares = to_scale.transform([(rate, axes.get_ylim()[0]) for rate in rates])[:, 0]
    gaps = [float("inf"), *(after - before for before, after in zip(shares, shares[1:])),
            float("inf")]
    blocks = sorted({trial.block for trial in one.trials})
    keys, wanted = [], []
    for i, rate in enumerate(rates):
        half = min(BAND / 2 / width, BAND_OF_GAP * min(gaps[i], gaps[i + 1]))
        for j, block in enumerate(blocks):
            order = j / (len(blocks) - 1) - 0.5 if len(blocks) > 1 else 0.0
            keys.append((rate, block))
            wanted.append((shares[i] + half * (one.place + 0.2 * order), 0.0))
    return dict(zip(keys, to_scale.inverted().transform(wanted)[:, 0]))


def _scale_x(axes, run: Run, view: View) -> None:
    """Linear from zero, or said to be log, with each offered rate named."""
    rates = _rates(run, view)
    low, high = min(rates.values()), max(rates.values())
    is_log = high > LINEAR_UP_TO * low
    if is_log:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.6, high * 1.3)
    else:
        axes.set_xlim(0, 1.08 * high)
    axes.set_xlabel("offered rate (requests per second)" + (", log" if is_log else ""))
    names = [(f"{conditions.rate}: " if isinstance(conditions.rate, str) else "")
             + f"{rate:,.0f}" for conditions, rate in rates.items()]
    tick_at(axes, list(rates.values()), names)
    axes.set_xticks([], minor=True)


def _name(one: Series) -> str:
    if not any(trial.is_valid for trial in one.trials):
        return f"{one.name}:\nno valid trial"
    told = any(not comparison.why_no_median(trials, lambda trial: 0.0)
               for _, trials in one.points if trials)
    return one.name if told else f"{one.name}:\nno median"


def _label(one: Series, percentile: str, run: Run) -> frame.EndLabel | None:
    """At its last median, or else among its last hollow dots; None where it has no value."""
    medians = [found.median for found in one.medians(percentile, "due", run) if found]
    dots = [[value for trial in trials if (value := _value(trial, percentile)) is not None]
            for _, trials in one.points]
    last = [statistics.median(values) for values in dots if values]
    if not medians and not last:
        return None
    return frame.EndLabel(_name(one), (medians or last)[-1], {
        "color": one.look.color, "marker": style.marker_of(one.look), "linewidth": 1.8,
        "linestyle": one.look.line if medians else "none", "markersize": 6.0,
        "markerfacecolor": one.look.color if medians else "white"})


def _legend_of(series: Sequence[Series], shown: Sequence[str], run: Run) -> list[Line2D]:
    from matplotlib.lines import Line2D

    trials = [trial for one in series for trial in one.trials]
    rows = []

    def row(text: str, **look) -> None:
        rows.append(Line2D([], [], color=style.FAINT_TEXT, label=text, **look))

    def mark(text: str, face: str) -> None:
        row(text, linestyle="none", marker="o", markersize=marks.DOT_SIZE, markerfacecolor=face)

    medians = [found for one in series for name in shown
               for found in one.medians(name, "due", run) if found]
    if medians:
        row("from due: median over the valid blocks", linewidth=1.8)
        rows.extend(marks.interval_rows(run, medians))
        row("from sent: median over the valid blocks", linewidth=0.9, alpha=0.55,
            linestyle=style.DENSE_DASHES)
    if any(trial.is_valid for trial in trials):
        mark("one block, from due", style.FAINT_TEXT)
    rows.extend(marks.no_median_rows(_cells_of(series)))
    hollow = Counter(" + ".join(trial.faults) for trial in trials if not trial.is_valid
                     and any(_value(trial, name) is not None for name in shown))
    for faults, count in sorted(hollow.items()):
        mark(f"hollow: {faults} ({counted(count, 'trial')})", "white")
    unknown = [f"{PERCENTILES[name].split(':')[0]} {count}" for name in PERCENTILES
               if (count := sum(_value(trial, name) is None for trial in trials))]
    if unknown:
        row(f"not known (trials): {', '.join(unknown)}: with fewer than ten slower requests, or "
            "with some unanswered", linestyle="none")
    return rows


def _cells_of(series: Sequence[Series]) -> list[tuple[str, Sequence[Trial]]]:
    return [(f"{' '.join(one.name.split())}, {rate:,.0f} a second", trials)
            for one in series for rate, trials in one.points]


def missing(run: Run) -> str:
    rates = _rates(run, view_of(run)) if run.arms and run.is_open else {}
    if len(rates) < 2:
        return "two rates: a plan of several has them (coresweep run latency)"
    trials = [trial for trial in run.arms if trial.from_due is not None]
    if all(trial.from_due.p50 is None for trial in trials):
        return "trial that knows its median: a longer one does (coresweep run latency)"
    return ""


def reading(run: Run) -> str:
    """The headline's arms by p99 at each rate; without a headline, each arm's at the highest."""
    view = view_of(run)
    rates = list(_rates(run, view))
    trials = [trial for trial in run.arms
              if trial.threads == view.threads and trial.conditions in rates]
    told = [(conditions, ratio_text(run, view, conditions)) for conditions in rates]
    if all(text for _, text in told):
        who = told[0][1].split(": ")[0]
        each = "; ".join(f"at {rate_text(conditions, run)}, {text.split(': ', 1)[1]}"
                         for conditions, text in told)
        return " ".join([f"p99 from due {at_text(run, view)}, {who}: {each}.",
                         *wording.left_out_text(trials)])
    arms = []
    for one in _series_of(run, view):
        found = one.medians("p99", "due", run)[-1]
        if one.name != FLOOR_LABEL:
            why = comparison.why_no_median(one.points[-1][1], lambda trial: _value(trial, "p99"))
            arms.append(f"{one.name} " + (wording.latency_text(found.median) if found
                                          else why or "not known"))
    return " ".join([f"The median over blocks of p99 from due {at_text(run, view)}, at "
                     f"{rate_text(rates[-1], run)}: {', '.join(arms)}.",
                     *wording.left_out_text(trials)])


CHART = Chart("latency_by_rate", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
