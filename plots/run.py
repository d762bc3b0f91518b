"""A stored run as charts see it: none of these knows how it is written (results.py does)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

# Where our own servers have an engine and an http2: nobody asks what a peer's are.
PEER = "peer"

# What a plan may ask of each call and of the server, and how it asks nothing.
ASKED_NOTHING = {"handler_cpu": "0ns", "handler_wait": "0ns", "reply_bytes": 0,
                 "stall_thread": None, "pin": "each", "backlog": "whole"}

# How a plan may load its servers, where it asks for several loads: one that it has alone is no
# trial's own.
LOADS = ("connections", "streams", "rate", "requests_per_connection")

# The null responder is there to bring the load generator to its limit. That it did is no fault.
EXPECTED_OF_A_CEILING = {"client_bound"}


class Arm(NamedTuple):
    """What is compared: an architecture as one of our programs runs it, or a peer."""

    architecture: str  # or the peer's name
    engine: str
    http2: str

    @property
    def is_peer(self) -> bool:
        return self.engine == PEER


class Handler(NamedTuple):
    """What each call costs, where its server runs, and how they are asked, in the plan's words.

    The oldest runs ask nothing. Of LOADS only those are not None of which the plan has several.
    """

    handler_cpu: str
    handler_wait: str
    reply_bytes: int
    stall_thread: str | None
    pin: str
    backlog: str
    connections: int | None = None
    streams: int | None = None
    rate: int | str | None = None  # requests per second, or a share such as "30%"
    requests_per_connection: int | None = None


@dataclass(frozen=True)
class Trial:
    """One timed run of a cell.

    throughput_per_s: requests per second; None when nothing was measured (then it failed)
    verdict: why it is not a result; empty when it is one
    """

    role: str  # arm or ceiling; others are there to judge these two
    arm: Arm
    threads: int
    block: int
    attempt: int
    cell: str
    verdict: tuple[str, ...]
    throughput_per_s: float | None
    handler: Handler

    @property
    def faults(self) -> tuple[str, ...]:
        """The verdicts that keep this trial out of every median and headline."""
        if self.role == "ceiling":
            return tuple(name for name in self.verdict if name not in EXPECTED_OF_A_CEILING)
        return self.verdict

    @property
    def is_valid(self) -> bool:
        return not self.faults


@dataclass(frozen=True)
class Machine:
    cpu_model: str
    physical_cores: int
    kernel: str


@dataclass(frozen=True)
class CpuDivision:
    """server, load: CPU numbers. server_physical_cores: server threads beyond it are siblings."""

    server: tuple[int, ...]
    load: tuple[int, ...]
    server_physical_cores: int


@dataclass(frozen=True)
class Run:
    """A sweep as far as it got: at least one trial, in the order they ran."""

    folder: Path
    question: str
    connections: tuple[int, ...]  # as many as the plan has
    streams: tuple[int, ...]
    mode: str  # closed, constant, poisson or churn
    started_at: str  # UTC, such as 2026-01-31T12:00:00Z
    git_revision: str  # 40 hex digits, or "unknown"
    git_dirty: bool
    machine: Machine
    cpu_division: CpuDivision
    trials_planned: int
    blocks_planned: int
    is_complete: bool
    asked: dict[str, tuple]  # what a Handler is of, to the values that the plan has of each
    skipped: tuple[str, ...]  # what the plan names and was not run, and why
    trials: tuple[Trial, ...]

    @property
    def arms(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.role == "arm")

    @property
    def is_open(self) -> bool:
        """Whether a rate was offered, whatever the servers can."""
        return self.mode in ("constant", "poisson")

    @property
    def ceilings(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.role == "ceiling")

    @property
    def always_shares_cpus(self) -> bool:
        """Whether even server threads that fit the server set share CPUs with the load.

        So it is on a machine of one CPU, or of one core whose siblings are all there is to divide.
        """
        return any("shared_cpus" in trial.verdict for trial in self.arms
                   if trial.threads <= len(self.cpu_division.server))

    @property
    def blocks(self) -> tuple[int, ...]:
        """Blocks that have at least one trial of an arm, in the order they ran."""
        return tuple(sorted({trial.block for trial in self.arms}))

    @property
    def architectures(self) -> tuple[str, ...]:
        """Architectures compared, in alphabetical order: the order they ran in is random."""
        return tuple(sorted({arm.architecture for arm in self.compared if not arm.is_peer}))

    @property
    def engines(self) -> tuple[str, ...]:
        """What the loops of our servers wait on, in alphabetical order."""
        return tuple(sorted({arm.engine for arm in self.compared if not arm.is_peer}))

    @property
    def http2(self) -> tuple[str, ...]:
        """Who speaks HTTP/2 in our servers, in alphabetical order."""
        return tuple(sorted({arm.http2 for arm in self.compared if not arm.is_peer}))

    @property
    def compared(self) -> tuple[Arm, ...]:
        """Each arm that has a trial, in alphabetical order."""
        return tuple(sorted({trial.arm for trial in self.arms}))

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """Each handler that has a trial of an arm, in the plan's order."""
        seen = {trial.handler for trial in self.arms}
        planned = [Handler(*values) for values in product(*self.asked.values())]
        return tuple([one for one in planned if one in seen]
                     + sorted(seen - set(planned), key=str))

    def under(self, handler: Handler) -> Run:
        """The arms' trials with that handler, and those of the ceiling that is theirs.

        The ceiling answers plain replies: beside larger ones it is none. It has the arms' load.
        """
        def is_its(trial: Trial) -> bool:
            if trial.role == "arm":
                return trial.handler == handler
            return handler.reply_bytes == 0 and trial.handler[-len(LOADS):] == handler[-len(LOADS):]

        return replace(self, trials=tuple(filter(is_its, self.trials)))

    @property
    def thread_counts(self) -> tuple[int, ...]:
        """Server thread counts compared, ascending (threads)."""
        return tuple(sorted({trial.threads for trial in self.arms}))
