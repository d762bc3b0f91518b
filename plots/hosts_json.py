"""Checked JSON of what is recorded of hosts to what charts see. results.py reads the files."""

from __future__ import annotations

from collections.abc import Callable

from hosts import Clock, Host, HostPair
from trial import HostWindow, MachineCpu

MachineOf = Callable[["dict | None"], "MachineCpu | None"]


def pairs_of(run: dict) -> tuple[HostPair, ...]:
    """Of run.json: the pair that it ran over, or those of a fleet; none of a run on one machine."""
    if "hosts" in run:
        return (_pair(run["hosts"]),)
    return tuple(_pair(stored, name) for name, stored in
                 run.get("fleet", {"pairs": {}})["pairs"].items())


def complaint_of(run: dict) -> str:
    """Of hosts that contradict themselves; empty where they do not."""
    fleet = run.get("fleet", {"pairs": {}})["pairs"]
    if "hosts" in run and "fleet" in run:
        return "fleet: stands beside hosts: a run is over one of them"
    if "fleet" in run and not fleet:
        return "fleet.pairs: has none: a fleet is of one pair or more"
    named = {"hosts": run["hosts"]} if "hosts" in run else {
        f"fleet.pairs.{name}": stored for name, stored in fleet.items()}
    for place, stored in named.items():
        for name in (stored["server"], *stored["clients"]):
            if name not in stored["machines"]:
                return f"{place}.machines: has no {name}, which is one of the pair"
    return ""


def windows_of(document: dict, machine_of: MachineOf) -> tuple[HostWindow, ...]:
    return tuple(_window(name, stored, machine_of)
                 for name, stored in (document.get("hosts") or {}).items() if stored is not None)


def _pair(stored: dict, name: str | None = None) -> HostPair:
    listed = stored["inventory"]["hosts"]

    def host(of: str) -> Host:
        one = stored["machines"][of]
        clock = one["clock"]
        return Host(
            name=of, role=one["role"], arch=one["arch"], instance_type=one["instance_type"],
            cpus=tuple(one["cpus"]), machine=one["machine"],
            clock=clock and Clock(clock["offset_ns"], clock["bound_ns"], clock["source"]),
            network=one["network"], doctor=tuple(one["doctor"]),
            price_per_hour=listed.get(of, {}).get("price_per_hour"))

    return HostPair(name or stored["pair"], host(stored["server"]),
                    tuple(map(host, stored["clients"])), stored["inventory_file"])


def _window(name: str, stored: dict, machine_of: MachineOf) -> HostWindow:
    return HostWindow(
        name=name, role=stored["role"], cpus=tuple(stored["cpus"]),
        machine_cpu=machine_of(stored["machine_cpu"]),
        counters=(stored["device"] or {"counters": {}})["counters"],
        link_bits_per_s=stored.get("link_bits_per_s"),
        segments_retransmitted=(stored["network"] or {}).get("segments_retransmitted"))
