"""Reads a run folder. With trial_json.py and hosts_json.py the only one that knows the JSON.

A run folder holds run.json (one object) and trials.jsonl (one object a line), and may hold
traces.jsonl and end.json; results/schema.json says what is in them. Whatever is wrong with any is a
ResultsError: one line that names the file, the line and what is allowed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from checked_json import ResultsError, check, line_of, parse, read_bytes, reason
from hosts_json import complaint_of, pairs_of
from run import CpuDivision, Deviation, Machine, Peer, Run
from trial import ASKED_NOTHING, LOADS, Conditions, Trial
from trial_json import capacity_of, headline_of, traced_of, trial_of


def load_run(folder: Path) -> Run:
    """The run in `folder`. A torn last line of trials.jsonl is dropped with a line on stderr.

    Raises ResultsError; ModuleNotFoundError without jsonschema.
    """
    if not folder.is_dir():
        raise ResultsError(f"{folder}: no such folder: name one with run.json and trials.jsonl")
    run = _read_run(folder / "run.json")
    trials_path = folder / "trials.jsonl"
    machine, division, plan = run["machine"], run["cpu_division"], run["plan"]
    # Told by streams, which are an object, connections are no load of their own.
    several = {key: len(_values(plan.get(key))) > 1 for key in LOADS}

    def told(conditions: Conditions) -> Conditions:
        """A load that the plan has alone is no trial's own."""
        return conditions._replace(**{key: None for key in LOADS if not several[key]})

    stored = tuple(replace(trial, conditions=told(trial.conditions))
                   for trial in _marked(_read_lines(trials_path, "trial", trial_of, _numbered)))
    trials = tuple(trial for trial in stored
                   if trial.role in ("arm", "ceiling") and not trial.is_superseded)
    end = _read_end(folder / "end.json")
    headline = headline_of(run)
    if not stored:
        raise ResultsError(f"{trials_path}: no trial yet: nothing to draw")
    return Run(
        folder=folder,
        question=run["plan"]["question"],
        connections=_connections_of(plan),
        streams=_values(plan["streams"]),
        mode=plan.get("mode", "closed"),
        started_at=run["started_at"],
        git_revision=run["build"]["git_revision"],
        git_dirty=run["build"]["git_dirty"],
        machine=Machine(machine["cpu_model"], machine["physical_cores"], machine["kernel"],
                        machine["numa_nodes"], machine),
        cpu_division=CpuDivision(
            tuple(division["server"]), tuple(division["load"]), division["physical_cores"],
            _nodes_of(division["server"] + division["load"], machine.get("numa_cpus") or []),
        ),
        trials_planned=run["trials_planned"],
        blocks_planned=plan["blocks"],
        blocks_ended=None if end is None else end["blocks"],
        # Reruns and searches make the number that was planned no measure of how far it got.
        is_complete=(end is not None if run["schema_version"] > 1
                     else len(trials) >= run["trials_planned"]),
        asked={key: _values(plan.get(key, nothing)) for key, nothing in ASKED_NOTHING.items()}
        | {key: _values(plan[key]) if several[key] else (None,) for key in LOADS},
        skipped=tuple(f"{one['what']}: {one['why']}" for one in run.get("skipped", [])),
        trials=trials,
        stored=stored,
        headline=(None if headline is None
                  else replace(headline, conditions=told(headline.conditions))),
        traced=tuple(replace(trace, conditions=told(trace.conditions))
                     for trace in _read_traces(folder / "traces.jsonl")),
        capacities=tuple(replace(found, conditions=told(found.conditions))
                         for found in map(capacity_of, (end or {}).get("capacities", []))),
        capacity_p99=plan.get("capacity_p99"),
        until_ci=plan.get("until_ci"),
        answer=tuple((end or {}).get("answer", [])),
        doctor=tuple(run.get("doctor", [])),
        pairs=pairs_of(run),
        peers=tuple(map(_peer_of, run.get("peers", []))),
        document=run,
    )


def _peer_of(stored: dict) -> Peer:
    """Of an older run without what it did not tell."""
    deviations, varies = stored.get("deviations"), stored.get("varies")
    return Peer(
        stored["name"], stored["summary"], stored.get("implementation", stored["name"]),
        stored.get("architecture"), stored.get("version", ""),
        stored.get("versions_found", {}),
        None if deviations is None else tuple(Deviation(**one) for one in deviations),
        None if varies is None else tuple(varies),
        stored.get("left_out") or "")


def _read_run(path: Path) -> dict:
    text = read_bytes(path)
    try:
        run = parse(text)
    except ValueError as error:
        raise ResultsError(f"{path}:{line_of(error)}: not JSON: {reason(error)}") from None
    check(run, "run", f"{path}")
    cores, server_cpus = run["cpu_division"]["physical_cores"], run["cpu_division"]["server"]
    if cores > len(server_cpus):
        raise ResultsError(
            f"{path}: cpu_division.physical_cores: {cores} is more than the {len(server_cpus)} "
            "server CPUs: it counts the physical cores of the server set"
        )
    if complaint := complaint_of(run) or _complaint_of_connections(run["plan"]):
        raise ResultsError(f"{path}: {complaint}")
    return run


def _read_end(path: Path) -> dict | None:
    """What the sweep said at its end. None where it has not come to it, or did not write it out."""
    if not path.exists():
        return None
    try:
        end = parse(read_bytes(path))
    except ValueError as error:  # the trials are whole: they are an unfinished sweep's
        print(f"{path}:{line_of(error)}: not JSON: {reason(error)}: taken as unfinished",
              file=sys.stderr)
        return None
    check(end, "end", f"{path}")
    return end


def _read_traces(path: Path) -> tuple:
    return _read_lines(path, "trace", traced_of) if path.exists() else ()


def _read_lines(path: Path, kind: str, made_of, key_of=None) -> tuple:
    """`made_of` each line that is what the schema's `kind` says.

    key_of: what no two lines share: a line that stands there twice was measured once
    """
    lines = read_bytes(path).split(b"\n")
    unterminated = lines.pop()  # empty when the last line was written to its end
    found, known = [], set()
    for number, line in enumerate([*lines, *([unterminated] if unterminated else [])], start=1):
        try:
            document = parse(line)
        except ValueError as error:
            if number > len(lines):
                print(f"{path}:{number}: torn last line dropped", file=sys.stderr)
                break
            raise ResultsError(f"{path}:{number}: not JSON: {reason(error)}") from None
        check(document, kind, f"{path}:{number}")
        if key_of is not None:
            if key_of(document) in known:
                raise ResultsError(
                    f"{path}:{number}: {kind}: {key_of(document)[0]} stands in a line before")
            known.add(key_of(document))
        found.append(made_of(document))
    return tuple(found)


def _numbered(document: dict) -> tuple:
    return document["trial"], document["attempt"]


def _marked(trials: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Of a block in which a cell was run again, only the last of its trials counts.

    Each line has a trial, and knows where it stands.
    """
    def place(trial: Trial) -> tuple:
        return trial.role, trial.cell, trial.block

    last: dict[tuple, int] = {}
    for trial in trials:
        last[place(trial)] = max(trial.attempt, last.get(place(trial), 0))
    return tuple(replace(trial, is_superseded=trial.attempt < last[place(trial)], line=line)
                 for line, trial in enumerate(trials, start=1))


def _nodes_of(cpus: list[int], lists: list[str]) -> dict[int, frozenset[int]]:
    """CPU to NUMA nodes, by each node's list, such as 0-3,8. No range is unrolled."""
    nodes = {cpu: set() for cpu in cpus} if lists else {}
    for node, text in enumerate(lists):
        for part in filter(None, text.split(",")):
            first, _, last = part.partition("-")
            for cpu in cpus:
                if int(first) <= cpu <= int(last or first):
                    nodes[cpu].add(node)
    return {cpu: frozenset(found) for cpu, found in nodes.items()}


def _connections_of(plan: dict) -> tuple[int, ...]:
    """Told by streams: as many as these are."""
    told = plan["connections"]
    return (tuple(told[str(count)] for count in _values(plan["streams"]))
            if isinstance(told, dict) else _values(told))


def _complaint_of_connections(plan: dict) -> str:
    told, streams = plan["connections"], {str(count) for count in _values(plan["streams"])}
    if not isinstance(told, dict) or told.keys() == streams:
        return ""
    return (f"plan.connections: {', '.join(sorted(told)) or 'none'} are not the plan's streams: it "
            "tells connections of each of these")


def _values(one_or_list: object) -> tuple:
    return tuple(one_or_list) if isinstance(one_or_list, list) else (one_or_list,)
