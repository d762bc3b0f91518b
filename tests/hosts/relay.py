"""Carries frames between two network devices, each so much later than it came, and loses some.

    relay.py DEVICE DEVICE DELAY_MS LOSE_EVERY

Says "relays" when it does. Of LOSE_EVERY frames the last is lost; of 0 none. A frame keeps the
kernel's note of what is still to be done to it (its checksum, its division into segments), so
nothing has to be turned off at the devices.
"""

import collections
import contextlib
import itertools
import select
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
LONGEST = 10 + 65_536 + 64  # the note, a frame before its division, what is around it


def open_device(name):
    device = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    device.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    device.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    device.bind((name, ETH_P_ALL))
    return device


def receive(device):
    """A frame; none from a device whose cable was just pulled, which says so once."""
    try:
        return device.recv(LONGEST)
    except OSError:
        return b""


def send(device, frame):
    with contextlib.suppress(OSError):  # as on a wire: where there is no cable it is lost
        device.send(frame)


def main(one, other, delay_ms, lose_every):
    devices = [open_device(one), open_device(other)]
    print("relays", flush=True)
    delay_s = float(delay_ms) / 1000
    numbers = itertools.cycle(range(1, int(lose_every) + 1) or [-1])
    waiting = collections.deque()  # (when due, device, frame): the delay is one, so in order
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for device in select.select(devices, [], [], patience)[0]:
            frame = receive(device)
            if frame and next(numbers) != int(lose_every):
                there = devices[device is devices[0]]
                waiting.append((time.monotonic() + delay_s, there, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            send(*waiting.popleft()[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
