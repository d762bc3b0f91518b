#!/usr/bin/python3
"""What the host that runs the sweep needs to reach the others, from what is known here.

    controller_files.py INVENTORY CONTROLLER FOLDER

FOLDER gets inventory.json, in which CONTROLLER alone is "here", and ssh_config and known_hosts by
private addresses. Whose key is not known here is not known there: it is named, and nothing is
written.
"""

import json
import pathlib
import subprocess
import sys

REST = """Host *
  IdentityFile ~/coresweep/hosts/key
  IdentitiesOnly yes
  UserKnownHostsFile ~/coresweep/hosts/known_hosts
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 5
  ServerAliveInterval 1
  ServerAliveCountMax 5
"""


def as_known(address, port):
    """An address as a line of known_hosts begins with it."""
    return address if port == "22" else f"[{address}]:{port}"


def settings(ssh_config, name):
    """How ssh reaches a host from here."""
    words = ["ssh", "-G", "-F", ssh_config, name]
    said = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(line.split(" ", 1) for line in said.splitlines())


def known_keys(reached):
    """Kinds and keys of a host, as this machine knows them."""
    host = as_known(reached.get("hostkeyalias", reached["hostname"]), reached["port"])
    keys = []
    for file in reached["userknownhostsfile"].split():
        words = ["ssh-keygen", "-F", host, "-f", pathlib.Path(file).expanduser()]
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
        rows = [line.split() for line in said.splitlines() if line and line[0] not in "#@"]
        keys += [" ".join(row[1:3]) for row in rows]
    return keys or sys.exit(f"{host}: its key is not in {reached['userknownhostsfile']}")


def main(inventory_file, controller, folder):
    inventory_file, folder = pathlib.Path(inventory_file), pathlib.Path(folder)
    inventory = json.loads(inventory_file.read_text())
    ssh_config = inventory_file.parent / inventory["ssh_config"]
    aliases, known = "", ""
    for name, host in inventory["hosts"].items():
        address, reached = host["private_address"], settings(ssh_config, name)
        aliases += (
            f"Host {name}\n  HostName {address}\n  Port {reached['port']}\n"
            f"  User {reached['user']}\n"
        )
        for key in known_keys(reached):
            known += f"{as_known(address, reached['port'])} {key}\n"
        host.pop("here", None)
    inventory["hosts"][controller]["here"] = True
    inventory["ssh_config"] = "ssh_config"
    folder.mkdir(exist_ok=True)
    (folder / "inventory.json").write_text(json.dumps(inventory, indent=2) + "\n")
    (folder / "ssh_config").write_text(aliases + REST)
    (folder / "known_hosts").write_text(known)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("controller_files.py: allowed is INVENTORY CONTROLLER FOLDER")
    main(*sys.argv[1:])
