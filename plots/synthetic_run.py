"""Makes run folders for tests. Their figures are invented, and the machine's name says so."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

from trial import LOADS

# (architecture, threads, block) to verdict, and to requests per second or None.
VerdictOf = Callable[[str, int, int], list]
ThroughputOf = Callable[[str, int, int], float]

CPU_MODEL = "SYNTHETIC CPU (test data, not measured)"


def invented_throughput(architecture: str, threads: int, block: int) -> float:
    """A curve that bends more the longer the name, with a little spread between blocks."""
    slope = 100_000.0 / (1 + 0.002 * len(architecture) * threads)
    return round(slope * threads * (1 + 0.01 * ((block * 7 + len(architecture)) % 5 - 2)), 1)


def always_valid(architecture: str, threads: int, block: int) -> list:
    return []


PUBLISHED = Path(__file__).resolve().parent.parent / "results" / "published"


def run_document_of_version_2(**changes) -> dict:
    """run.json of a published sweep, on a machine that says that it is invented."""
    stored = json.loads((PUBLISHED / "20261126T174556Z-bench" / "run.json").read_bytes())
    stored["machine"]["cpu_model"] = CPU_MODEL
    return changed(stored, changes)


def run_document(**changes) -> dict:
    """run.json as the harness writes it, with `changes` to keys of any depth: plan__blocks=1."""
    headline = {"architecture": "reuseport_loops", "against": "shared_reactor", "threads": 1}
    document = {
        "schema_version": 1,
        "plan": {
            "question": "Does an event loop a thread scale further than one shared loop?",
            "architectures": ["shared_reactor", "reuseport_loops"],
            "http2": "nghttp2", "threads": [1, 2], "connections": 64, "streams": 10,
            "warmup": "500ms", "duration": "2500ms", "blocks": 8, "seed": "random",
            "listen": "127.0.0.1:10051", "ceiling": True,
            "headline": {**headline, "threads": "largest"},
        },
        "plan_file": "harness/plans/bench.json",
        "seed": 1,
        "started_at": "2026-01-31T12:00:00Z",
        "command": ["coresweep", "run", "harness/plans/bench.json"],
        "machine": {
            "cpu_model": CPU_MODEL, "cpus_allowed": "0-1", "cpus_online": 2, "physical_cores": 2,
            "threads_per_core": 1, "numa_nodes": 1, "numa_cpus": ["0-1"], "memory_kb": 4000000,
            "kernel": "6.1.0-0-synthetic", "os": "Debian GNU/Linux 12 (bookworm)",
            "virtualization": "kvm", "governor": None, "clocksource": "tsc",
            "limits": {"open_files": 1024, "somaxconn": 4096, "port_range": [32768, 60999]},
        },
        "build": {"git_revision": "0123456789abcdef0123456789abcdef01234567", "git_dirty": False,
                  "compiler": "GNU 12.2.0", "build_type": "Release", "flags": "-O3 -DNDEBUG"},
        "binaries": {"greeter": {"sha256": "a" * 64}, "loadgen": {"sha256": "b" * 64}},
        "cpu_division": {"server": [0], "load": [1], "physical_cores": 1},
        "thresholds": {"noisy_host_window_gap_s": 0.1, "client_bound_busy_share": 0.9,
                       "noisy_host_steal_share": 0.01, "noisy_host_run_delay_share": 0.02},
        "headline": headline,
        "trials_planned": 40,
    }
    return changed(document, changes)


def peer_document(name: str, **more) -> dict:
    """An element of run.json's peers, as older runs have it; `more` as the newest."""
    return {"name": name, "summary": "invented", "folder": f"servers/peers/{name}",
            "start": ["{out}/greeter", "--listen", "{address}:{port}"], **more}


def changed(document: dict, changes: dict) -> dict:
    """`document`, with `changes` to keys of any depth: plan__blocks=1."""
    for path, value in changes.items():
        *parents, key = path.split("__")
        target = document
        for parent in parents:
            target = target[parent]
        target[key] = value
    return document


def trial_document(
    trial: int = 0,
    architecture: str = "reuseport_loops",
    threads: int = 1,
    block: int = 0,
    verdict: Sequence[str] = (),
    throughput_per_s: float | None = 100_000.0,
    role: str = "arm",
    http2: str = "nghttp2",
    engine: str = "epoll",
    conditions: dict = {},
) -> dict:
    """A line of trials.jsonl. Without a throughput it is a failed one, with null for all else.

    conditions: what its calls cost: values of the factors that a plan may ask of them
    """
    http2 = "null" if role == "ceiling" else http2
    streams = conditions.get("streams", 10)
    document = {
        "schema_version": 1, "trial": trial, "block": block, "attempt": 1,
        "cell": f"{architecture}/{http2}/t{threads}/c64/s{streams}", "role": role,
        "factors": {"architecture": architecture, "engine": engine, "http2": http2,
                    "threads": threads, "connections": 64, "streams": 10,
                    "handler_cpu": "0ns", "handler_wait": "0ns", "reply_bytes": 0,
                    "stall_thread": None, **conditions},
        "started_at": "2026-01-31T12:00:01Z", "verdict": list(verdict),
        "verdict_details": {name: "invented" for name in verdict},
        "throughput_per_s": None, "requests_answered": None, "requests_failed": None,
        "failures": None, "window_s": None, "latency_from_sent_ns": None, "server": None,
        "load": None, "machine_cpu": None, "network": None, "totals": None,
    }
    if throughput_per_s is None:
        return {**document, "stderr": {"server": "invented: killed", "load": ""}}
    answered = int(throughput_per_s * 2.5)
    cpu = {"cpu_user_s": 0.5, "cpu_system_s": 1.5}
    return {
        **document,
        "throughput_per_s": throughput_per_s, "requests_answered": answered, "requests_failed": 0,
        "failures": {}, "window_s": 2.5,
        "latency_from_sent_ns": {"p50": 100000, "p90": 200000, "p99": 400000, "p999": None,
                                 "max": 900000, "mean": 120000.5, "count": answered},
        "server": {"cpus": [0], "window_s": 2.5, **cpu, "process": {
            "context_switches_voluntary": 5, "context_switches_involuntary": 6,
            "page_faults_minor": 7, "page_faults_major": 0, "migrations": 1, "resident_kb": 9000,
        }, "threads": [
            {"thread": 0, "tid": 77, "connections_accepted": 0, "connections_closed": 0,
             "connections_refused": 0, "accept_errors": 0, "protocol_errors": 0,
             "streams_refused": 0, "headers_too_large": 0, "messages_too_large": 0,
             "connections_flooding": 0, "connections_timed_out": 0,
             "connections_not_http2": 0,
             "requests": answered, "bytes_received": 1, "bytes_sent": 1, **cpu,
             "context_switches_voluntary": 5, "context_switches_involuntary": 6,
             "run_delay_s": 0.01, "connections_begun": 0, "reads": answered, "writes": answered,
             "loop_waits": answered, "loop_events": None, "migrations": 1, "busy_share": 0.8}]},
        "load": {"cpus": [1], **cpu, "threads": [
            {"client": 0, "thread": 0, "cpu": 1, "connections": 64, "requests_answered": answered,
             "window_s": 2.5, **cpu, "run_delay_s": 0.01, "busy_share": 0.8}]},
        "machine_cpu": {"window_s": 2.5, "per_cpu": [
            {"cpu": cpu_number, "user_s": 0.5, "system_s": 1.5, "softirq_s": 0.1, "irq_s": 0.0,
             "idle_s": 0.4, "steal_s": 0.0} for cpu_number in (0, 1)]},
        "network": {"listen_overflows": 0, "listen_drops": 0, "segments_retransmitted": None},
        "totals": {
            "server": {"requests": answered, "connections_accepted": 64},
            "load": {"requests_sent": answered, "requests_answered": answered,
                     "requests_failed": 0, "requests_in_flight_at_end": 0, "failures": {},
                     "connections_opened": 64, "connections_lost": 0}},
    }


def histogram_text(pairs: Sequence[tuple[int, int]]) -> str:
    """HdrHistogram's compressed V2 encoding of values (ns, ascending) and how often each is."""
    counts, bucket = bytearray(), 0

    def append(number: int) -> None:
        zigzag = 2 * number if number >= 0 else -2 * number - 1
        while zigzag > 0x7F:
            counts.append(zigzag & 0x7F | 0x80)
            zigzag >>= 7
        counts.append(zigzag)

    for value, count in pairs:
        shift = max(0, value.bit_length() - 11)
        place = (shift << 10) + (value >> shift)
        if place > bucket:
            append(bucket - place)
        append(count)
        bucket = place + 1
    plain = struct.pack(">IIIIQQd", 0x1C849313, len(counts), 0, 3, 1, 100_000_000_000, 1.0)
    packed = zlib.compress(plain + counts)
    return base64.b64encode(struct.pack(">II", 0x1C849314, len(packed)) + packed).decode()


def sweep(
    architectures: Sequence[str] = ("shared_reactor", "reuseport_loops"),
    thread_counts: Sequence[int] = (1, 2),
    blocks: int = 8,
    verdict_of: VerdictOf = always_valid,
    throughput_of: ThroughputOf = invented_throughput,
    ceiling_per_s: float | None = 400_000.0,
    http2: Sequence[str] = ("nghttp2",),
    engines: Sequence[str] = ("epoll",),
    peers: Sequence[str] = (),
    conditions: Sequence[dict] = ({},),
) -> list[dict]:
    """All trials of a sweep, in order. Without `ceiling_per_s` the null responder did not run.

    `throughput_of` is the first http2's; each further one reaches a fifth less of it, each further
    engine a tenth less, and under each further conditions half of it. Peers run under the first,
    and where only the load differs under all.
    """
    trials = []
    for block in range(blocks):
        for threads in thread_counts:
            of_peers = [(k, asked) for k, asked in enumerate(conditions)
                        if k == 0 or set(asked) <= set(LOADS)]
            arms = [*product(enumerate(conditions), architectures, enumerate(engines),
                             enumerate(http2)),
                    *product(of_peers, peers, [(0, "peer")], [(0, "peer")])]
            for (k, asked), architecture, (j, engine), (i, name) in arms:
                at = (architecture, threads, block)
                number = throughput_of(*at)
                if number is not None:
                    number *= (1 - 0.2 * i) * (1 - 0.1 * j) * 0.5 ** k
                trials.append(trial_document(
                    len(trials), *at, verdict_of(*at), number, http2=name, engine=engine,
                    conditions=asked))
        if ceiling_per_s is not None:
            trials.append(trial_document(
                len(trials), "reuseport_loops", 1, block, ["client_bound"],
                ceiling_per_s * (1 + 0.004 * (block % 3)), "ceiling"))
    return trials


def write_run(folder: Path, trials: Sequence[dict], **changes) -> Path:
    """Writes run.json and trials.jsonl into `folder`, which is made. Returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    make = (run_document_of_version_2 if trials and trials[0]["schema_version"] == 2
            else run_document)
    document = make(**{"trials_planned": max(1, len(trials)), **changes})
    (folder / "run.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    lines = "".join(json.dumps(trial) + "\n" for trial in trials)
    (folder / "trials.jsonl").write_text(lines, encoding="utf-8")
    return folder


def as_version_2(document: dict, **factors) -> dict:
    """A line as version 2 has it, with what version 1 does not tell. `factors` change its own."""
    failed = document["throughput_per_s"] is None
    latency = {"p50": None, "p90": None, "p99": None, "p999": None, "max": None, "mean": None,
               "count": 0}
    answered = document["requests_answered"]
    due = {**document["latency_from_sent_ns"]} if not failed else None
    seconds = [{"second": i, "requests_due": answered // 2, "requests_sent": answered // 2,
                "requests_answered": answered // 2, "requests_failed": 0, "failures": {},
                "latency_from_due_p50_ns": 100000, "latency_from_due_p99_ns": 400000}
               for i in range(2)] if not failed else None
    return {
        **document,
        "schema_version": 2, "session": 0, "twin_of": None,
        "factors": {**document["factors"], "mode": "closed", "rate_per_s": None,
                    "rate_share": None, "requests_per_connection": None, "client_work": 0.0,
                    **factors},
        "thresholds": THRESHOLDS_OF_VERSION_2,
        "latency_from_due_ns": due, "client_late_ns": latency, "client_read_late_ns": latency,
        "connect_to_first_reply_ns": latency, "connections_per_s": 0.0,
        "requests_answered_first_half": None if failed else answered // 2,
        "requests_due": answered, "requests_sent": answered,
        "requests_overdue_at_begin": 0, "requests_overdue_at_end": 0,
        "requests_due_unanswered": 0, "requests_in_flight_mean": None if failed else 320.0,
        "requests_in_flight_mean_by_latency": None if failed else 320.0,
        "silences": None if failed else [], "seconds": seconds,
        "connections": None if failed else {
            "closed": 0, "failed": {}, "segments_sent": 9, "segments_retransmitted": 0,
            "segments_retransmitted_needlessly": 0, "segments_sent_connecting": 9,
            "segments_retransmitted_connecting": 0},
        "network": document["network"] or {"listen_overflows": None, "listen_drops": None,
                                           "segments_retransmitted": None},
        "network_connecting": document["network"], "cpu_frequency": None,
    }


THRESHOLDS_OF_VERSION_2 = {
    "noisy_host_window_gap_s": 0.1, "client_bound_busy_share": 0.9, "client_bound_twin_loss": 0.05,
    "unsaturated_twin_gain": 0.05, "noisy_host_steal_share": 0.01,
    "noisy_host_run_delay_share": 0.02, "noisy_host_frequency_fall_share": 0.03,
    "unsteady_silence_s": 1.0, "unsteady_requests": 20.0, "little_violation_share": 0.02,
    "port_trouble_events": 0.0, "missed_rate_share": 0.01, "missed_rate_backlog_share": 0.002,
    "missed_rate_requests": 10.0, "client_late_share": 0.1, "halves_apart_share": 0.05}
