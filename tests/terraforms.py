"""The real terraform for the tests here, in a copy of terraform/: nothing is written there."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
needed = pytest.mark.skipif(
    not shutil.which("terraform"), reason="no terraform on the path: terraform/ is not tested"
)


def copied_to(folder):
    """A copy of what terraform/ reads, and of it."""
    shutil.copytree(
        ROOT / "terraform", folder / "terraform",
        ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars"),
    )
    (folder / "cmake").mkdir()
    shutil.copy(ROOT / "cmake" / "install_packages.sh", folder / "cmake")
    shutil.copy(ROOT / "packages.txt", folder)
    return folder / "terraform"


def run(folder, command, *words, check=True, surroundings=None):
    """terraform with nobody's settings, and without asking for its newest version."""
    done = subprocess.run(
        ["terraform", command, *(["-no-color"] if command != "fmt" else []), *words],
        cwd=folder,
        env={**os.environ, "TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1",
             **(surroundings or {})},
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def events(done):
    """What a command with -json said."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def complaint(event):
    """Its text, without the place of the rule that terraform adds."""
    return event["diagnostic"]["detail"].split("\n\nThis was checked by")[0]
