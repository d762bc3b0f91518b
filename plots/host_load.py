"""What others took of the machines while a trial ran, as shares of CPU time."""

from __future__ import annotations

from run import Run
from trial import Trial


def other_share(trial: Trial) -> float | None:
    """Of the machine's CPU time: neither the server's nor the load's. Their windows differ a bit.

    Over hosts of the server's machine, where no load is, and without interrupts, which are the
    network's: those that the kernel charges to the server are in its own time. None where one of
    the three was not measured.
    """
    machine, server = trial.machine_cpu, trial.server
    if machine is None or server is None or trial.load_cpu_s is None or not trial.window_s:
        return None
    of_server = [server.counts.get(name) for name in ("cpu_user_s", "cpu_system_s")]
    if None in of_server or not machine.cpus or machine.window_s <= 0 or server.window_s <= 0:
        return None
    kinds = ("user_s", "system_s", *(() if trial.hosts else ("softirq_s", "irq_s")))
    busy = machine.seconds(*kinds) / machine.window_s
    own = sum(of_server) / server.window_s
    if not trial.hosts:
        own += trial.load_cpu_s / trial.window_s
    return max(0.0, busy - own) / len(machine.cpus)


def steal_share(trial: Trial, run: Run) -> float | None:
    """Of the CPU in use that lost most to other machines: what makes a trial noisy_host."""
    both = {*run.cpu_division.server, *run.cpu_division.load}
    machines = ([(host.machine_cpu, set(host.cpus)) for host in trial.hosts] if trial.hosts
                else [(trial.machine_cpu, both)])
    return max((cpu.steal_s / machine.window_s for machine, used in machines
                if machine is not None and machine.window_s > 0
                for cpu in machine.cpus if cpu.cpu in used), default=None)
