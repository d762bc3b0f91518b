"""Reads a run folder. The only file that knows the JSON: charts see the dataclasses of run.py.

A run folder holds run.json (one object) and trials.jsonl (one object a line); results/schema.json
says what is in them. Whatever is wrong with either is a ResultsError: one line that names the
file, the line and what is allowed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from checked_json import ResultsError, check, line_of, parse, read_bytes, reason, validator_of
from run import ASKED_NOTHING, LOADS, Arm, CpuDivision, Handler, Machine, Run, Trial


def load_run(folder: Path) -> Run:
    """The run in `folder`. A torn last line of trials.jsonl is dropped with a line on stderr.

    Raises ResultsError; ModuleNotFoundError without jsonschema.
    """
    if not folder.is_dir():
        raise ResultsError(f"{folder}: no such folder: name one with run.json and trials.jsonl")
    run = _read_run(folder / "run.json")
    trials_path = folder / "trials.jsonl"
    # Twins, controls and searches judge a run; none of them is drawn.
    trials = tuple(trial for trial in _last_attempts(_read_trials(trials_path))
                   if trial.role in ("arm", "ceiling"))
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
        blocks_planned=plan["blocks"],
        # Reruns and searches make the number that was planned no measure of how far it got.
        is_complete=(_read_end(folder / "end.json") if run["schema_version"] > 1
                     else len(trials) >= run["trials_planned"]),
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


def _read_end(path: Path) -> bool:
    """Whether the sweep says that it is complete."""
    if not path.exists():
        return False
    try:
        end = parse(read_bytes(path))
    except ValueError as error:
        raise ResultsError(f"{path}:{line_of(error)}: not JSON: {reason(error)}") from None
    check(end, validator_of("end"), f"{path}")
    return True


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
