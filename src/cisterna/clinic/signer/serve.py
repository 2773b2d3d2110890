"""The signer's socket: for this user and those who are named, one line asked, one line answered.

A clinic's server that runs as another user cannot read the key or the people; it can only ask. The
kernel says who asks; the rights of the file keep the others from asking at all.
"""

import os
import socket
import socketserver
import struct
from collections.abc import Collection
from pathlib import Path

from cisterna.clinic.signer.desk import MOST_BYTES, Desk

IDLE_S = 30.0


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A desk behind a socket file that its owner can open, and its group where others are named."""

    daemon_threads = True

    def __init__(self, path: Path, desk: Desk, others: Collection[int] = ()) -> None:
        """Listen; `others` are ids of users who may ask too. Raises `OSError` without a socket."""
        self.desk = desk
        self.heard = frozenset({os.geteuid(), *others})
        path.unlink(missing_ok=True)
        before = os.umask(0o117 if others else 0o177)
        try:
            super().__init__(str(path), _Talk)
        finally:
            os.umask(before)

    def verify_request(self, request: object, client_address: object) -> bool:
        """Only processes of these users are heard, whatever the file's rights became."""
        if not isinstance(request, socket.socket):
            return False
        size = struct.calcsize("3i")
        found = request.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return struct.unpack("3i", found)[1] in self.heard


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
