"""cmake/install_packages.sh with the real dpkg and apt: what it chooses, and what it says.

Nothing is installed here: the script runs as a user who is not allowed to.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MISSING = "coresweep-no-such-package"
PLOT = [f"python3-{name}" for name in ("matplotlib", "jsonschema", "jinja2", "pip", "numpy")]
TOOLS = "apt-cache apt-get awk bash dirname dpkg dpkg-query grep paste sed".split()

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt-get")


@pytest.fixture
def folder():
    """Readable by any user: the script and the tools it calls, sudo not among them."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        shutil.copy(ROOT / "cmake" / "install_packages.sh", folder)
        (folder / "bin").mkdir()
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(shutil.which(tool))
        yield folder


def install_packages(folder, *arguments, packages=None):
    """Runs the script on packages.txt, or on a list with these lines, as one who is not root."""
    listed = folder / "packages.txt"
    listed.write_text(packages or (ROOT / "packages.txt").read_text())
    command = [str(folder / "install_packages.sh"), *arguments]
    if os.geteuid() == 0:
        command = [shutil.which("setpriv"), "--reuid=nobody", "--clear-groups", *command]
    return subprocess.run(
        command,
        env={"PATH": str(folder / "bin"), "PACKAGES_FILE": str(listed), "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def test_every_line_names_one_package_of_a_known_group():
    text = (ROOT / "packages.txt").read_text()
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    package = r"[a-z0-9][a-z0-9.+-]+(:arm64)?( \(>= [0-9.]+\))?"
    groups = "build|test|rig|nginx|plot|trace|host|cloud|fuzz|arm64"
    whole = re.compile(rf"({groups}): {package}( \| {package})*(  # .+)?")
    assert [line for line in lines if not whole.fullmatch(line)] == []
    assert len(lines) == len(set(lines))


def test_an_unknown_group_names_the_allowed_ones(folder):
    run = install_packages(folder, "build", "tset")
    assert run.returncode == 2
    assert run.stderr == (
        "install_packages: unknown group 'tset': "
        "allowed are build test rig nginx plot trace host cloud fuzz arm64\n"
    )


def test_no_group_names_the_allowed_ones(folder):
    run = install_packages(folder)
    assert run.returncode == 2
    assert run.stderr == (
        "install_packages: no group named: "
        "allowed are build test rig nginx plot trace host cloud fuzz arm64\n"
    )


def test_a_list_that_is_not_there_is_named(folder):
    environment = {**os.environ, "PACKAGES_FILE": str(folder / "nowhere.txt")}
    command = [folder / "install_packages.sh", "build"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr == f"install_packages: cannot read {folder}/nowhere.txt\n"


def test_list_prints_one_package_a_line_of_the_groups_asked_for(folder):
    run = install_packages(folder, "--list", "plot")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == PLOT


def test_list_takes_the_alternative_that_is_installed(folder):
    packages = f"build: {MISSING} | dpkg (>= 1.1)  # why\nbuild: dpkg (>= 99:0) | apt\n"
    assert install_packages(folder, "--list", "build", packages=packages).stdout == "dpkg\napt\n"


def test_list_takes_the_alternative_that_apt_offers(folder):
    policy = subprocess.run(["apt-cache", "policy", "hello"], capture_output=True, text=True).stdout
    if "Candidate: (none)" in policy or not policy:
        pytest.skip("apt has no lists here")
    packages = f"build: {MISSING} | apt (>= 99:0) | hello (>= 1.0) | sl\n"
    assert install_packages(folder, "--list", "build", packages=packages).stdout == "hello\n"


def test_silent_when_nothing_is_missing(folder):
    packages = f"build: dpkg\nbuild: {MISSING} | apt\ntest: {MISSING}\n"
    run = install_packages(folder, "build", packages=packages)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_without_root_and_sudo_the_command_is_given(folder):
    run = install_packages(folder, "build", packages=f"build: dpkg\nbuild: {MISSING}\n")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "install_packages: missing, and sudo is not to be had; as root run: apt-get update &&"
        f" apt-get install --no-install-recommends {MISSING}\n"
    )


def test_the_command_adds_the_architecture_where_dpkg_does_not_have_it(folder):
    known = subprocess.check_output(
        "dpkg --print-architecture; dpkg --print-foreign-architectures", shell=True, text=True
    )
    adds = "" if "arm64" in known.split() else "dpkg --add-architecture arm64 && "
    run = install_packages(folder, "arm64", packages=f"arm64: {MISSING}:arm64\n")
    assert run.returncode == 1
    assert f"as root run: {adds}apt-get update && apt-get install" in run.stderr


def test_a_system_without_apt_is_told_the_packages(folder):
    (folder / "bin" / "apt-get").unlink()
    run = install_packages(folder, "plot")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"install_packages: no apt-get here; install what Debian calls {' '.join(PLOT)}, then"
        " make INSTALL=true TARGET\n"
    )


def unpack_package(folder, *packages):
    """Runs the script where its target is below that folder."""
    (folder / "cmake").mkdir(exist_ok=True)
    script = shutil.copy(ROOT / "cmake" / "unpack_package.sh", folder / "cmake")
    return subprocess.run([script, *packages], capture_output=True, text=True)


def test_what_cannot_be_unpacked_is_said_and_is_no_failure(folder):
    run = unpack_package(folder, MISSING)
    assert run.returncode == 0
    assert run.stderr == (
        f"unpack_package: no {MISSING} from apt, so what needs it is left out"
        f" (E: Unable to locate package {MISSING})\n"
    )
    assert [*(folder / "build" / "packages").iterdir()] == []


def test_what_is_installed_is_not_unpacked(folder):
    run = unpack_package(folder, "dpkg")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert [*(folder / "build" / "packages").iterdir()] == []


def test_unpacking_nothing_is_refused(folder):
    run = unpack_package(folder)
    assert (run.returncode, run.stderr) == (2, "unpack_package: no package named\n")
