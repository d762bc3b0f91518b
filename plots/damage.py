"""What of one trial no chart can read: it alone is left out, and where it stands is told.

The schema refuses what a reader of JSON can see; a text that is no date, or no histogram, is found
where it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from run import Run
from wording import counted

MOST_TOLD = 8


@dataclass(frozen=True)
class Damage:
    """line: in trials.jsonl. key: such as latency_from_due_ns.histogram. why: what stands there."""

    line: int
    key: str
    why: str


def complaints(damages: Sequence[Damage], run: Run) -> list[str]:
    """A line for the operator of each; of many, of the first ones, and how many more there are."""
    path = run.folder / "trials.jsonl"
    lines = [f"{path}:{one.line}: {one.key}: {one.why}: this trial is left out"
             for one in damages[:MOST_TOLD]]
    more = len(damages) - MOST_TOLD
    return lines + ([f"{path}: {counted(more, 'more trial')} left out likewise"]
                    if more > 0 else [])


def note(damages: Sequence[Damage], why: str) -> list[str]:
    """A row of a legend, or a sentence without its point: how many, and where they stand.

    why: such as "whose histogram cannot be read"
    """
    if not damages:
        return []
    more = len(damages) - MOST_TOLD
    lines = ", ".join([*(str(one.line) for one in damages[:MOST_TOLD]),
                       *([f"{more} more"] if more > 0 else [])])
    return [f"left out: {counted(len(damages), 'trial')} {why} "
            f"(trials.jsonl, line {lines})"]
