"""Runs a command where it may make hosts: in namespaces of its own, of which nothing is left after.

    inside.py COMMAND...

Users, network, mounts and processes are the command's own. As root, ids of the machine that belong
to nobody stand for it, never the machine's own 0: what it may change is then its own alone. As
another user, that user is root inside. The command ends with all it started when this process does.
Where that is not allowed, the command runs as it is, and the variable REASON says why.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

INSIDE = "CORESWEEP_RIG_INSIDE"  # "root": may be any user there; "user": has one id and no more
REASON = "CORESWEEP_RIG_REASON"  # why there are no namespaces

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
LEAST_IDS = 65535  # nobody's, 65534, is the highest that sshd needs


class NotAllowed(Exception):
    """Says why no namespaces can be had."""


def unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise NotAllowed(os.strerror(ctypes.get_errno()))


def is_mapped(first, count, kind):
    """Whether a whole range of ids exists here."""
    with open(f"/proc/self/{kind}", encoding="ascii") as ranges:
        rows = [[int(number) for number in row.split()] for row in ranges]
    return any(low <= first and first + count <= low + size for low, _, size in rows)


def id_map():
    """The line that says which ids of this place are 0 and up inside."""
    if os.geteuid() != 0:
        return None
    # Beyond every user's; within namespaces of this kind only the range itself is left.
    for first, count in ((100_000, 65_536), (1, LEAST_IDS)):
        if is_mapped(first, count, "uid_map") and is_mapped(first, count, "gid_map"):
            return f"0 {first} {count}\n"
    with open("/proc/self/uid_map", encoding="ascii") as ranges:
        if ranges.read().split()[1] == "0":
            raise NotAllowed("root here is the machine's own, and no other ids can stand for it")
    return None


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def become_root(ids, ask_parent):
    """In a new user namespace. Only the parent, who still is root outside, may map several ids."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    if ids:
        ask_parent()
        os.setgroups([])
    else:
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", f"0 {user} 1\n")
        write("/proc/self/gid_map", f"0 {group} 1\n")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotAllowed(done.stderr.strip() or f"{words[0]}: {done.returncode}")


def furnish():
    """The first process of the new namespaces does this for the rest; its files vanish with it."""
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "proc", "proc", "/proc")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/run")
    os.mkdir("/run/tmp")
    os.environ["TMPDIR"] = "/run/tmp"
    run("ip", "link", "set", "lo", "up")


def shell_code(code):
    """A signal's number is above 128."""
    return code if code >= 0 else 128 - code


def exit_code(status):
    return shell_code(os.waitstatus_to_exitcode(status))


def reap(command):
    """Waits for the command, and for whoever has lost its parent until then."""
    while True:
        pid, status = os.wait()
        if pid == command:
            return exit_code(status)


def first_process(words, lifeline, said):
    """Process 1 of the namespaces. When it ends, the kernel kills all others in there."""

    def end_with_parent():
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    furnish()
    command = subprocess.Popen(words)  # kept: forgotten, it would take its own exit code
    os.close(said)
    return reap(command.pid)


def second_process(words, ids, lifeline, said, ask_parent):
    """Makes the namespaces; a process of its own, because who made them is not in all of them."""
    become_root(ids, ask_parent)
    if not os.access(__file__, os.R_OK):
        raise NotAllowed("others than root may not read this folder, and root's stand-in is one")
    unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID)
    os.environ[INSIDE] = "root" if ids else "user"
    first = os.fork()
    if first == 0:
        return first_process(words, lifeline, said)
    os.close(said)
    return exit_code(os.waitpid(first, 0)[1])


def complain(said, error):
    """Only while the command does not run: after that the other end is not read any more."""
    try:
        os.write(said, str(error).encode())
    except OSError:
        return


def in_child(function, said):
    """Calls function in this forked child, and ends it."""
    code = 1
    try:
        code = function()
    except (NotAllowed, OSError) as error:
        complain(said, error)
    finally:
        os._exit(code)


def enter(words):
    """The command's exit code. Raises NotAllowed when it could not even begin."""
    ids = id_map()
    lifeline, alive = os.pipe()  # the other end is this process's alone
    listen, said = os.pipe()
    asked, ask = os.pipe()
    answered, answer = os.pipe()

    def ask_parent():
        os.write(ask, b"?")
        os.read(answered, 1)

    child = os.fork()
    if child == 0:
        for end in (alive, listen, asked, answer):
            os.close(end)
        in_child(lambda: second_process(words, ids, lifeline, said, ask_parent), said)
    for end in (lifeline, said, ask, answered):
        os.close(end)
    # Typed at a terminal it reaches the command too, whose business it is.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if ids and os.read(asked, 1):
            write(f"/proc/{child}/uid_map", ids)
            write(f"/proc/{child}/gid_map", ids)
        os.close(answer)
    except OSError as error:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise NotAllowed(f"{error.strerror}: mapping ids {ids.strip()}") from error
    if why := os.read(listen, 4096):
        os.waitpid(child, 0)
        raise NotAllowed(why.decode())
    return exit_code(os.waitpid(child, 0)[1])


def main(words):
    if not words:
        print("inside.py: no command: allowed is COMMAND...", file=sys.stderr)
        return 2
    try:
        return enter(words)
    except (NotAllowed, OSError) as error:
        os.environ[REASON] = f"may make no namespaces here: {error}"
    os.environ.pop(INSIDE, None)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return shell_code(subprocess.run(words, check=False).returncode)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
