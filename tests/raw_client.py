"""An HTTP/2 client of frames made by hand: it says whatever a test wants said."""

import socket
import struct

from conftest import PATIENCE_S

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = range(5)
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(6, 10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, SETTINGS_TIMEOUT = 0, 1, 2, 4
REFUSED_STREAM, ENHANCE_YOUR_CALM = 7, 11
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload


def literal(name, value):
    """One header field without indexing, no Huffman code."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


HEAD = b"".join(
    literal(name, value)
    for name, value in (
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", b"/helloworld.Greeter/SayHello"),
        (b":authority", b"x"),
        (b"content-type", b"application/grpc"),
        (b"te", b"trailers"),
    )
)


def literal_status(code):
    """A block with that :status alone, as a server says it that fills no table (RFC 7541)."""
    return b"\x08\x03" + str(code).encode()  # its name is the static table's eighth


def request(stream, message=b"\x0a\x05world"):
    body = b"\x00" + len(message).to_bytes(4, "big") + message
    parts = [body[at : at + 16_384] for at in range(0, len(body), 16_384)]
    return frame(HEADERS, END_HEADERS, stream, HEAD) + b"".join(
        frame(DATA, END_STREAM if part is parts[-1] else 0, stream, part) for part in parts
    )


def varint(value):
    """As protobuf writes a length."""
    encoded = b""
    while value > 127:
        encoded += bytes([value % 128 + 128])
        value //= 128
    return encoded + bytes([value])


def setting(identifier, value):
    return struct.pack(">HI", identifier, value)


class RawClient:
    """A raw connection. It greets unless told not to."""

    def __init__(self, target, greeting=PREFACE + frame(SETTINGS, 0, 0), receive_buffer=None):
        host, port = target.rsplit(":", 1)
        self.socket = socket.socket()
        if receive_buffer:  # before the kernel promises the server a window
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect((host, int(port)))
        self.unread = b""
        self.send(greeting)

    def send(self, data):
        """False when the server has closed its side already."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def frames(self):
        """Every frame until the server closes, as (kind, flags, stream, payload)."""
        while True:
            while len(self.unread) >= 9:
                size = int.from_bytes(self.unread[:3], "big")
                if len(self.unread) < 9 + size:
                    break
                head, payload = self.unread[:9], self.unread[9 : 9 + size]
                self.unread = self.unread[9 + size :]
                yield head[3], head[4], int.from_bytes(head[5:9], "big"), payload
            if not (chunk := self.read()):
                return
            self.unread += chunk

    def read(self):
        """Some bytes; none when the connection has ended."""
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""

    def await_settings(self):
        """Returns once the server has greeted."""
        next(frame for frame in self.frames() if frame[0] == SETTINGS)

    def await_end(self, stream):
        """The header block with which the server ends its side of that stream."""
        return next(
            payload
            for kind, flags, ended, payload in self.frames()
            if kind == HEADERS and ended == stream and flags & END_STREAM
        )

    def goaway(self):
        """The error code of the GOAWAY that ends this connection; None when there is none."""
        code = None
        for kind, _, _, payload in self.frames():
            if kind == GOAWAY:
                code = int.from_bytes(payload[4:8], "big")
        return code

    def goaway_within(self, patience_s):
        """The error code of the next GOAWAY; None when it ends without, or "still open"."""
        self.socket.settimeout(patience_s)
        try:
            for kind, _, _, payload in self.frames():
                if kind == GOAWAY:
                    return int.from_bytes(payload[4:8], "big")
        except TimeoutError:
            return "still open"
        finally:
            self.socket.settimeout(PATIENCE_S)
        return None

    def close(self):
        self.socket.close()
