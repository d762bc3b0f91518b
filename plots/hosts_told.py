"""The hosts of a run in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hosts import Clock, Host
from run import Run
from wording import counted, significant

MOST_NAMED = 4
NUMBERED = re.compile(r"^(.*?)([0-9]+)$")


def why_apart(runs: Mapping[str, Run]) -> str:
    """Why `runs`, by what they are called, may not stand on one page; empty where they may.

    On loopback whoever sends pays for receiving, and there is no device: these are other costs.
    """
    kinds = {run.is_over_hosts: name for name, run in runs.items()}
    if len(kinds) < 2:
        return ""
    return (f"{kinds[False]} ran on one machine and {kinds[True]} over hosts: no chart or page has "
            "both")


def names_text(names: Sequence[str]) -> str:
    """Such as "client1..client4" of names that count on, "a, b and c", or how many there are."""
    found = [NUMBERED.match(name) for name in names]
    if len(names) > 2 and all(found):
        stems, numbers = {one[1] for one in found}, [int(one[2]) for one in found]
        if len(stems) == 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            return f"{names[0]}..{names[-1]}"
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED - 1])} and {len(names) - MOST_NAMED + 1} more"
    *all_but_last, last = names
    return f"{', '.join(all_but_last)} and {last}" if all_but_last else last


def host_text(host: Host) -> str:
    """Such as "server (4 CPUs, c6gn.xlarge)"."""
    kind = f", {host.instance_type}" if host.instance_type else ""
    return f"{host.name} ({counted(len(host.cpus), 'CPU')}{kind})"


def where_text(run: Run) -> str:
    """Over which hosts it ran, such as "over a network: server (4 CPUs) and client1..client4".

    Empty of a run on one machine.
    """
    if not run.pairs:
        return ""
    first = run.pairs[0]
    if len(run.pairs) == 1:
        clients = [host.name for host in first.clients]
        return (f"over a network: {host_text(first.server)} and {names_text(clients)}"
                if len(clients) == 1 or ".." in names_text(clients) else
                f"over a network: {host_text(first.server)}, loaded by {names_text(clients)}")
    clients = sorted({len(pair.clients) for pair in run.pairs})
    several = (counted(clients[0], "client") if len(clients) == 1
               else f"{clients[0]} to {clients[-1]} clients")
    return (f"over a network, on {len(run.pairs)} pairs of hosts: "
            f"{names_text([pair.name for pair in run.pairs])}, a server and {several} each")


def cpus_text(run: Run) -> str:
    """Whose CPUs did what."""
    if not run.pairs:
        return ""
    first = run.pairs[0]
    load = sum(len(host.cpus) for host in first.clients)
    pairs = f", on each of {len(run.pairs)} pairs" if len(run.pairs) > 1 else ""
    return (f"{counted(len(first.server.cpus), 'CPU')} for the server on one machine, {load} for "
            f"the load on {counted(len(first.clients), 'other')}{pairs}")


def clock_text(clock: Clock | None) -> str:
    """Such as "12 µs ahead, ± 45 µs (measured)"."""
    if clock is None:
        return "not known"
    side = "ahead" if clock.offset_ns > 0 else "behind"
    apart = f"{_microseconds(abs(clock.offset_ns))} {side}" if clock.offset_ns else "alike"
    return f"{apart}, ±\N{NO-BREAK SPACE}{_microseconds(clock.bound_ns)} ({clock.source})"


def _microseconds(ns: float) -> str:
    return f"{significant(ns / 1000)}\N{NO-BREAK SPACE}µs"


def device_text(network: dict | None) -> str:
    """Such as "ens5 (ena 2.1, 10 Gbit/s, 4 queues)"."""
    if network is None:
        return "not read"
    driver = " ".join(str(network[key]) for key in ("driver", "driver_version") if network.get(key))
    speed, queues = network.get("speed_mbps"), network.get("queues") or {}
    count = (queues.get("combined") or 0) + (queues.get("rx") or 0)
    parts = [driver, f"{speed / 1000:g} Gbit/s" if speed else "",
             f"receives on {counted(count, 'queue')}" if count else ""]
    told = ", ".join(part for part in parts if part)
    return f"{network['device']} ({told})" if told else network["device"]


def words_of(run: Run) -> list[str]:
    """Of a command that runs over the same hosts."""
    if not run.pairs:
        return []
    pair = ["--pair", run.pairs[0].name] if len(run.pairs) == 1 else []
    return ["--hosts", run.pairs[0].inventory_file, *pair]


def rows_of(run: Run) -> list[dict]:
    """Each host of the page's table: a server before its clients."""
    return [{
        "pair": pair.name, "name": host.name, "role": host.role,
        "type": host.instance_type or "\N{EN DASH}",
        "machine": (f"{' '.join(host.machine['cpu_model'].split())}, "
                    f"kernel {host.machine['kernel']}"),
        "cpus": f"{len(host.cpus)} of {host.machine['cpus_online']}",
        "clock": ("the others' measure" if host is pair.clients[0] else clock_text(host.clock)),
        "device": device_text(host.network),
        "doctor": host.doctor,
    } for pair in run.pairs for host in pair.hosts]


def price_text(run: Run) -> str:
    """What measuring cost an hour, where the inventory has all prices; else empty."""
    if not run.pairs or None in [pair.price_per_hour for pair in run.pairs]:
        return ""
    server = sum(pair.server.price_per_hour for pair in run.pairs)
    load = sum(host.price_per_hour for pair in run.pairs for host in pair.clients)
    whose = "the pair" if len(run.pairs) == 1 else f"the {len(run.pairs)} pairs"
    return (f"While it measured, {whose} cost {_dollars(server + load)} an hour by the inventory: "
            f"{_dollars(server)} to serve and {_dollars(load)} to load.")


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 0.1 else f"${amount:.3g}"
