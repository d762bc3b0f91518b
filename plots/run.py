"""A stored run as charts see it: none of these knows how it is written (results.py does)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path

from hosts import HostPair
from trial import LOADS, Arm, Capacity, Conditions, Traced, Trial


@dataclass(frozen=True)
class Headline:
    """The comparison named before the sweep ran: `over` against `under`, alike in all else."""

    over: Arm
    under: Arm
    threads: int
    conditions: Conditions


@dataclass(frozen=True)
class Deviation:
    """Of a peer from its project's own defaults."""

    what: str
    default: str
    why: str


@dataclass(frozen=True)
class Peer:
    """Somebody else's server. Of a text any may be empty, or long.

    implementation: whose code it is
    architecture: which of ours it is arranged like; None where like none, or where it is not told
    version: of what is locked; empty where it is not told
    found: the versions that the machine has of what it needs, by name
    deviations: None where they are not told
    varies: what of a plan it follows beside its CPUs: threads, reply_bytes; None likewise
    left_out: why it has no trials; empty where it was not left out
    """

    name: str
    summary: str
    implementation: str
    architecture: str | None
    version: str
    found: dict[str, str]
    deviations: tuple[Deviation, ...] | None
    varies: tuple[str, ...] | None
    left_out: str


@dataclass(frozen=True)
class Machine:
    """As run.json has it, whole in `recorded`: key to text, number, list or None."""

    cpu_model: str
    physical_cores: int
    kernel: str
    numa_nodes: int = 1
    recorded: dict = field(default_factory=dict)


@dataclass(frozen=True)
class CpuDivision:
    """server, load: CPU numbers. server_physical_cores: server threads beyond it are siblings.

    nodes_of: the NUMA nodes of each of these CPUs, several where memory is of two kinds, by their
    places in the machine's list, which may not be the kernel's numbers. Empty where not recorded.
    """

    server: tuple[int, ...]
    load: tuple[int, ...]
    server_physical_cores: int
    nodes_of: dict[int, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A sweep as far as it got: at least one trial, in the order they ran."""

    folder: Path
    question: str
    connections: tuple[int, ...]  # as many as the plan has; told by streams, as these
    streams: tuple[int, ...]
    mode: str  # closed, constant, poisson or churn
    started_at: str  # UTC, such as 2026-01-31T12:00:00Z
    git_revision: str  # 40 hex digits, or "unknown"
    git_dirty: bool
    machine: Machine
    cpu_division: CpuDivision
    trials_planned: int
    blocks_planned: int
    blocks_ended: int | None  # those that a sweep says, at its end, that there were
    is_complete: bool
    asked: dict[str, tuple]  # what Conditions are of, to the values that the plan has of each
    skipped: tuple[str, ...]  # what the plan names and was not run, and why
    trials: tuple[Trial, ...]  # of arms and ceilings, the attempts that count
    stored: tuple[Trial, ...] = ()  # every line, in the order they ran
    headline: Headline | None = None
    traced: tuple[Traced, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    capacity_p99: str | None = None  # each block searches for the rate held within it
    until_ci: str | None = None
    answer: tuple[str, ...] = ()  # the lines that the sweep ended with
    doctor: tuple[dict, ...] = ()  # what doctor said when the sweep began
    pairs: tuple[HostPair, ...] = ()  # of machines that it ran over; none: all ran on one
    peers: tuple[Peer, ...] = ()  # those left out, too
    document: dict = field(default_factory=dict)  # run.json whole, for tables and downloads

    @cached_property
    def arms(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.role == "arm")

    @property
    def is_over_hosts(self) -> bool:
        """Whether a network lies between server and load, each on machines of its own.

        machine, doctor and cpu_division.server are then the server's, cpu_division.load the first
        client's: of one number in both, neither is the other.
        """
        return bool(self.pairs)

    @property
    def tells_connections_by_streams(self) -> bool:
        """Whether the i-th of connections goes with the i-th of streams; else each with each."""
        return len(self.connections) > 1 and len(self.asked["connections"]) == 1

    @property
    def is_open(self) -> bool:
        """Whether a rate was offered, whatever the servers can."""
        return self.mode in ("constant", "poisson")

    def of_role(self, role: str) -> tuple[Trial, ...]:
        """Those that count: of several attempts in a block the last."""
        return tuple(trial for trial in self.stored
                     if trial.role == role and not trial.is_superseded)

    @cached_property
    def ceilings(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.role == "ceiling")

    @cached_property
    def always_shares_cpus(self) -> bool:
        """Whether even server threads that fit the server set share CPUs with the load.

        So it is on a machine of one CPU, or of one core whose siblings are all there is to divide.
        """
        return any("shared_cpus" in trial.verdict for trial in self.arms
                   if trial.threads <= len(self.cpu_division.server))

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """Blocks that have at least one trial of an arm, in the order they ran."""
        return tuple(sorted({trial.block for trial in self.arms}))

    @cached_property
    def architectures(self) -> tuple[str, ...]:
        """Architectures compared, in alphabetical order: the order they ran in is random."""
        return tuple(sorted({arm.architecture for arm in self.compared if not arm.is_peer}))

    @cached_property
    def engines(self) -> tuple[str, ...]:
        """What the loops of our servers wait on, in alphabetical order."""
        return tuple(sorted({arm.engine for arm in self.compared if not arm.is_peer}))

    @cached_property
    def http2(self) -> tuple[str, ...]:
        """Who speaks HTTP/2 in our servers, in alphabetical order."""
        return tuple(sorted({arm.http2 for arm in self.compared if not arm.is_peer}))

    def architecture_of(self, arm: Arm) -> str | None:
        """Its own; of a peer the one of ours that it is arranged like, None where none is told."""
        if not arm.is_peer:
            return arm.architecture
        return next((peer.architecture for peer in self.peers if peer.name == arm.architecture),
                    None)

    def implementation_of(self, arm: Arm) -> str:
        """Whose code it is: "our lean", or "our lean, io_uring" beside another engine; "tonic"."""
        if arm.is_peer:
            return next((peer.implementation for peer in self.peers
                         if peer.name == arm.architecture), arm.architecture)
        return f"our {arm.http2}" + (f", {arm.engine}" if len(self.engines) > 1 else "")

    def varies_threads(self, arm: Arm) -> bool | None:
        """Whether it has as many as the plan says, or its own, on as many CPUs; None: not told."""
        if not arm.is_peer:
            return True
        varies = next((peer.varies for peer in self.peers if peer.name == arm.architecture), None)
        return None if varies is None else "threads" in varies

    @cached_property
    def compared(self) -> tuple[Arm, ...]:
        """Each arm that has a trial, in alphabetical order."""
        return tuple(sorted({trial.arm for trial in self.arms}))

    @cached_property
    def conditions(self) -> tuple[Conditions, ...]:
        """Each set of conditions that has a trial of an arm, in the plan's order."""
        seen = {trial.conditions for trial in self.arms}
        planned = [Conditions(*values) for values in product(*self.asked.values())]
        return tuple([one for one in planned if one in seen]
                     + sorted(seen - set(planned), key=str))

    def under(self, conditions: Conditions) -> Run:
        """The arms' trials under them, and those of the ceiling that is theirs.

        The ceiling answers plain replies: beside larger ones it is none. It has the arms' load.
        """
        load = conditions[-len(LOADS):]

        def is_its(trial: Trial) -> bool:
            if trial.role == "arm":
                return trial.conditions == conditions
            return conditions.reply_bytes == 0 and trial.conditions[-len(LOADS):] == load

        return replace(self, trials=tuple(filter(is_its, self.trials)))

    @cached_property
    def thread_counts(self) -> tuple[int, ...]:
        """Server thread counts compared, ascending (threads)."""
        return tuple(sorted({trial.threads for trial in self.arms}))
