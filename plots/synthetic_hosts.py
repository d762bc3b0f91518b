"""Makes runs over several hosts of trials that synthetic_run.py makes. Their figures are invented.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

from synthetic_run import run_document

SERVER_CPUS = 4
CLIENT_CPUS = 2
WINDOW_S = 2.5
LINK_BITS_PER_S = 10e9
# A tenth of it in either direction, and half as much again to the server.
BYTES = {"rx_bytes": int(0.15 * LINK_BITS_PER_S * WINDOW_S / 8),
         "tx_bytes": int(0.10 * LINK_BITS_PER_S * WINDOW_S / 8)}

# Architecture and a CPU of the server's to its softirq share of the window.
SoftirqOf = Callable[[str, int], float]


def even_softirq(architecture: str, cpu: int) -> float:
    return 0.2


def names(clients: int, pair: int | None = None) -> list[str]:
    """The server's, then the clients'. pair: of a fleet, whose hosts have a number each."""
    of_pair = "" if pair is None else f"{pair:02}-"
    return [f"{of_pair}server", *(f"{of_pair}client{i + 1}" for i in range(clients))]


def host_document(role: str, number: int, cpus: int, **changes) -> dict:
    machine = run_document()["machine"]
    return {
        "role": role, "private_address": f"10.77.0.{number + 1}", "arch": "aarch64",
        "instance_type": "c6gn.xlarge" if role == "server" else "c6gn.large",
        "machine": {**machine, "cpus_allowed": f"0-{cpus - 1}", "cpus_online": cpus,
                    "physical_cores": cpus},
        "cpus": list(range(cpus)), "build": run_document()["build"],
        "binaries": run_document()["binaries"], "doctor": [],
        "network": {
            "device": "ens5", "driver": "ena", "driver_version": "2.1.0", "bus": "0000:00:05.0",
            "speed_mbps": None, "mtu": 9001,
            "queues": {"rx": 0, "tx": 0, "combined": cpus}, "rings": {"rx": 1024, "tx": 1024},
            "coalescing": {"rx_usecs": 0, "adaptive_rx": True},
            "rss": {"table": [slot % cpus for slot in range(8)], "key_bytes": 40},
            "offloads": {"tx-checksum-ipv4": True}, "qdisc": "mq", "xps": ["1", None],
            "rps": None, "interrupts": [{"irq": 30, "name": "ens5-Tx-Rx-0", "affinity": "0"}]},
        "clock": {"offset_ns": 0 if number == 1 else -12_000 * number, "bound_ns": 45_000,
                  "source": "measured"},
        **changes}


def hosts_document(clients: int = 4, pair: int | None = None, priced: bool = True) -> dict:
    server, *others = names(clients, pair)
    prices = {name: {"price_per_hour": 0.17 if name == server else 0.09}
              for name in (server, *others)}
    return {
        "inventory_file": "terraform/local/inventory.json",
        "inventory": {"schema_version": 1, "hosts": prices if priced else {server: {}}},
        "pair": f"pair{1 if pair is None else pair:02}", "server": server, "clients": others,
        "machines": {server: host_document("server", 0, SERVER_CPUS),
                     **{name: host_document("client", i + 1, CLIENT_CPUS)
                        for i, name in enumerate(others)}}}


def window_document(role: str, cpus: int, softirq: Callable[[int], float], **changes) -> dict:
    """What one host did in a trial."""
    counters = {f"{direction}_{what}": 0 for direction in ("rx", "tx")
                for what in ("packets", "dropped", "errors")}
    sides = BYTES if role == "server" else {
        "rx_bytes": BYTES["tx_bytes"] // 2, "tx_bytes": BYTES["rx_bytes"] // 2}
    network = {"listen_overflows": 0, "listen_drops": 0, "segments_retransmitted": 0}
    return {
        "role": role, "cpus": list(range(cpus)),
        "machine_cpu": {"window_s": WINDOW_S, "per_cpu": [
            {"cpu": cpu, "user_s": 0.5, "system_s": 1.0, "softirq_s": softirq(cpu) * WINDOW_S,
             "irq_s": 0.0, "idle_s": 0.5, "steal_s": 0.0} for cpu in range(cpus)]},
        "network": network, "network_connecting": network, "cpu_frequency": None,
        "device": {"counters": {**counters, **sides}, "driver": {}, "per_cpu": [
            {"cpu": 0, "interrupts": 9, "net_rx": 8, "net_tx": 1, "dropped": 0, "squeezed": None}]},
        "link_bits_per_s": LINK_BITS_PER_S,
        "clock": {"offset_ns": -12_000, "bound_ns": 45_000, "source": "measured"}, **changes}


def over_hosts(trials: Sequence[dict], clients: int = 4, pairs: int | None = None,
               softirq_of: SoftirqOf = even_softirq) -> list[dict]:
    """`trials` as if they had run over a server and so many clients.

    In each block these began 10 µs further apart. pairs: of a fleet, block after block on the next
    """
    found = []
    for document in copy.deepcopy(list(trials)):
        pair = None if pairs is None else document["block"] % pairs + 1
        server, *others = names(clients, pair)
        architecture = document["factors"]["architecture"]
        document["hosts"] = {
            server: window_document("server", SERVER_CPUS,
                                    lambda cpu: softirq_of(architecture, cpu), read_late_ns=[9, 8]),
            **{name: window_document("client", CLIENT_CPUS, lambda cpu: 0.05,
                                     connections=64 // clients, begun_late_ns=[900])
               for name in others}}
        document["machine_cpu"] = document["hosts"][server]["machine_cpu"]
        document["starts_apart_ns"] = 10_000 * (document["block"] + 1) if clients > 1 else None
        used = list(range(min(document["factors"]["threads"], SERVER_CPUS)))
        document["hosts"][server]["cpus"] = used
        if document["load"] is not None:
            document["server"]["cpus"] = used
            document["load"]["threads"] = [
                {**document["load"]["threads"][0], "client": name} for name in others]
        if pair is not None:
            document["pair"] = f"pair{pair:02}"
        found.append(document)
    return found


def of_hosts(clients: int = 4, **changes) -> dict:
    """write_run's changes for a run over one pair."""
    hosts = hosts_document(clients)
    return {"hosts": hosts, "cpu_division": {
        "server": list(range(SERVER_CPUS)), "load": list(range(CLIENT_CPUS)),
        "physical_cores": SERVER_CPUS}, "plan__listen": "10.77.0.1:10051", **changes}


def of_fleet(pairs: int, clients: int = 2, **changes) -> dict:
    """Likewise of a fleet."""
    found = of_hosts(clients, **changes)
    del found["hosts"]
    return {**found, "fleet": {"pairs": {
        f"pair{pair:02}": hosts_document(clients, pair) for pair in range(1, pairs + 1)}}}
