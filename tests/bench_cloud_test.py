"""terraform/bench_cloud.sh and cloud_smoke.sh: what they refuse, and that nothing is left behind.

There is no AWS here: terraform and aws are stand-ins, which write down their words. What a sweep
over hosts is, tests/hosts_ansible_test.py and those that are run by tests/hosts/ show.
"""

import os
import subprocess

import pytest
from conftest import ROOT

STAND_IN = """#!/usr/bin/env bash
echo "$(basename "$0") $* in $TF_WORKSPACE" >>"$CALLS"
case "$*" in
  *console) echo '"eu-central-1"' ;;
  *"workspace show") echo default ;;
  *" apply "*) echo "$TF_CLI_ARGS_apply" >>"$CALLS"; exit "$APPLIED" ;;
  *"output -"*) exit 1 ;;
esac
"""


def run(folder, script, *words, **answers):
    for name in ("terraform", "aws"):
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    done = subprocess.run(
        [ROOT / "terraform" / script, *words], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, cwd=folder,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls),
             "TF_WORKSPACE": "", **answers},
    )  # fmt: skip
    return done, calls.read_text().splitlines()


@pytest.mark.parametrize(("words", "message"), [
    ([], "allowed is PLAN [INVENTORY]"),
    (["none"], "no plan 'none': allowed is a name of harness/plans, or a file, such as "
     "./bench.json"),
    (["./a b.json"], "./a b.json: allowed are names of letters, digits, _, - and ."),
    (["quick", "nowhere.json"], "no inventory nowhere.json: make inventory-local writes one"),
    (["quick", "other.json"], "other.json: its name has to be inventory.json"),
    (["quick"], "nothing of terraform/aws is applied here; over other hosts: bench_cloud.sh PLAN "
     "INVENTORY"),
])  # fmt: skip
def test_what_is_wrong_is_named_before_anything_is_done(tmp_path, words, message):
    for name in ("a b.json", "other.json"):
        (tmp_path / name).write_text("{}")
    done, _ = run(tmp_path, "bench_cloud.sh", *words)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"bench_cloud: {message}\n")


@pytest.mark.parametrize("applied", ["0", "1"])
def test_whatever_comes_of_a_smoke_it_is_destroyed_and_asked_for(tmp_path, applied):
    """Here its sweep fails, for want of hosts, or there is none, for AWS refused them."""
    done, calls = run(tmp_path, "cloud_smoke.sh", APPLIED=applied)
    assert done.returncode == 1
    made = calls.index("terraform -chdir=aws apply -auto-approve in coresweep-smoke")
    words = calls[made + 1].split()
    assert {"-var=name=coresweep-smoke", "-var=pair_count=1", "-var=ttl_hours=0.25"} < set(words)
    gone = calls.index("terraform destroy -auto-approve in coresweep-smoke")
    assert made < gone
    assert len([call for call in calls[gone:] if "coresweep-smoke" in call and "aws " in call]) == 2
    assert done.stdout.endswith("nothing with the tag coresweep=coresweep-smoke is left in "
                                "eu-central-1\n")  # fmt: skip
    # Your own hosts' state stays the one that is selected.
    assert "terraform -chdir=aws workspace select default in " in calls[:made]
