"""A kernel that refuses one system call, to one program alone: for Popen's preexec_fn."""

import ctypes
import errno
import platform
import struct

IO_URING_SETUP = 425
EPOLL_CTL = {"x86_64": 233}.get(platform.machine(), 21)
LOAD_WORD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, GIVE = 0x20, 0x15, 0x35, 0x06
REFUSE, ALLOW = 0x50000, 0x7FFF0000
NUMBER, SECOND_ARGUMENT, THIRD_ARGUMENT = 0, 24, 32  # places in what a filter is shown


class Refuse:
    """A seccomp filter (man 2 seccomp): each step loads a word and jumps; all must hold."""

    def __init__(self, error, *steps):
        code = []
        for place, compare, value in steps:
            left = 2 * (len(steps) - len(code) // 2 - 1) + 1  # words up to the last, which allows
            code += [(LOAD_WORD, 0, 0, place), (compare, 0, left, value)]
        self.code = [*code, (GIVE, 0, 0, REFUSE | error), (GIVE, 0, 0, ALLOW)]

    def __call__(self):
        words = b"".join(struct.pack("HBBI", *word) for word in self.code)
        program = ctypes.create_string_buffer(words)
        fprog = struct.pack("HxxxxxxP", len(self.code), ctypes.addressof(program))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
        assert libc.prctl(22, 2, fprog, 0, 0) == 0  # a filter


def no_ring():
    """Without io_uring, as many containers are."""
    return Refuse(errno.EPERM, (NUMBER, JUMP_IF_EQUAL, IO_URING_SETUP))


def no_watch_from(descriptor):
    """No epoll set takes in a descriptor of that number or above: as if that were all that
    fs.epoll.max_user_watches leaves, which is the whole machine's and not to be touched."""
    return Refuse(
        errno.ENOSPC,
        (NUMBER, JUMP_IF_EQUAL, EPOLL_CTL),
        (SECOND_ARGUMENT, JUMP_IF_EQUAL, 1),  # EPOLL_CTL_ADD
        (THIRD_ARGUMENT, JUMP_IF_AT_LEAST, descriptor),
    )
