"""The real terraform for the tests here, in a copy of terraform/: nothing is written there."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Nobody's settings, and no asking for its newest version.
SURROUNDINGS = {
    **{name: value for name, value in os.environ.items() if not name.startswith("TF_")},
    "TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1",
}


def why_not():
    """Why terraform cannot be tested here; empty when it can."""
    if not shutil.which("terraform"):
        return "no terraform on the path: terraform/ is not tested"
    told = subprocess.run(["terraform", "version", "-json"], env=SURROUNDINGS, check=True,
                          capture_output=True, text=True).stdout
    version = json.loads(told)["terraform_version"]
    if [int(part) for part in version.split("-")[0].split(".")] < [1, 11]:
        return f"terraform {version} is older than 1.11: terraform/ is not tested"
    return ""


needed = pytest.mark.skipif(bool(why_not()), reason=why_not())


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
    """A command of terraform, which must succeed unless `check` says that it need not."""
    done = subprocess.run(
        ["terraform", command, *(["-no-color"] if command != "fmt" else []), *words],
        cwd=folder,
        env={**SURROUNDINGS, **(surroundings or {})},
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def refusals(folder, runs, surroundings=None):
    """What terraform says of each of these test files, one command for all of them.

    Of each of `runs`, by its number, the complaints: `given` makes such a file.
    """
    files = [folder / "tests" / f"refused_{number}.tftest.hcl" for number in range(len(runs))]
    for file, text in zip(files, runs, strict=True):
        file.write_text(text)
    try:
        done = run(folder, "test", "-json", *[f"-filter=tests/{file.name}" for file in files],
                   check=False, surroundings=surroundings)
    finally:
        for file in files:
            file.unlink()
    said = [[] for _ in runs]
    for event in events(done):
        if event["type"] == "diagnostic":
            number = int(re.search(r"refused_([0-9]+)", event["@testfile"])[1])
            said[number].append(complaint(event))
    return said


def given(variables, command="plan", words=""):
    """A run with these variables, as a test file has it."""
    lines = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in variables.items())
    return f'run "refused" {{\n  command = {command}\n  variables {{\n{lines}  }}\n{words}}}\n'


def events(done):
    """What a command with -json said."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def complaint(event):
    """Its text, without the place of the rule that terraform adds."""
    return event["diagnostic"]["detail"].split("\n\nThis was checked by")[0]
