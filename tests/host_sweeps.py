"""Sweeps over the rig's hosts, as tests start them and read what they left."""

from conftest import run_program
from sweeps import RunningSweep


def over_hosts(rig, command, *words):
    return run_program("coresweep", command, *words, "--hosts", rig.inventory)


def sweep_over(rig, plan, tmp_path, *flags):
    return over_hosts(rig, "run", plan, "--results", tmp_path / "runs", "--no-report", *flags)


def running_over(start, rig, plan, tmp_path, *flags):
    return start(RunningSweep, plan, tmp_path, flags=("--hosts", rig.inventory, *flags))


def failures(trials):
    return [trial["verdict_details"].get("failed") for trial in trials]


def ended(sweep):
    """Its exit code, and what it said to people."""
    out, errors = sweep.process.communicate(timeout=120)
    return sweep.process.returncode, out.decode(), errors.decode()
