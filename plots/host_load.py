"""What others took of the machine while a trial ran, as shares of CPU time."""

from __future__ import annotations

from run import Run
from trial import Trial


def other_share(trial: Trial) -> float | None:
    """Of the machine's CPU time: neither the server's nor the load's. Their windows differ a bit.

    None where one of the three was not measured.
    """
    machine, server = trial.machine_cpu, trial.server
    if machine is None or server is None or trial.load_cpu_s is None or not trial.window_s:
        return None
    of_server = [server.counts.get(name) for name in ("cpu_user_s", "cpu_system_s")]
    if None in of_server or not machine.cpus or machine.window_s <= 0 or server.window_s <= 0:
        return None
    busy = machine.seconds("user_s", "system_s", "softirq_s", "irq_s") / machine.window_s
    own = sum(of_server) / server.window_s + trial.load_cpu_s / trial.window_s
    return max(0.0, busy - own) / len(machine.cpus)


def steal_share(trial: Trial, run: Run) -> float | None:
    """Of the CPU in use that lost most to other machines: what makes a trial noisy_host."""
    used = {*run.cpu_division.server, *run.cpu_division.load}
    machine = trial.machine_cpu
    if machine is None or machine.window_s <= 0:
        return None
    return max((cpu.steal_s / machine.window_s for cpu in machine.cpus if cpu.cpu in used),
               default=None)
