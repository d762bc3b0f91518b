"""A relay before a server that keeps what its clients said: one file a connection."""

import pathlib
import socket
import threading

from conftest import PATIENCE_S


class Recorder:
    """Listens on a port of its own (`target`); what a connection says ends up in `folder`/N."""

    def __init__(self, server, folder):
        host, port = server.rsplit(":", 1)
        self._server = (host, int(port))
        self._folder = pathlib.Path(folder)
        self._listener = socket.create_server((host, 0))
        self._relays = []
        self.target = f"{host}:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed by files()
            try:
                server = socket.create_connection(self._server)
            except OSError:
                client.close()  # as the server would
                continue
            path = self._folder / str(len(self._relays))
            relay = threading.Thread(target=self._relay, args=(client, server, path), daemon=True)
            back = threading.Thread(target=pass_on, args=(server, client), daemon=True)
            self._relays.append(relay)
            relay.start()
            back.start()

    @staticmethod
    def _relay(client, server, path):
        with open(path, "wb") as record:
            pass_on(client, server, record)

    def files(self):
        """What was said, once every client has gone."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        for relay in self._relays:
            relay.join(PATIENCE_S)
            assert not relay.is_alive(), "a client has not gone"
        return [self._folder / str(i) for i in range(len(self._relays))]


def pass_on(source, sink, record=None):
    """All bytes of one direction, until either end is closed."""
    try:
        while chunk := source.recv(65536):
            if record:
                record.write(chunk)
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of them is gone, and what it had said is kept
