"""The CPU time that a request takes of a server, and of the machine's softirqs, by arm and threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import comparison
from comparison import Interval
from run import Run
from trial import Arm, Conditions, Trial

MICROSECONDS = 1e6


@dataclass(frozen=True)
class Bar:
    """One arm's at one thread count: of its valid trials, or of all where no median is told."""

    arm: Arm
    threads: int
    trials: tuple[Trial, ...]  # those that tell their CPU time
    cell: tuple[Trial, ...]  # all

    @cached_property
    def is_valid(self) -> bool:
        """Whether its median is told."""
        return not comparison.why_no_median(self.cell, total_of)

    @property
    def counted(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.is_valid or not self.is_valid]

    @cached_property
    def total(self) -> float:
        """Microseconds a request."""
        return comparison.median_of(self.counted, total_of)

    @cached_property
    def user(self) -> float:
        user, system = (
            comparison.median_of(self.counted,
                                 lambda trial, kind=kind: trial.server.a_request(f"cpu_{kind}_s"))
            for kind in ("user", "system"))
        return self.total * user / (user + system) if user + system else 0.0

    @cached_property
    def softirq(self) -> float | None:
        if any(softirq_of(trial) is None for trial in self.counted):
            return None
        return comparison.median_of(self.counted, softirq_of)

    @cached_property
    def top(self) -> float:
        return max(self.softirq or 0.0, *map(total_of, self.trials), self.total)

    def interval(self, run: Run) -> Interval:
        return comparison.median_interval(
            comparison.independent((trial.pair, total_of(trial)) for trial in self.counted),
            comparison.coverage_of(run))


def total_of(trial: Trial) -> float | None:
    """The server's CPU time a request, in microseconds. None where it was not measured."""
    if trial.server is None:
        return None
    user, system = (trial.server.a_request(f"cpu_{kind}_s") for kind in ("user", "system"))
    return None if user is None or system is None else MICROSECONDS * (user + system)


def answers_of(trial: Trial) -> float | None:
    """Requests per second of the server's CPU time. None where it was not measured, or is none."""
    return MICROSECONDS / total if (total := total_of(trial)) else None


def softirq_of(trial: Trial) -> float | None:
    """All CPUs' softirq time a request, in microseconds."""
    return _of_machine(trial, "softirq_s")


def machine_of(trial: Trial) -> float | None:
    """All that all CPUs did a request, the load generator's part too, in microseconds.

    Over hosts of the server's machine, where the load generator has no part.
    """
    return _of_machine(trial, "user_s", "system_s", "softirq_s", "irq_s")


def _of_machine(trial: Trial, *kinds: str) -> float | None:
    cpu = trial.machine_cpu
    if cpu is None or not cpu.window_s or not trial.throughput_per_s:
        return None
    return MICROSECONDS * cpu.seconds(*kinds) / (cpu.window_s * trial.throughput_per_s)


def bars_of(run: Run, asked: Conditions) -> list[list[Bar]]:
    """By thread counts, ascending, each arm that tells its CPU time there."""
    groups = []
    for threads in run.thread_counts:
        cells = ((arm, comparison.trials_at(run, arm, threads, asked)) for arm in run.compared)
        groups.append([Bar(arm, threads, told, trials) for arm, trials in cells
                       if (told := tuple(trial for trial in trials
                                         if total_of(trial) is not None))])
    return [group for group in groups if group]
