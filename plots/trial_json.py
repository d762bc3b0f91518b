"""Checked JSON of one stored line to what charts see. results.py reads the lines."""

from __future__ import annotations

from hosts_json import windows_of
from run import Headline
from trial import (ASKED_NOTHING, LOADS, Arm, Capacity, Conditions, CpuTime, Latency, MachineCpu,
                   Second, Server, ServerThread, Traced, Trial)


def trial_of(document: dict) -> Trial:
    """Of a line that is what the schema says: absent keys are those of older versions."""
    factors = document["factors"]
    load = document["load"] or {}
    return Trial(
        role=document["role"],
        arm=arm_of(factors),
        threads=factors["threads"],
        block=document["block"],
        attempt=document["attempt"],
        cell=document["cell"],
        verdict=tuple(document["verdict"]),
        throughput_per_s=document["throughput_per_s"],
        conditions=conditions_of(factors),
        number=document["trial"],
        session=document.get("session", 0),
        started_at=document["started_at"],
        twin_of=document.get("twin_of"),
        details=document["verdict_details"],
        notes=tuple(document.get("notes", ())),
        connections=factors["connections"],
        streams=factors["streams"],
        mode=factors.get("mode", "closed"),
        rate_per_s=factors.get("rate_per_s"),
        requests_per_connection=factors.get("requests_per_connection"),
        window_s=document["window_s"],
        from_due=_latency(document.get("latency_from_due_ns")),
        from_sent=_latency(document["latency_from_sent_ns"]),
        connections_per_s=document.get("connections_per_s"),
        first_reply=_latency(document.get("connect_to_first_reply_ns")),
        seconds=tuple(_second(one) for one in document.get("seconds") or ()),
        server=_server(document),
        load_busy_share=max((thread["busy_share"] for thread in load.get("threads") or ()
                             if thread.get("busy_share") is not None), default=None),
        machine_cpu=_machine_cpu(document["machine_cpu"]),
        load_cpu_s=_cpu_s(load),
        due_unanswered=document.get("requests_due_unanswered") or 0,
        lost_share=_lost_share(document.get("connections")),
        hosts=windows_of(document, _machine_cpu),
        starts_apart_ns=document.get("starts_apart_ns"),
        pair=document.get("pair"),
    )


def arm_of(factors: dict) -> Arm:
    # The oldest runs have one engine and do not say so.
    return Arm(factors["architecture"], factors.get("engine", "epoll"), factors["http2"])


def conditions_of(factors: dict) -> Conditions:
    return Conditions(
        **{key: factors.get(key, nothing) for key, nothing in ASKED_NOTHING.items()},
        connections=factors["connections"], streams=factors["streams"], rate=_rate(factors),
        requests_per_connection=factors.get("requests_per_connection"))


def headline_of(run: dict) -> Headline | None:
    """Of run.json. None where it compares nothing.

    The oldest name neither the http2 of either side nor the load: there was one in the plan.
    """
    stored, plan = run["headline"], run["plan"]
    if stored is None:
        return None
    only = {key: plan.get(key, ASKED_NOTHING.get(key)) for key in ("http2", *LOADS, *ASKED_NOTHING)}
    first = {key: value[0] if isinstance(value, list) and value else value
             for key, value in only.items()}
    at = {**first, **{key: value for key, value in stored.items() if key in first}}
    http2 = stored.get("http2", first["http2"])
    return Headline(
        over=Arm(stored["architecture"], stored.get("engine", "epoll"), http2),
        under=Arm(stored["against"], stored.get("against_engine", "epoll"),
                  stored.get("against_http2", http2)),
        threads=stored["threads"],
        conditions=Conditions(**{key: at[key] for key in Conditions._fields}),
    )


def traced_of(document: dict) -> Traced:
    factors, calls = document["factors"], document["syscalls"]
    return Traced(document["cell"], arm_of(factors), factors["threads"], conditions_of(factors),
                  calls.get("total_per_request"), calls.get("futex_per_request"), calls["tool"])


def capacity_of(document: dict) -> Capacity:
    factors = document["factors"]
    return Capacity(document["cell"], arm_of(factors), factors["threads"], document["block"],
                    conditions_of(factors), document["held_per_s"], document["not_held_per_s"],
                    document["end"])


def _latency(stored: dict | None) -> Latency | None:
    if stored is None:
        return None
    return Latency(**{key: stored[key] for key in ("p50", "p90", "p99", "p999", "max", "mean",
                                                   "count")}, histogram=stored.get("histogram"))


def _second(stored: dict) -> Second:
    return Second(stored["second"], stored["requests_due"], stored["requests_answered"],
                  stored["requests_failed"], stored["latency_from_due_p50_ns"],
                  stored["latency_from_due_p99_ns"])


# What the kernel tells of the process stands there; the rest its threads count, each its own.
_OF_THE_SERVER = ("cpu_user_s", "cpu_system_s", "context_switches_voluntary",
                  "context_switches_involuntary", "page_faults_minor", "page_faults_major",
                  "migrations", "resident_kb", "run_delay_s", "loop_waits", "loop_polls",
                  "loop_events", "reads", "writes", "bytes_received", "bytes_sent")

_LEAST_SHARE_OF_BUSY = 0.05  # of the CPU time of all its processes


def _server(document: dict) -> Server | None:
    stored, answered_per_s = document["server"], document["throughput_per_s"]
    if stored is None or answered_per_s is None:
        return None
    threads, process = stored["threads"] or [], stored.get("process", {})

    def count_of(name: str) -> float | None:
        for whole in (process, stored):
            if whole.get(name) is not None:
                return whole[name]
        values = [thread.get(name) for thread in threads]
        return sum(values) if values and None not in values else None

    return Server(
        window_s=stored["window_s"],
        requests=(sum(thread["requests"] for thread in threads) if threads
                  else stored["window_s"] * answered_per_s),
        threads=tuple(ServerThread(thread["thread"], thread.get("connections_open"),
                                   thread["requests"], thread.get("busy_share"))
                      for thread in threads),
        counts={name: count_of(name) for name in _OF_THE_SERVER},
        busy_processes=_busy_among(stored.get("processes", [])),
    )


def _busy_among(processes: list[dict]) -> int:
    used = [_cpu_s(process) or 0.0 for process in processes]
    return sum(one > _LEAST_SHARE_OF_BUSY * sum(used) for one in used)


def _lost_share(connections: dict | None) -> float | None:
    """What was sent again needlessly was never lost."""
    if not connections or not connections["segments_sent"]:
        return None
    lost = (connections["segments_retransmitted"]
            - connections["segments_retransmitted_needlessly"])
    return max(0, lost) / connections["segments_sent"]


def _cpu_s(process: dict) -> float | None:
    both = process.get("cpu_user_s"), process.get("cpu_system_s")
    return None if None in both else sum(both)


def _machine_cpu(stored: dict | None) -> MachineCpu | None:
    if stored is None:
        return None
    return MachineCpu(stored["window_s"],
                      tuple(CpuTime(**one) for one in stored["per_cpu"]))


def _rate(factors: dict) -> int | str | None:
    share = factors.get("rate_share")
    return factors.get("rate_per_s") if share is None else f"{100 * share:.0f}%"
