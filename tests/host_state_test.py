"""terraform/ansible's module host_state on this machine's own files, and on others' recorded ones:
what a host of the rig has not (tests/hosts_ansible_test.py) are interrupts and systemd.
"""

import importlib.util
import json
import os
import stat
import sys
import types

import pytest
from conftest import ROOT

ANSIBLE = ROOT / "terraform" / "ansible"
pytest.importorskip("ansible.module_utils.basic", reason="has no ansible-core here")


def loaded(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


values = loaded("ansible.module_utils.host_values", ANSIBLE / "module_utils" / "host_values.py")
state = loaded("host_state", ANSIBLE / "library" / "host_state.py")

# As drivers name them: the number in front is the interrupt's.
ENA = """\
           CPU0       CPU1
  4:          0          0   GICv2 125 Edge      ACPI:Ged
 55:          0          0   ITS-MSI 524288 Edge      nvme0q0
 57:          9          0   ITS-MSI 81920 Edge      ena-mgmnt@pci:0000:00:05.0
 58:          7          2   ITS-MSI 81921 Edge      ens5-Tx-Rx-0
 59:          7          2   ITS-MSI 81922 Edge      ens5-Tx-Rx-1
 60:          7          2   ITS-MSI 81923 Edge      ens5-Tx-Rx-2
IPI0:      1234       4321       Rescheduling interrupts
"""
VIRTIO = """\
           CPU0       CPU1
 37:          0          0 PCI-MSIX-0000:00:03.0   0-edge      virtio2-config
 38:          0       4712 PCI-MSIX-0000:00:03.0   1-edge      virtio2-input.0
 39:       3350          0 PCI-MSIX-0000:00:03.0   2-edge      virtio2-output.0
 42:          0       4536 PCI-MSIX-0000:00:04.0   2-edge      virtio3-input.0
"""


def recorded(folder, interrupts, device, numbers, below="device"):
    """Files of a kernel with a card of these interrupts; a virtio card's are its parent's."""
    (folder / "proc").mkdir()
    (folder / "proc/interrupts").write_text(interrupts)
    pci = folder / "sys/devices/pci/0000:00:03.0"
    (pci / "msi_irqs").mkdir(parents=True)
    (pci / "virtio2").mkdir()
    for number in numbers:
        (pci / "msi_irqs" / str(number)).touch()
    card = folder / "sys/class/net" / device
    card.mkdir(parents=True)
    (card / "device").symlink_to(pci / "virtio2" if below == "virtio" else pci)
    return f"{folder}/"


def test_a_queues_interrupt_is_known_by_its_name(tmp_path):
    root = recorded(tmp_path, ENA, "ens5", range(57, 61))
    assert values.interrupts_of("ens5", root) == [
        ("ens5-Tx-Rx-0", "58", 0), ("ens5-Tx-Rx-1", "59", 1), ("ens5-Tx-Rx-2", "60", 2),
    ]  # fmt: skip


def test_no_other_cards_interrupt_is_taken(tmp_path):
    root = recorded(tmp_path, VIRTIO, "eth0", range(37, 40), "virtio")
    assert values.interrupts_of("eth0", root) == [
        ("virtio2-input.0", "38", 0), ("virtio2-output.0", "39", 0)
    ]  # fmt: skip


def test_a_card_without_any_says_so(tmp_path):
    root = recorded(tmp_path, ENA, "e0", [])
    with pytest.raises(values.Skip, match="^e0 has no interrupts of its own$"):
        values.interrupts_of("e0", root)


@pytest.mark.parametrize(("one", "other", "same"), [
    ("always [madvise] never\n", "madvise", True),
    ("[always] madvise never\n", "madvise", False),
    ("1024\t65535\n", "1024 65535", True),
    ("00000000,00000000\n", "0", True),
    ("00000000,00000001\n", "0", False),
    ("", "0", False),
    ("10", "100", False),
    (None, "", False),
    (None, None, True),
])  # fmt: skip
def test_values_are_the_same_however_the_kernel_writes_them(one, other, same):
    assert values.are_same(one, other) is same


# There is no systemd in a test: this is how it answers, of units kept in a file.
SYSTEMCTL = f"""#!{sys.executable}
import json, os, sys
verb, *words, unit = sys.argv[1:]
units = json.load(open(os.environ["UNITS"]))
load, active = units.get(unit, ["not-found", "inactive"])
if verb == "show":
    print(f"ActiveState={{active}}\\nLoadState={{load}}")
else:
    if verb == "mask": load, active = "masked", "inactive" if "--now" in words else active
    if verb == "unmask": load = "loaded"
    if verb == "start": active = "active"
    units[unit] = [load, active]
    json.dump(units, open(os.environ["UNITS"], "w"))
"""


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Units, and a file whose value is as a kernel's; what is remembered lies below, too."""
    program = tmp_path / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("UNITS", str(tmp_path / "units"))
    monkeypatch.setattr(values, "SYSTEMD", str(tmp_path))
    (tmp_path / "units").write_text(json.dumps(UNITS))
    (tmp_path / "somaxconn").write_text("4096\n")
    return types.SimpleNamespace(folder=tmp_path, memory=lambda: remembered(tmp_path), wanted=[
        {"key": "somaxconn", "file": str(tmp_path / "somaxconn"), "value": "65535"},
        *({"key": name, "unit": name, "value": "masked"} for name in [*UNITS, "none.timer"]),
        {"key": "limits", "text": str(tmp_path / "limits.conf"), "value": "* hard nofile 1\n"},
    ])  # fmt: skip


UNITS = {
    "run.timer": ["loaded", "active"],
    "rest.timer": ["loaded", "inactive"],
    "masked.timer": ["masked", "inactive"],
}


def remembered(folder):
    memory = state.Memory()
    memory.folder = folder / "state"
    memory.before_file, memory.wanted_file = (
        memory.folder / name for name in ("before.json", "wanted.json")
    )
    if memory.before_file.exists():
        memory.before = json.loads(memory.before_file.read_text())
    return memory


def units(host):
    return json.loads((host.folder / "units").read_text())


def test_units_are_masked_and_come_back_as_they_were(host):
    tuned = state.Host(host.wanted, "", host.memory())
    assert tuned.skipped == {"none.timer": "is not installed"}
    assert tuned.tune() == []
    assert {load for load, _ in units(host).values()} == {"masked"}
    assert (host.folder / "limits.conf").read_text() == "* hard nofile 1\n"
    assert state.Host(host.wanted, "", host.memory()).verify() == []

    assert state.restore(host.memory(), False) == (True, [], {})
    assert units(host) == UNITS
    assert (host.folder / "somaxconn").read_text() == "4096\n"
    assert not (host.folder / "limits.conf").exists()
    assert list((host.folder / "state").iterdir()) == []


class Broken(Exception):
    pass


@pytest.mark.parametrize("then", ["restored", "tuned and restored"])
def test_what_was_broken_off_half_way_is_restored(host, monkeypatch, then):
    write = values.Unit.write

    def broken_off(unit, value):
        if unit.name == "rest.timer":
            raise Broken
        write(unit, value)

    monkeypatch.setattr(values.Unit, "write", broken_off)
    with pytest.raises(Broken):
        state.Host(host.wanted, "", host.memory()).tune()
    assert (host.folder / "somaxconn").read_text() == "65535\n"
    monkeypatch.setattr(values.Unit, "write", write)
    if then != "restored":
        assert state.Host(host.wanted, "", host.memory()).tune() == []
        assert state.Host(host.wanted, "", host.memory()).verify() == []
    assert state.restore(host.memory(), False) == (True, [], {})
    assert (units(host), (host.folder / "somaxconn").read_text()) == (UNITS, "4096\n")


def test_what_cannot_be_set_is_skipped_from_then_on_with_the_reason(host, monkeypatch):
    """As an interrupt that its driver manages."""
    def refused(unit, value):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(values.Unit, "write", refused)
    assert state.Host(host.wanted, "", host.memory()).tune() == []
    again = state.Host(host.wanted, "", host.memory())
    assert again.skipped["run.timer"] == "cannot be set: Operation not permitted"
    assert again.verify() == []
    assert state.restore(host.memory(), False) == (True, [], {})


def test_what_does_not_become_as_wanted_is_named(host, monkeypatch):
    monkeypatch.setattr(values.Unit, "write", lambda unit, value: None)
    assert state.Host(host.wanted, "", host.memory()).tune() == [
        "run.timer is active: wanted is masked", "rest.timer is inactive: wanted is masked"
    ]  # fmt: skip


def test_a_host_that_was_never_tuned_is_not_as_wanted(host):
    host.wanted[:] = [{"key": "somaxconn", "file": str(host.folder / "somaxconn"), "value": "4096"}]
    wanted = host.folder / "state" / "wanted.json"
    assert state.Host(host.wanted, "", host.memory()).verify() == [f"has no {wanted}"]


def test_every_wanted_value_says_how_it_is_read_and_why():
    yaml = pytest.importorskip("yaml")
    wanted = yaml.safe_load((ANSIBLE / "wanted.yml").read_text())["wanted"]
    keys = [entry["key"] for entry in wanted]
    assert len(keys) == len(set(keys))
    for entry in wanted:
        assert len({"interrupts", *values.KINDS} & set(entry)) == 1, entry
        assert set(entry) - {"set", *values.KINDS} in (
            {"key", "value", "why"}, {"key", "interrupts", "why"}
        ), entry  # fmt: skip
