"""What a chart is: a name, a question, when it can be drawn, its figure, and its reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from damage import Damage
from run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Chart:
    """One file of plots/ has one.

    name: of its files, and of its module
    question: that it answers, in one line
    missing: what of a run it cannot be drawn without, and which plan would give it, such as "one
        rate: a plan of several has it (coresweep run latency)"; empty where it can be drawn
    draw: called within style.applied()
    reading: one or two sentences that are true of the data, with its figures; they stand below the
        chart, and are its alternative text
    damages: what of single trials cannot be read, where it can be drawn without them or not
    """

    name: str
    question: str
    missing: Callable[[Run], str]
    draw: Callable[[Run], Figure]
    reading: Callable[[Run], str]
    damages: Callable[[Run], Sequence[Damage]] = lambda run: ()
