"""The signer's socket: for this user alone, one line asked, one line answered."""

import os
import socket
import socketserver
import struct
from pathlib import Path

from cisterna.clinic.signer.desk import MOST_BYTES, Desk

IDLE_S = 30.0


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A desk behind a socket file that its owner alone can open."""

    daemon_threads = True

    def __init__(self, path: Path, desk: Desk) -> None:
        """Listen. Raises `OSError` where the socket cannot be made."""
        self.desk = desk
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            super().__init__(str(path), _Talk)
        finally:
            os.umask(before)

    def verify_request(self, request: object, client_address: object) -> bool:
        """Only processes of this user are heard, whatever the file's rights became."""
        if not isinstance(request, socket.socket):
            return False
        size = struct.calcsize("3i")
        found = request.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return bool(struct.unpack("3i", found)[1] == os.geteuid())


class _Talk(socketserver.StreamRequestHandler):
    timeout = IDLE_S

    def handle(self) -> None:
        """Answer line after line until the peer is silent or says too much."""
        server = self.server
        if not isinstance(server, Server):
            return
        try:
            while asked := self.rfile.readline(MOST_BYTES + 2):
                self.wfile.write(server.desk.answer(asked.rstrip(b"\n")) + b"\n")
                if not asked.endswith(b"\n"):
                    return
        except OSError:
            return
