"""The hosts of a run over several: a server and its clients are a pair, a fleet has several."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """offset_ns: ahead of the first client's; bound_ns: the truth lies within so much of it.

    source: measured or chrony
    """

    offset_ns: int
    bound_ns: int
    source: str


@dataclass(frozen=True)
class Host:
    """One machine of a run over several, as it was before the first trial.

    role: server or client
    cpus: those that its side of a trial may use
    instance_type, price_per_hour: as the inventory has them (dollars); None where it does not
    machine: as run.json has one: key to text, number, list or None
    network: its network device, as results/README.md has it; None where it was not read
    doctor: what doctor warned of there
    """

    name: str
    role: str
    arch: str
    instance_type: str | None
    cpus: tuple[int, ...]
    machine: dict
    clock: Clock | None
    network: dict | None = None
    doctor: tuple[dict, ...] = ()
    price_per_hour: float | None = None


@dataclass(frozen=True)
class HostPair:
    """A server and the clients that loaded it together."""

    name: str
    server: Host
    clients: tuple[Host, ...]
    inventory_file: str = ""

    @property
    def hosts(self) -> tuple[Host, ...]:
        return self.server, *self.clients

    @property
    def price_per_hour(self) -> float | None:
        """Of all its machines. None where one has no price."""
        prices = [host.price_per_hour for host in self.hosts]
        return None if None in prices else sum(prices)
