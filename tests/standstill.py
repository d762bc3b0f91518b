"""How long this machine stood still: a host, a neighbour or a limit took a CPU away for a while.

Run as a program it sleeps on every CPU that it may use, and notes how late it woke. Hardly ever
running, it waits for a CPU as briefly as anybody: when it was late, so was all that ran there.
On its stdin, `begin` forgets what it has seen, and `tell` has it print the longest time (s) since.
It ends with its stdin.
"""

import os
import select
import subprocess
import sys
import threading
import time

SLEEP_S = 0.01
WORTH_TELLING_S = 0.05  # chosen, not measured: what is shorter a test has to stand
MOST_S = 5.0  # for a CPU that does not come back


class Watch:
    def __init__(self):
        self._longest_s = 0.0
        self._woke = dict.fromkeys(os.sched_getaffinity(0), 0.0)
        for cpu in self._woke:
            threading.Thread(target=self._sleep_on, args=(cpu,), daemon=True).start()

    def _sleep_on(self, cpu):
        os.sched_setaffinity(0, {cpu})  # of this thread
        while True:
            slept = time.monotonic()
            time.sleep(SLEEP_S)
            woke = time.monotonic()
            late_s = woke - slept - SLEEP_S
            if late_s > WORTH_TELLING_S:
                self._longest_s = max(self._longest_s, late_s)
            self._woke[cpu] = woke

    def begin(self):
        self._longest_s = 0.0

    def tell(self):
        """What is still standing still is waited for."""
        asked = time.monotonic()
        while min(self._woke.values()) < asked:
            if time.monotonic() > asked + MOST_S:
                return MOST_S
            time.sleep(SLEEP_S / 2)
        return self._longest_s


class StandStill:
    """Who watches for it, in a process of its own; must be closed."""

    def __init__(self):
        self._watch = subprocess.Popen(
            [sys.executable, "-B", __file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, bufsize=0,
        )  # fmt: skip
        self.longest_s()  # so it has begun

    def begin(self):
        self._watch.stdin.write(b"begin\n")

    def longest_s(self):
        """The longest since begin(); 0.0 when there was none."""
        self._watch.stdin.write(b"tell\n")
        assert select.select([self._watch.stdout], [], [], 4 * MOST_S)[0], "who watches is silent"
        return float(self._watch.stdout.readline())

    def close(self):
        self._watch.kill()
        self._watch.communicate()


if __name__ == "__main__":
    watch = Watch()
    for line in sys.stdin:
        if line == "begin\n":
            watch.begin()
        else:
            print(watch.tell(), flush=True)
    os._exit(0)
