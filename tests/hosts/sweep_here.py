"""A sweep over hosts that are namespaces of this machine: to see one before there are any others.

    inside.py python3 sweep_here.py PLAN.json RESULTS [--pairs N] [--clients N] [FLAG...]

Of several pairs a fleet. Further flags are coresweep's, such as --at-once 1: all hosts share this
machine's CPUs, and pairs that run at the same time disturb each other. RESULTS has to be a folder
that anybody may write to, since root in here is nobody outside.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from conftest import BIN  # noqa: E402  of the tests
from rig import Rig  # noqa: E402  beside this file


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--clients", type=int, default=1)
    options, flags = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(shutil.copy(options.plan, folder)).name
        rig = Rig(Path(folder) / "rig", options.pairs, options.clients)
        rig.deploy(rig.hosts, BIN)
        command = ["coresweep", "run" if options.pairs == 1 else "fleet", plan, *flags,
                   "--hosts", "rig/inventory.json", "--results", options.results.resolve()]
        path = f"{BIN}:{os.environ['PATH']}"
        return subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path},
                              check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
