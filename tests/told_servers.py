"""Servers that say what a test has them say: to hold loadgen against what greeters never do."""

import json
import socket
import threading

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def target_of(listening):
    return "127.0.0.1:{}".format(listening.getsockname()[1])


def serve(listening, speak):
    """Calls speak(connection, peer) for each, in a thread."""

    def accept():
        while True:
            try:
                connection, peer = listening.accept()
                speak(connection, peer)
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()


class ToldServers:
    """serve(function) makes a server that calls function(socket) for each connection."""

    def __init__(self):
        self.listeners = []

    def serve(self, function):
        """Returns where it listens. A connection stays until loadgen closes it."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.listeners.append(listening)

        def speak(connection):
            try:
                function(connection)
                while connection.recv(65536):
                    pass
            except OSError:
                pass  # loadgen has closed it

        def begin(connection, _):
            threading.Thread(target=speak, args=(connection,), daemon=True).start()

        serve(listening, begin)
        return target_of(listening)

    def close(self):
        for listening in self.listeners:
            listening.close()


def report_of(result):
    """loadgen's report, of a run that came to its end."""
    return json.loads(result.stdout.splitlines()[-1])
