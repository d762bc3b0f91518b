"""How long this machine stood still: a host, a neighbour or a limit took a CPU away for a while.

Run as a program it sleeps on every CPU that it may use, and prints a line whenever it woke far too
late; it ends with its stdin. A process that hardly ever runs is let in at once by any scheduler, so
no load of our own makes it late: who had no CPU then was every program on it.
"""

import os
import select
import subprocess
import sys
import threading
import time

SLEEP_S = 0.02
# No deadline of a test is nearer than several of these.
WORTH_TELLING_S = 0.05


def watch(cpu):
    os.sched_setaffinity(threading.get_native_id(), {cpu})
    while True:
        slept = time.monotonic()
        time.sleep(SLEEP_S)
        woke = time.monotonic()
        late = woke - slept - SLEEP_S
        if late > WORTH_TELLING_S:
            os.write(1, f"{woke} {late}\n".encode())


class StandStill:
    """What stood still since it was made; must be closed."""

    def __init__(self):
        self._watch = subprocess.Popen(
            [sys.executable, "-B", __file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._unread = b""
        self._seen = []  # when one ended, and how long it was

    def longest_s(self, since):
        """The longest one that ended after `since` (monotonic, s); 0.0 when there was none."""
        time.sleep(2 * SLEEP_S)  # one that has just ended is not told yet
        while select.select([self._watch.stdout], [], [], 0)[0]:
            chunk = os.read(self._watch.stdout.fileno(), 65536)
            if not chunk:
                break  # it was killed: nothing is known any more
            *lines, self._unread = (self._unread + chunk).split(b"\n")
            self._seen += [tuple(float(word) for word in line.split()) for line in lines]
        return max((late for woke, late in self._seen if woke > since), default=0.0)

    def close(self):
        self._watch.stdin.close()
        self._watch.wait()
        self._watch.stdout.close()


if __name__ == "__main__":
    for one in os.sched_getaffinity(0):
        threading.Thread(target=watch, args=(one,), daemon=True).start()
    sys.stdin.read()
    os._exit(0)
