"""Carries every frame between two network devices, each so much later than it came.

    relay.py DEVICE DEVICE DELAY_MS

Says "relays" when it does. A frame keeps the kernel's note of what is still to be done to it
(its checksum, its division into segments), so nothing has to be turned off at the devices.
"""

import collections
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


def main(one, other, delay_ms):
    devices = [open_device(one), open_device(other)]
    print("relays", flush=True)
    waiting = collections.deque()  # (when due, device, frame): the delay is one, so in order
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for device in select.select(devices, [], [], patience)[0]:
            frame = device.recv(LONGEST)
            there = devices[device is devices[0]]
            waiting.append((time.monotonic() + float(delay_ms) / 1000, there, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, device, frame = waiting.popleft()
            try:
                device.send(frame)
            except OSError:
                continue  # a cable is pulled: as on a wire, it is lost


if __name__ == "__main__":
    main(*sys.argv[1:])
