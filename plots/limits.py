"""What a run could not show: because of its machine, its plan, or what came between.

Each is a pair: what is not shown, and what would show it.
"""

from __future__ import annotations

import comparison
import wording
from run import Run
from wording import counted


def limits_of(run: Run) -> list[tuple[str, str]]:
    return [*_of_machine(run), *_of_plan(run), *_of_cells(run)]


def _of_machine(run: Run):
    division = run.cpu_division
    if run.arms and run.always_shares_cpus:
        yield ("Anything: server and load share the CPUs of one physical core, where no trial can "
               "be valid.", "A machine with two physical cores or more.")
    elif len(division.server) == 1:
        yield ("Scaling. There is one server CPU: at one thread nothing is shared and nothing "
               "contends, so a ratio is of runtimes and noise, not of architectures.",
               "A server with two physical cores or more." if run.is_over_hosts else
               "A machine with four physical cores or more: two for the server, two for the load.")
    beyond = [threads for threads in run.thread_counts if threads > len(division.server)]
    if beyond and not run.always_shares_cpus and not run.is_over_hosts:
        yield (f"More than {counted(len(division.server), 'server thread')}: at "
               f"{', '.join(map(str, beyond))} threads server and load share CPUs, and the "
               "scheduler is what is measured (hollow).",
               f"A machine of {2 * max(beyond)} physical cores: the server's half has one for each "
               "thread.")
    if run.machine.numa_nodes == 1:
        yield ("What memory of another NUMA node costs: this machine has one node.",
               "A machine with two NUMA nodes or more, and threads on both.")
    if unknown := _links_unknown(run):
        yield (f"Whether the network was the limit of {', '.join(unknown)}: neither a driver nor "
               "the inventory says how fast the link is.",
               "\"network_gbps\" of these hosts in the inventory.")
    if (not run.is_over_hosts
            and run.document.get("plan", {}).get("listen", "").startswith("127.")):
        yield ("What a network adds: client and server ran on one machine, over loopback, where "
               "the sender's CPU pays for receiving.",
               "Server and load generator on two machines with a network between them.")


def _links_unknown(run: Run) -> list[str]:
    """Hosts whose link's speed no trial knows."""
    known: dict[str, bool] = {}
    for trial in run.arms:
        for host in trial.hosts:
            known[host.name] = known.get(host.name, False) or host.link_bits_per_s is not None
    return sorted(name for name, is_known in known.items() if not is_known)


def _of_plan(run: Run):
    plan = run.document.get("plan", {})
    blocks = comparison.blocks_of(run)
    if comparison.rank_of_interval(blocks, comparison.coverage_of(run)) == 0:
        give = "gives" if blocks == 1 else "give"
        yield (f"An interval: {counted(blocks, 'block')} {give} a mere range.",
               "Six blocks or more (\"blocks\" in the plan).")
    same = comparison.beside_itself(run)
    if same is not None and same.is_refused:
        yield (f"How large chance is here: of the A/A arm {same.refusal}, so no noise band is "
               "known.", "What its verdicts say, in the table of cells.")
    if same is None and run.headline and not run.capacity_p99:
        yield ("How large chance is here: no A/A arm ran, so no noise band is known.",
               "\"controls\": true in the plan.")
    if not run.is_open and not run.capacity_p99 and not plan.get("twin_blocks"):
        yield ("Whether the server limits these cells, or the load generator, or what is in "
               "flight: no twins ran.", "\"twin_blocks\" in the plan.")
    if not run.is_open and not run.capacity_p99:
        yield ("Latency at a given load: in a closed loop a slow server is asked less.",
               "A plan with a rate: coresweep run latency.")


def _of_cells(run: Run):
    for text in run.skipped:
        yield f"Skipped: {text}.", "A machine, or a build, that has it."
    for arm, threads, conditions in _without_valid(run):
        if threads > len(run.cpu_division.server) or run.always_shares_cpus:
            continue  # said above
        under = wording.conditions_text(conditions, run)
        yield (f"{wording.name_of(arm, run)} at {counted(threads, 'thread')}"
               f"{f' ({under})' if under else ''}: no trial of it is valid.",
               "What its verdicts say, in the table of cells.")


def _without_valid(run: Run) -> list[tuple]:
    valid: dict[tuple, bool] = {}
    for trial in run.arms:
        key = (trial.arm, trial.threads, trial.conditions)
        valid[key] = valid.get(key, False) or trial.is_valid
    return [key for key, is_valid in valid.items() if not is_valid]
