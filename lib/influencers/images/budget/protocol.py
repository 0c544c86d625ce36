"""How budget server and clients talk: short JSON messages, and who may talk at all.

A message is four bytes of length (big-endian) and a JSON object. Both sides prove that they know
the secret by an HMAC-SHA256 over both nonces before anything else is said (RFC 2104); the secret
itself never travels. What follows is neither encrypted nor signed: it holds host names and counts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import socket
import struct
from typing import Any

Message = dict[str, Any]

MAX_BYTES = 1 << 20
_LENGTH = struct.Struct(">I")


class WireError(Exception):
    """The other side does not speak this protocol, or ended it."""


class SecretError(Exception):
    """The two sides do not share the secret."""


def frame(message: Message) -> bytes:
    """A message as it travels."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


class Inbox:
    """Puts messages together from what a socket hands over."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages completed by `data`.

        Raises:
            WireError: a message too long, or no JSON object.
        """
        buffer = self._buffer
        buffer += data
        messages: list[Message] = []
        at = 0
        while len(buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, at)
            if length > self.max_bytes:
                raise WireError(f"a message of {length} bytes")
            end = at + _LENGTH.size + length
            if len(buffer) < end:
                break
            messages.append(_parsed(bytes(buffer[at + _LENGTH.size : end])))
            at = end
        del buffer[:at]
        return messages


def _parsed(body: bytes) -> Message:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("not JSON") from None
    if not isinstance(message, dict):
        raise WireError("not a JSON object")
    return message


def nonce() -> str:
    """What makes a proof good for one connection only."""
    return secrets.token_hex(32)


def proof(secret: bytes, side: str, server_nonce: str, client_nonce: str) -> str:
    """What only a holder of the secret can say; `side` keeps one from echoing the other."""
    text = f"{side}\n{server_nonce}\n{client_nonce}".encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


def proves(
    message: Message, secret: bytes, side: str, server_nonce: str, client_nonce: str
) -> bool:
    """Whether a message carries that proof."""
    wanted = proof(secret, side, server_nonce, client_nonce)
    return hmac.compare_digest(str(message.get("proof")).encode(), wanted.encode())


def greet(connection: socket.socket, secret: bytes) -> Message:
    """The client's half of the introduction; the server's welcome.

    Raises:
        SecretError: the server refused the proof, or could give none itself.
        WireError, OSError: something else listens there, or nothing.
    """
    inbox = Inbox()
    server_nonce = str(_receive(connection, inbox).get("nonce"))
    client_nonce = nonce()
    said = proof(secret, "client", server_nonce, client_nonce)
    connection.sendall(frame({"nonce": client_nonce, "proof": said}))
    welcome = _receive(connection, inbox)
    if not proves(welcome, secret, "server", server_nonce, client_nonce):
        raise SecretError
    return welcome


def _receive(connection: socket.socket, inbox: Inbox) -> Message:
    """The next message; only while the two take turns, when no second one can follow."""
    while True:
        data = connection.recv(4096)
        if not data:
            raise WireError("the connection was closed")
        messages = inbox.feed(data)
        if messages:
            return messages[0]
