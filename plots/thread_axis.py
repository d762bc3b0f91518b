"""The x axis of every chart by cores: server threads, linear, named exactly where measured.

Around each thread count is a band, in which the dots of all lines stand side by side. Bands never
reach each other, and the core boundaries are drawn in the room between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import frame
import style
from run import Run

# A band's widest half, as a share of the axis: for each line, for all together, and what the bands
# of all thread counts share.
BAND_OF_ONE = 0.02
BAND_OF_ALL = 0.2
ALL_BANDS = 0.3
# Its share of the room to the next thread count, and to the end of the axis.
BAND_OF_GAP = 0.3
BAND_OF_END = 0.8
# A place within a band is no number of threads.
NAME = "server threads (dots stand beside their tick to be seen)"
CLEAR_OF_BAND = 1.15  # half bands from a thread count to the nearest a boundary may be drawn


@dataclass(frozen=True)
class Boundary:
    """The largest thread count up to which something holds, and what changes beyond it."""

    threads: int
    text: str


@dataclass(frozen=True)
class ThreadAxis:
    """limits: of x (threads). half_bands: thread count to half the width of its band (threads)."""

    limits: tuple[float, float]
    half_bands: dict[int, float]
    boundaries: tuple[Boundary, ...]

    def position(self, threads: int, place: float) -> float:
        """x of a place in the band of `threads`: -1 is its left end, 0 its middle, 1 its right."""
        return threads + self.half_bands[threads] * place

    def boundary_position(self, boundary: Boundary) -> float:
        """x of a boundary: between its last thread count and the next, and outside of all bands."""
        x = boundary.threads + 0.5
        for count, half in self.half_bands.items():
            if count <= boundary.threads:
                x = max(x, count + CLEAR_OF_BAND * half)
            else:
                x = min(x, count - CLEAR_OF_BAND * half)
        return x


def thread_axis_of(run: Run) -> ThreadAxis:
    counts = run.thread_counts
    boundaries = boundaries_of(run)
    room = max(0.75, 0.06 * (counts[-1] - counts[0]))
    first_seen = min([counts[0] - room] + [boundary.threads + 0.25 for boundary in boundaries])
    limits = (max(0.0, first_seen), counts[-1] + room)
    bands = half_bands_of(counts, limits, len(run.compared))
    return ThreadAxis(limits, bands, boundaries)


def boundaries_of(run: Run) -> tuple[Boundary, ...]:
    """The core boundaries within the thread counts, ascending.

    None where the load has no core of its own at any thread count: then there is nothing to leave.
    """
    division = run.cpu_division
    if run.always_shares_cpus:
        return ()
    cores, cpus = division.server_physical_cores, len(division.server)
    found = []
    on_one_node = _first_threads_on_one_node(run)
    if on_one_node < cpus:
        text = "the first NUMA node ends here: beyond, threads lie on several"
        found.append(Boundary(on_one_node, text))
    if cores < cpus:
        text = "physical cores end here: beyond, threads share a core (SMT)"
        found.append(Boundary(cores, text))
    if not run.is_over_hosts:  # there no plan goes beyond, and no load lies there
        found.append(Boundary(cpus, "server CPUs end here: beyond, server and load share CPUs"))
    return tuple(boundary for boundary in found if boundary.threads <= run.thread_counts[-1])


def _first_threads_on_one_node(run: Run) -> int:
    """How many of the first server threads share a node.

    All, where the nodes are not known, or threads roam over the server's CPUs.
    """
    division = run.cpu_division
    if not division.nodes_of or "each" not in run.asked["pin"]:
        return len(division.server)
    nodes = [division.nodes_of[cpu] for cpu in division.server]
    return next((i for i, one in enumerate(nodes) if one and one != nodes[0]), len(nodes))


def half_bands_of(
    counts: Sequence[int], limits: tuple[float, float], lines: int
) -> dict[int, float]:
    """Half the width of each thread count's band, from `counts` ascending (threads)."""
    widest = (limits[1] - limits[0]) * min(
        BAND_OF_ALL, ALL_BANDS / len(counts), BAND_OF_ONE * lines)
    bands = {}
    for i, count in enumerate(counts):
        near = [abs(count - other) for other in counts[max(0, i - 1) : i + 2] if other != count]
        to_end = min(count - limits[0], limits[1] - count)
        bands[count] = min([widest, BAND_OF_END * to_end] + [BAND_OF_GAP * gap for gap in near])
    return bands


def draw_thread_axis(axes, axis: ThreadAxis) -> None:
    """Scales x, names each thread count, and draws the boundaries with their texts above."""
    axes.set_xlim(*axis.limits)
    axes.set_xlabel(NAME)
    tick_at(axes, list(axis.half_bands), [str(count) for count in axis.half_bands])
    for row, boundary in enumerate(reversed(axis.boundaries)):
        x = axis.boundary_position(boundary)
        axes.axvline(x, color=style.BOUNDARY, linewidth=0.9, linestyle=style.SHORT_DASHES, zorder=1)
        frame.write_above(axes, x, row, boundary.text)


def tick_at(axes, places: Sequence[float], names: Sequence[str]) -> None:
    """A tick at each of `places`, ascending, named unless its name would touch another's.

    The last is always named, then from the left whatever finds room.
    """
    width, _ = frame.size_in_inches(axes)
    to_scale = axes.transScale + axes.transLimits  # a share of the axes, linear or not
    inches = [width * to_scale.transform((place, axes.get_ylim()[1]))[0] for place in places]
    halves = [max(frame.text_width(f" {line} ", style.TEXT_SIZE) for line in name.split("\n")) / 2
              for name in names]
    names = list(names)
    last_begins = inches[-1] - halves[-1]
    named_until = float("-inf")
    for i in range(len(names) - 1):
        begins, ends = inches[i] - halves[i], inches[i] + halves[i]
        if begins < named_until or ends > last_begins:
            names[i] = ""
        else:
            named_until = ends
    axes.set_xticks(places)
    axes.set_xticklabels(names)
