#!/usr/bin/python3
"""Ansible's module host_state: puts a host into the wanted state, says whether it is in it, or
restores what was before. Entries are those of wanted.yml.

Old values are saved before the first one is changed, and the first that was saved stays: whatever
is broken off can be tuned again, or restored.
"""

import json
import os
import pathlib
import pwd

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.host_values import Row, Skip, expand, replace_file

VERSION = 1


def reason_of(error):
    return getattr(error, "strerror", None) or str(error)


class Memory:
    """What is remembered of this machine, in its login's home."""

    def __init__(self):
        name = os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
        self.login = pwd.getpwnam(name)
        self.folder = pathlib.Path(self.login.pw_dir) / "coresweep" / "state"
        self.before_file = self.folder / "before.json"
        self.wanted_file = self.folder / "wanted.json"
        self.before = {"schema_version": VERSION, "before": [], "unsettable": {}}
        if self.before_file.exists():
            self.before = json.loads(self.before_file.read_text())

    def saved(self):
        """What was before, in the order in which it was changed."""
        return [Row(**row) for row in self.before["before"]]

    def save(self, rows):
        """Their values, of those that are not saved yet."""
        known = [row["at"] for row in self.before["before"]]
        new = [row for row in rows if row.is_set and row.at not in known]
        self.before["before"] += [
            {"key": row.key, "kind": row.kind, "at": row.at, "value": row.actual} for row in new
        ]
        self.write(self.before_file, self.before)

    def write(self, path, document):
        self.folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.folder.parent, self.folder):
            os.chown(folder, self.login.pw_uid, self.login.pw_gid)
        replace_file(path, json.dumps(document, indent=1) + "\n", self.login)

    def forget(self):
        for path in (self.wanted_file, self.before_file):
            path.unlink(missing_ok=True)


class Host:
    """This machine: `rows` that it has, `skipped` keys that it has not, each with the reason."""

    def __init__(self, wanted, address, memory):
        self.memory = memory
        self.skipped = {}
        self.rows = []
        cpus = sorted(os.sched_getaffinity(0))
        for entry in wanted:
            try:
                for row in expand(entry, address, cpus):
                    self._take(row)
            except Skip as why:
                self.skipped[entry["key"]] = str(why)

    def _take(self, row):
        try:
            if row.key in self.memory.before["unsettable"]:
                raise Skip(self.memory.before["unsettable"][row.key])
            row.actual = row.thing.read()
            self.rows.append(row)
        except (Skip, OSError) as why:
            self.skipped[row.key] = reason_of(why)

    def document(self):
        """wanted.json: what coresweep itself can look at before each trial."""
        return {
            "schema_version": VERSION,
            "wanted": [
                {"key": row.key, "file": row.at,
                 "value": row.actual if row.is_right() else row.value}
                for row in self.rows if row.kind == "file"
            ],
        }  # fmt: skip

    def is_remembered(self):
        path = self.memory.wanted_file
        return path.exists() and json.loads(path.read_text()) == self.document()

    def tune(self):
        """Changes what is not as wanted. The complaints: of what did not become so."""
        self.memory.save(self.rows)
        for row in [row for row in self.rows if row.is_set and not row.is_right()]:
            try:
                row.thing.write(row.value)
                row.actual = row.thing.read()
            except (Skip, OSError) as why:
                reason = f"cannot be set: {reason_of(why)}"
                self.skipped[row.key] = self.memory.before["unsettable"][row.key] = reason
                self.rows.remove(row)
        self.memory.save(self.rows)
        self.memory.write(self.memory.wanted_file, self.document())
        return [row.complaint() for row in self.rows if row.is_set and not row.is_right()]

    def verify(self):
        wrong = [row.complaint() for row in self.rows if not row.is_right()]
        return wrong if self.is_remembered() or wrong else [f"has no {self.memory.wanted_file}"]


def restore(memory, is_check):
    """All as it was. Whether anything is to do, the complaints, and what is there no more."""
    complaints, gone = [], {}
    for row in reversed(memory.saved()):
        try:
            row.actual = row.thing.read()
            if not row.is_right() and not is_check:
                row.thing.write(row.value)
                row.actual = row.thing.read()
                if not row.is_right():
                    complaints.append(row.complaint())
        except FileNotFoundError:
            gone[row.key] = f"there is no {row.at} any more"
        except (Skip, OSError) as why:
            # What could not be set was not changed either.
            if row.key not in memory.before["unsettable"]:
                complaints.append(f"{row.key}: {reason_of(why)}")
    has_memory = memory.before_file.exists()
    if not complaints and not is_check:
        memory.forget()
    return has_memory, complaints, gone


def say_skipped(module, skipped):
    """One line for each reason."""
    for why in dict.fromkeys(skipped.values()):
        keys = ", ".join(key for key, reason in skipped.items() if reason == why)
        module.warn(f"{module.params['host']}: skipped {keys}: {why}")


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"choices": ["wanted", "verified", "before"], "required": True},
            "host": {"type": "str", "required": True},
            "address": {"type": "str"},
            "wanted": {"type": "list", "elements": "dict", "default": []},
        },
        required_if=[("state", "wanted", ["address"]), ("state", "verified", ["address"])],
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg=f"{module.params['host']}: only root may do that here")
    memory = Memory()
    if module.params["state"] == "before":
        changed, complaints, skipped = restore(memory, module.check_mode)
    else:
        host = Host(module.params["wanted"], module.params["address"], memory)
        skipped = host.skipped
        if module.params["state"] == "verified":
            changed, complaints = False, host.verify()
        else:
            is_right = all(row.is_right() for row in host.rows if row.is_set)
            changed = not (is_right and host.is_remembered())
            complaints = host.tune() if changed and not module.check_mode else []
    say_skipped(module, skipped)
    if complaints:
        module.fail_json(msg="\n".join(f"{module.params['host']}: {one}" for one in complaints))
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
