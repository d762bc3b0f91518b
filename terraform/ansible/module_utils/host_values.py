"""Values of a host as wanted.yml names them: where each is, how it is read and how it is set."""

import dataclasses
import glob
import json
import os
import pathlib
import re
import subprocess

# A queue's own, as drivers name them: eth0-Tx-Rx-3, ens5-TxRx-3, virtio2-input.0, mlx5_comp3@pci:..
QUEUE = re.compile(r"(?:[Tt]x-?[Rr]x-?|comp|input\.|output\.|[rt]x-?)(\d+)$")
SYSTEMD = "/run/systemd/system"  # is there where systemd is the first process


class Skip(Exception):
    """Says why a host does not have what is wanted, or cannot be given it."""


def words(text):
    """Blanks count once; of a choice only what is chosen, which the kernel has in brackets."""
    chosen = re.search(r"\[(\S+)\]", text)
    return chosen[1] if chosen else " ".join(text.split())


def are_same(one, other):
    """A mask of no CPU is 0, however many there are of them. None is no file."""
    if one is None or other is None:
        return one is other
    return re.sub(r"^0[0,]*$", "0", words(one)) == re.sub(r"^0[0,]*$", "0", words(other))


class KernelFile:
    """A file of /proc or /sys: its value is all that it holds."""

    def __init__(self, at):
        self.path = pathlib.Path(at)

    def read(self):
        return words(self.path.read_text())

    def write(self, value):
        with self.path.open("w") as file:
            file.write(value + "\n")


class TextFile:
    """A file of ours among a machine's configuration: None is none."""

    def __init__(self, at):
        self.path = pathlib.Path(at)

    def read(self):
        return self.path.read_text() if self.path.exists() else None

    def write(self, value):
        if value is None:
            self.path.unlink()
        else:
            replace_file(self.path, value)


class Unit:
    """A unit of systemd. What masks it is gone with the next start of the machine."""

    def __init__(self, at):
        self.name = at

    def read(self):
        if not os.path.isdir(SYSTEMD):
            raise Skip("no systemd runs here")
        said = self._systemctl("show", "--property=LoadState,ActiveState")
        state = dict(line.split("=", 1) for line in said.splitlines())
        if state["LoadState"] == "not-found":
            raise Skip("is not installed")
        if state["LoadState"] == "masked":
            return "masked"
        return "active" if state["ActiveState"] == "active" else "inactive"

    def write(self, value):
        if value == "masked":
            self._systemctl("mask", "--runtime", "--now")
        else:
            self._systemctl("unmask", "--runtime")
        if value == "active":
            self._systemctl("start")

    def _systemctl(self, *words):
        done = run("systemctl", *words, self.name)
        if done.returncode != 0:
            raise Skip(one_line(done.stderr))
        return done.stdout


class Command:
    """What a program prints; nobody can set that."""

    def __init__(self, at):
        self.words = at

    def read(self):
        done = run(*self.words)
        if done.returncode != 0 and done.stderr:
            raise Skip(one_line(done.stderr))
        return words(done.stdout)


KINDS = {"file": KernelFile, "text": TextFile, "unit": Unit, "command": Command}


def run(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Skip(f"has no {words[0]} here") from error


def one_line(text):
    return "; ".join(text.split("\n")).strip("; ")


def replace_file(path, text, owner=None):
    """All of it or nothing: written aside, and renamed once it is on the disk."""
    aside = path.with_name(path.name + ".part")
    with aside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if owner:
        os.chown(aside, owner.pw_uid, owner.pw_gid)
    aside.rename(path)


def device_of(address):
    """The network card that has it."""
    listed = json.loads(run("ip", "-json", "address").stdout)
    for device in listed:
        if any(own.get("local") == address for own in device.get("addr_info", [])):
            return device["ifname"]
    raise Skip(f"has no network card with {address}")


def interrupts_of(device, root="/"):
    """Of a card's queues: rows of name, number and queue."""
    numbers = set()
    for folder in ("device", "device/.."):
        numbers |= set(map(os.path.basename, glob.glob(
            f"{root}sys/class/net/{device}/{folder}/msi_irqs/*"
        )))  # fmt: skip
    rows = []
    for line in pathlib.Path(f"{root}proc/interrupts").read_text().splitlines():
        number, _, rest = line.strip().partition(":")
        name = rest.split()[-1] if rest.split() else ""
        queue = QUEUE.search(name.split("@")[0])
        if number in numbers and queue:
            rows.append((name, number, int(queue[1])))
    if not rows:
        raise Skip(f"{device} has no interrupts of its own")
    return rows


@dataclasses.dataclass
class Row:
    """One value that is wanted of this host, and what it is."""

    key: str
    kind: str
    at: str
    value: str
    is_set: bool = True
    actual: str = None

    @property
    def thing(self):
        return KINDS[self.kind](self.at)

    def is_right(self):
        return are_same(self.actual, self.value)

    def complaint(self):
        is_now, wanted = (one_line(text or "absent") for text in (self.actual, self.value))
        return f"{self.key} is {is_now}: wanted is {wanted}"


def expand(entry, address, cpus):
    """What an entry is on this host."""
    key, is_set = entry["key"], entry.get("set", True)
    if "interrupts" in entry:
        device = entry["interrupts"].format(device=device_of(address))
        return [
            Row(f"{key} {name}", "file", f"/proc/irq/{number}/smp_affinity_list",
                str(cpus[queue % len(cpus)]))
            for name, number, queue in interrupts_of(device)
        ]  # fmt: skip
    (kind,) = KINDS.keys() & entry.keys()
    at, value = entry[kind], entry["value"]
    if kind == "text" and not os.path.isdir(os.path.dirname(at)):
        raise Skip(f"has no {os.path.dirname(at)}")
    if kind != "file":
        return [Row(key, kind, at, value, is_set)]
    if "{device}" in at:
        at = at.format(device=device_of(address))
    found = sorted(glob.glob(at))
    if not found:
        raise Skip(f"has no {at}")
    # Of several each has its folder's name, such as rx-3.
    names = [f"{key} {pathlib.Path(path).parent.name}" if "*" in at else key for path in found]
    return [Row(name, kind, path, value, is_set) for name, path in zip(names, found)]
