"""Reads a run folder. The only file that knows the JSON: charts see the dataclasses below.

A run folder holds run.json (one object) and trials.jsonl (one object a line); results/schema.json
says what is in them. Whatever is wrong with either is a ResultsError: one line that names the
file, the line and what is allowed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

from checked_json import ResultsError, check, line_of, parse, read_bytes, reason, validator_of

# Where our own servers have an engine and an http2: nobody asks what a peer's are.
PEER = "peer"

# What a plan may ask of each call and of the server, and how it asks nothing.
ASKED_NOTHING = {"handler_cpu": "0ns", "handler_wait": "0ns", "reply_bytes": 0,
                 "stall_thread": None}

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
    """What each call costs, and how they are asked, in the plan's own words.

    The oldest runs ask nothing. Of LOADS only those are not None of which the plan has several.
    """

    handler_cpu: str
    handler_wait: str
    reply_bytes: int
    stall_thread: str | None
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
    asked: dict[str, tuple]  # what a Handler is of, to the values that the plan has of each
    skipped: tuple[str, ...]  # what the plan names and was not run, and why
    trials: tuple[Trial, ...]

    @property
    def arms(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.role == "arm")

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
        """Blocks that have at least one trial, in the order they ran."""
        return tuple(sorted({trial.block for trial in self.trials}))

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


def load_run(folder: Path) -> Run:
    """The run in `folder`. A torn last line of trials.jsonl is dropped with a line on stderr.

    Raises ResultsError; ModuleNotFoundError without jsonschema.
    """
    if not folder.is_dir():
        raise ResultsError(f"{folder}: no such folder: name one with run.json and trials.jsonl")
    run = _read_run(folder / "run.json")
    trials_path = folder / "trials.jsonl"
    trials = _last_attempts(_read_trials(trials_path))
    if not any(trial.role == "arm" for trial in trials):
        raise ResultsError(f"{trials_path}: no trial of an architecture yet: nothing to draw")
    machine, division, plan = run["machine"], run["cpu_division"], run["plan"]
    several = {key: len(_values(plan.get(key))) > 1 for key in LOADS}
    return Run(
        folder=folder,
        question=run["plan"]["question"],
        connections=_values(plan["connections"]),
        streams=_values(plan["streams"]),
        mode=plan.get("mode", "closed"),
        started_at=run["started_at"],
        git_revision=run["build"]["git_revision"],
        git_dirty=run["build"]["git_dirty"],
        machine=Machine(machine["cpu_model"], machine["physical_cores"], machine["kernel"]),
        cpu_division=CpuDivision(
            tuple(division["server"]), tuple(division["load"]), division["physical_cores"]
        ),
        trials_planned=run["trials_planned"],
        asked={key: _values(plan.get(key, nothing)) for key, nothing in ASKED_NOTHING.items()}
        | {key: _values(plan[key]) if several[key] else (None,) for key in LOADS},
        skipped=tuple(f"{one['what']}: {one['why']}" for one in run.get("skipped", [])),
        trials=tuple(replace(trial, handler=trial.handler._replace(
            **{key: None for key in LOADS if not several[key]})) for trial in trials),
    )


def _read_run(path: Path) -> dict:
    text = read_bytes(path)
    try:
        run = parse(text)
    except ValueError as error:
        raise ResultsError(f"{path}:{line_of(error)}: not JSON: {reason(error)}") from None
    check(run, validator_of("run"), f"{path}")
    cores, server_cpus = run["cpu_division"]["physical_cores"], run["cpu_division"]["server"]
    if cores > len(server_cpus):
        raise ResultsError(
            f"{path}: cpu_division.physical_cores: {cores} is more than the {len(server_cpus)} "
            "server CPUs: it counts the physical cores of the server set"
        )
    return run


def _read_trials(path: Path) -> tuple[Trial, ...]:
    lines = read_bytes(path).split(b"\n")
    unterminated = lines.pop()  # empty when the last line was written to its end
    validator = validator_of("trial")
    trials, known = [], set()
    for number, line in enumerate(lines, start=1):
        try:
            trial = parse(line)
        except ValueError as error:
            raise ResultsError(f"{path}:{number}: not JSON: {reason(error)}") from None
        trials.append(_trial(trial, validator, f"{path}:{number}"))
        _require_new(trial, known, f"{path}:{number}")
    if unterminated:
        number = len(lines) + 1
        try:
            trial = parse(unterminated)
        except ValueError:
            print(f"{path}:{number}: torn last line dropped", file=sys.stderr)
        else:
            trials.append(_trial(trial, validator, f"{path}:{number}"))
            _require_new(trial, known, f"{path}:{number}")
    return tuple(trials)


def _require_new(document: dict, known: set, where: str) -> None:
    """A line that stands there twice was measured once."""
    number = (document["trial"], document["attempt"])
    if number in known:
        raise ResultsError(f"{where}: trial: {number[0]} stands in a line before")
    known.add(number)


def _last_attempts(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Of a block in which a cell was run again, only the last of its trials counts."""
    last: dict[tuple, int] = {}
    for trial in trials:
        place = (trial.role, trial.cell, trial.block)
        last[place] = max(trial.attempt, last.get(place, 0))
    return tuple(trial for trial in trials
                 if trial.attempt == last[trial.role, trial.cell, trial.block])


def _trial(document: object, validator, where: str) -> Trial:
    check(document, validator, where)
    factors = document["factors"]
    return Trial(
        role=document["role"],
        # The oldest runs have one engine and do not say so.
        arm=Arm(factors["architecture"], factors.get("engine", "epoll"), factors["http2"]),
        threads=factors["threads"],
        block=document["block"],
        attempt=document["attempt"],
        cell=document["cell"],
        verdict=tuple(document["verdict"]),
        throughput_per_s=document["throughput_per_s"],
        handler=Handler(**{key: factors.get(key, nothing)
                           for key, nothing in ASKED_NOTHING.items()},
                        connections=factors["connections"], streams=factors["streams"],
                        rate=_rate(factors),
                        requests_per_connection=factors.get("requests_per_connection")),
    )


def _rate(factors: dict) -> int | str | None:
    share = factors.get("rate_share")
    return factors.get("rate_per_s") if share is None else f"{100 * share:.0f}%"


def _values(one_or_list: object) -> tuple:
    return tuple(one_or_list) if isinstance(one_or_list, list) else (one_or_list,)
