"""One stored trial, and what belongs to it, as charts see it: none knows how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

# Where our own servers have an engine and an http2: nobody asks what a peer's are.
PEER = "peer"

# What a plan may ask of each call and of the server, and how it asks nothing.
ASKED_NOTHING = {"handler_cpu": "0ns", "handler_wait": "0ns", "reply_bytes": 0,
                 "stall_thread": None, "pin": "each", "backlog": "whole"}

# How a plan may load its servers, where it asks for several loads: one that it has alone is no
# trial's own.
LOADS = ("connections", "streams", "rate", "requests_per_connection")

# The null responder is there to bring the load generator, or its network, to the limit. That it did
# is no fault.
EXPECTED_OF_A_CEILING = {"client_bound", "network_limited"}


class Arm(NamedTuple):
    """What is compared: an architecture as one of our programs runs it, or a peer."""

    architecture: str  # or the peer's name
    engine: str
    http2: str

    @property
    def is_peer(self) -> bool:
        return self.engine == PEER


class Conditions(NamedTuple):
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

    @property
    def rateless(self) -> Conditions:
        """All else: one at several rates, and a search for a rate, are at the same."""
        return self._replace(rate=None)


@dataclass(frozen=True)
class Latency:
    """Percentiles, max and mean in nanoseconds; None where too few samples lie above.

    histogram: HdrHistogram's compressed V2 encoding, None in runs that kept none
    """

    p50: float | None
    p90: float | None
    p99: float | None
    p999: float | None
    max: float | None
    mean: float | None
    count: int
    histogram: str | None


@dataclass(frozen=True)
class Second:
    """One second of a window: requests in it, and their latency from due (nanoseconds)."""

    number: int  # from 0
    due: int
    answered: int
    failed: int
    p50: float | None
    p99: float | None


@dataclass(frozen=True)
class ServerThread:
    """Within window_s of its Server.

    connections: open on it; None in runs that did not keep it
    busy_share: CPU time by the window's length
    """

    number: int
    connections: int | None
    requests: int
    busy_share: float | None


@dataclass(frozen=True)
class Server:
    """What the server did between its two readings.

    requests: answered; of a server that does not count, what the client saw in as long a time
    threads: empty where it tells none apart
    busy_processes: those that used some of its CPU time; 0 where they are not told apart
    counts: name, as in results/README.md (cpu_user_s, migrations, loop_waits ...), to how many;
        None where it was not measured
    """

    window_s: float
    requests: float
    threads: tuple[ServerThread, ...]
    counts: dict[str, float | None]
    busy_processes: int = 0

    def a_request(self, name: str) -> float | None:
        """None where it was not measured, or nothing was answered."""
        value = self.counts.get(name)
        return None if value is None or self.requests <= 0 else value / self.requests


@dataclass(frozen=True)
class CpuTime:
    """Of one CPU of the machine, in seconds."""

    cpu: int
    user_s: float
    system_s: float
    softirq_s: float
    irq_s: float
    idle_s: float
    steal_s: float
    softirq_thread_s: float | None = None  # ksoftirqd's; none where it could not be seen


@dataclass(frozen=True)
class MachineCpu:
    window_s: float
    cpus: tuple[CpuTime, ...]

    def seconds(self, *kinds: str) -> float:
        """Of all CPUs together: `kinds` such as "softirq_s"."""
        return sum(getattr(cpu, kind) for cpu in self.cpus for kind in kinds)


@dataclass(frozen=True)
class HostWindow:
    """What one host did in a trial over several. What was not read is None, or not there.

    role: server or client
    cpus: that its program's threads were pinned to, or roamed over
    counters: of its network device (rx_bytes, tx_packets ...)
    link_bits_per_s: what its link can carry in either direction
    segments_retransmitted: by all of the host
    """

    name: str
    role: str
    cpus: tuple[int, ...]
    machine_cpu: MachineCpu | None = None
    counters: dict[str, int | None] = field(default_factory=dict)
    link_bits_per_s: float | None = None
    segments_retransmitted: int | None = None

    def link_share(self, direction: str) -> float | None:
        """Of what its link can carry in one direction, rx or tx."""
        moved = self.counters.get(f"{direction}_bytes")
        if moved is None or not self.link_bits_per_s or not (self.machine_cpu
                                                             and self.machine_cpu.window_s):
            return None
        return 8 * moved / self.machine_cpu.window_s / self.link_bits_per_s


@dataclass(frozen=True)
class Trial:
    """One timed run of a cell. What was not measured is None.

    role: arm, ceiling, base, client_work, in_flight, aa, slower or capacity (results/README.md)
    throughput_per_s: requests per second; None when nothing was measured (then it failed)
    verdict: why it is not a result; empty when it is one
    details: each verdict to what was seen
    is_superseded: the host spoilt it, and its cell ran again in that block
    first_reply: from connect() on, of connections opened in the run
    load_busy_share: of the busiest load thread
    load_cpu_s: of all load processes, in the window (seconds)
    due_unanswered: requests that were due in the window and have no answer, nor a latency
    lost_share: of the load's own TCP segments, those that were lost and sent again
    hosts: each machine's part, where there were several; machine_cpu is then the server's
    starts_apart_ns: how far apart its clients began
    pair: of a fleet, where its block ran
    line: in trials.jsonl, from 1
    """

    role: str
    arm: Arm
    threads: int
    block: int
    attempt: int
    cell: str
    verdict: tuple[str, ...]
    throughput_per_s: float | None
    conditions: Conditions
    number: int = 0
    session: int = 0
    started_at: str = ""
    twin_of: str | None = None
    details: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_superseded: bool = False
    connections: int = 0
    streams: int = 0
    mode: str = "closed"
    rate_per_s: int | None = None
    requests_per_connection: int | None = None
    window_s: float | None = None
    from_due: Latency | None = None
    from_sent: Latency | None = None
    connections_per_s: float | None = None
    first_reply: Latency | None = None
    seconds: tuple[Second, ...] = ()
    server: Server | None = None
    load_busy_share: float | None = None
    machine_cpu: MachineCpu | None = None
    load_cpu_s: float | None = None
    due_unanswered: int = 0
    lost_share: float | None = None
    hosts: tuple[HostWindow, ...] = ()
    starts_apart_ns: float | None = None
    pair: str | None = None
    line: int = 0

    @property
    def faults(self) -> tuple[str, ...]:
        """The verdicts that keep this trial out of every median and headline."""
        if self.role == "ceiling":
            return tuple(name for name in self.verdict if name not in EXPECTED_OF_A_CEILING)
        return self.verdict

    @property
    def is_valid(self) -> bool:
        return not self.faults

    @property
    def is_open(self) -> bool:
        """Whether requests were due at a rate, whatever the server can."""
        return self.mode in ("constant", "poisson")

    @property
    def latency(self) -> Latency | None:
        """From due, which holds what an open loop's requests waited; of version 1 from sent."""
        return self.from_due or self.from_sent


@dataclass(frozen=True)
class Traced:
    """A cell's system calls and futex calls a request, by an extra trial under a tracer."""

    cell: str
    arm: Arm
    threads: int
    conditions: Conditions
    syscalls_per_request: float | None
    futex_per_request: float | None
    tool: str | None


@dataclass(frozen=True)
class Capacity:
    """What one block's search found: the highest rate held, and the lowest that was not.

    held_per_s: requests per second; 0 when nothing was held
    end: how the search ended, as results/README.md has it
    """

    cell: str
    arm: Arm
    threads: int
    block: int
    conditions: Conditions
    held_per_s: float
    not_held_per_s: float | None
    end: str
