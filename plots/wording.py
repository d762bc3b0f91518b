"""What every chart says of a run in words: its machine, its load, its arms, what it left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from run import Run
from trial import ASKED_NOTHING, Arm, Conditions, Trial

# What a plan may ask of each call and of the server: how it is said, and how that it asks nothing
# is, where that is told.
ASKED = {
    "handler_cpu": ("{} of CPU a call", "no CPU work in a call"),
    "handler_wait": ("{} of waiting a call", "no waiting in a call"),
    "reply_bytes": ("replies of {} bytes", "plain replies"),
    "stall_thread": ("a stalled thread, {} each second", "no stalled thread"),
    "pin": ("server threads not pinned", "server threads pinned"),
    "backlog": ("the backlog divided among listeners", "the whole backlog for each listener"),
    "connections": ("connections: {}", ""),
    "streams": ("streams: {}", ""),
    "rate": ("rate: {}", ""),
    "requests_per_connection": ("requests a connection: {}", ""),
}


OWN_THREADS = "(own threads)"
LONGEST_NAME = 32  # letters: a peer may be called anything, and it stands beside the axes


def shortened(name: str) -> str:
    """On one line."""
    whole = " ".join(name.split())
    return whole if len(whole) <= LONGEST_NAME else f"{whole[:LONGEST_NAME - 1]}…"


def name_of(arm: Arm, run: Run) -> str:
    parts = [shortened(arm.architecture)]
    if len(run.http2) > 1 and not arm.is_peer:
        parts.append(arm.http2)
    if len(run.engines) > 1 and not arm.is_peer:
        parts.append(arm.engine)
    return ", ".join(parts) + (f" {OWN_THREADS}" if has_own_threads(arm, run) else "")


def has_own_threads(arm: Arm, run: Run) -> bool:
    """Whether it is known not to follow how many threads the plan says."""
    return run.varies_threads(arm) is False


def threads_text(threads: int, arms: Iterable[Arm], run: Run) -> str:
    """Such as "2 threads"; "2 CPUs" where one of `arms` has threads of its own."""
    own = any(has_own_threads(arm, run) for arm in arms)
    return counted(threads, "CPU" if own else "thread")


def machine_text(run: Run) -> str:
    machine = run.machine
    return " · ".join((
        " ".join(machine.cpu_model.split()),
        counted(machine.physical_cores, "physical core"),
        f"kernel\N{NO-BREAK SPACE}{machine.kernel}",
        *network_text(run),
    ))


def network_text(run: Run) -> list[str]:
    """Where the load came from, unless it is the same machine."""
    if not run.is_over_hosts:
        return []
    if len(run.pairs) > 1:
        return [f"over a network, {len(run.pairs)} pairs of hosts"]
    return [f"over a network from {counted(len(run.pairs[0].clients), 'client')}"]


def load_text(run: Run) -> str:
    parts = [
        *([f"http2 {', '.join(run.http2)}"] if run.http2 else []),
        *([f"engine {', '.join(run.engines)}"] if set(run.engines) - {"epoll"} else []),
        _connections_and_streams(run),
        *([] if run.mode == "closed" else [run.mode]),
        *asked_text(run),
        counted(len(run.blocks), "block"),
    ]
    if not run.is_complete:
        parts.append(f"unfinished: of {counted(run.blocks_planned, 'block')} planned")
    if run.always_shares_cpus:
        parts.append("server and load share CPUs at every thread count")
    changed = " with changes" if run.git_dirty else ""
    return " · ".join(parts + [run.started_at[:10], f"revision {run.git_revision[:12]}{changed}"])


def nodes_text(run: Run) -> list[str]:
    """On which nodes server and load lie; the oldest runs do not keep which CPU lies on which."""
    if run.machine.numa_nodes <= 1:
        return []
    division = run.cpu_division
    if division.nodes_of and run.is_over_hosts:
        nodes = len({division.nodes_of[cpu] for cpu in division.server})
        return [f"{run.machine.numa_nodes} NUMA nodes: the server's CPUs lie on {nodes} of them"]
    if division.nodes_of:
        server, load = ({division.nodes_of[cpu] for cpu in cpus}
                        for cpus in (division.server, division.load))
        others = counted(len(load), "other")
        where = ("the same" if server == load else others if not server & load
                 else f"{len(load)}, {len(server & load)} of them the same")
        return [f"{run.machine.numa_nodes} NUMA nodes: the server's CPUs lie on {len(server)} of "
                f"them, the load's on {where}"]
    said = [one.get("reading") for one in run.doctor if one.get("check") == "numa"]
    told = f" (doctor: {said[0]})" if said and said[0] else ""
    return [f"{run.machine.numa_nodes} NUMA nodes{told}: which server CPU lies on which is not "
            "recorded, so their boundary is not drawn"]


def left_out_text(trials: Sequence[Trial]) -> list[str]:
    """A sentence, where trials are not valid: how many, and why."""
    faults = Counter(" + ".join(trial.faults) for trial in trials if not trial.is_valid)
    if not faults:
        return []
    why = ", ".join(f"{names} {count}" for names, count in sorted(faults.items()))
    left_out = sum(faults.values())
    verb = "is" if left_out == 1 else "are"
    return [f"{left_out:,} of {counted(len(trials), 'trial')} {verb} not valid, and in no median "
            f"({why})."]


def skipped_text(run: Run) -> list[str]:
    return [f"skipped: {' · '.join(run.skipped)}"] if run.skipped else []


def asked_text(run: Run) -> list[str]:
    """What is asked of every call alike."""
    return [_said(key, values[0]) for key, values in run.asked.items()
            if len(values) == 1 and values[0] != ASKED_NOTHING.get(key)]


def conditions_text(asked: Conditions, run: Run) -> str:
    """What tells `asked` from the plan's others; empty where it has no other."""
    parts = {key: _said(key, value) for key, value in asked._asdict().items()
             if len(run.asked[key]) > 1}
    if "streams" in parts and run.tells_connections_by_streams:
        beside = run.connections[run.asked["streams"].index(asked.streams)]
        parts["streams"] += f" on each of {counted(beside, 'connection')}"
    return " · ".join(parts.values())


def _said(key: str, value: object) -> str:
    something, nothing = ASKED[key]
    return nothing if value == ASKED_NOTHING.get(key) else something.format(value)


def _connections_and_streams(run: Run) -> str:
    if run.tells_connections_by_streams:
        pairs = zip(run.connections, run.streams, strict=True)
        return "connections × streams: " + ", ".join(f"{some:,} × {each:,}" for some, each in pairs)
    return f"{_several(run.connections, 'connection')} × {_several(run.streams, 'stream')}"


def _several(counts: tuple[int, ...], noun: str) -> str:
    """Such as "8, 32, 128 connections"."""
    return ", ".join([*(f"{count:,}" for count in counts[:-1]), counted(counts[-1], noun)])


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def with_thousands(value: float) -> str:
    return f"{value:,.0f}"


def significant(value: float) -> str:
    """Three digits, as the sweep writes them (harness/wording.cpp)."""
    if value >= 99.95:
        return with_thousands(value)
    return f"{value:.6f}" if 0 < value < 0.0001 else f"{value:.3g}"


def latency_text(ns: float) -> str:
    """Such as "1.23 ms"."""
    for unit in ("ns", "µs", "ms"):
        if ns < 999.5:
            return f"{significant(ns)} {unit}"
        ns /= 1000
    return f"{significant(ns)} s"
