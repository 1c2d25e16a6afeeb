# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as the server puts it on the wire: bytes are sent as they are given, answers are read strictly.

A client library would mend, retry or hide what the tests are about.
"""
import json
import re
import socket
import struct
import threading
from dataclasses import dataclass, field

# Long enough for a machine that is busy with other things; nothing is slow on purpose.
TIMEOUT_SECONDS = 60


class BadAnswer(Exception):
    """What came is no HTTP answer; the text says why."""


class NoAnswer(BadAnswer):
    """The connection ended before a first byte."""


@dataclass
class Answer:
    status: int
    headers: list = field(default_factory=list)  # (name, value), in their order
    body: bytes = b""

    def header(self, name):
        """The value of a header that comes at most once; None if it does not come."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        if len(values) > 1:
            raise BadAnswer(f"header {name} comes {len(values)} times: {values}")
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    def error(self):
        """The text of an error answer."""
        document = self.json()
        if not isinstance(document, dict) or list(document) != ["error"] or not isinstance(document["error"], str):
            raise BadAnswer(f"expected {{\"error\": text}}, got {self.body[:300]}")
        return document["error"]

    def __str__(self):
        lines = [str(self.status)] + [f"{name}: {value}" for name, value in self.headers]
        return "\n".join(lines) + "\n\n" + clip(self.body)


def clip(data, most=2000):
    """Bytes for a person: text where it is text, and not too much of it."""
    shown = bytes(data[:most])
    text = shown.decode() if shown.isascii() and shown.decode().replace("\n", "").replace("\r", "").isprintable() \
        else repr(shown)
    return text + (f" ... ({len(data)} bytes)" if len(data) > most else "")


def message(method, target, body=b"", headers=()):
    """A request with the headers that every request needs."""
    lines = [f"{method} {target} HTTP/1.1", "Host: test"]
    lines += [f"{name}: {value}" for name, value in dict(headers).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def infer_body(*inputs, **more):
    """The JSON of an infer request, from (name, datatype, shape, data)."""
    keys = ("name", "datatype", "shape", "data")
    return json.dumps({"inputs": [dict(zip(keys, each)) for each in inputs], **more}).encode()


class Connection:
    """A connection to a port of this machine; what is received stays until it is read as an answer."""

    def __init__(self, port, timeout=TIMEOUT_SECONDS, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Breaks the connection off instead of ending it."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_aside(self, data):
        """Sends while the answer is read: a server may answer, and stop reading, before all has come."""
        def send():
            try:
                self.socket.sendall(data)
            except OSError:
                pass  # the answer says why
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        return sender

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def ask(self, method, target, body=b"", headers=()):
        self.send(message(method, target, body, headers))
        return self.read_answer(head_only=method == "HEAD")

    def infer(self, model, *inputs, **more):
        return self.ask("POST", f"/v2/models/{model}/infer", infer_body(*inputs, **more))

    def read_answer(self, head_only=False):
        answer = self._read_head()
        if head_only or answer.status in (204, 304) or answer.status < 200:
            return answer
        length, coding = answer.header("Content-Length"), answer.header("Transfer-Encoding")
        if (length is None) == (coding is None):
            raise BadAnswer(f"expected either Content-Length or Transfer-Encoding, got\n{answer}")
        answer.body = self._take(int(length)) if coding is None else self._read_chunks(coding)
        return answer

    def at_end(self):
        """Waits for the server to close; False if it sends something instead."""
        try:
            return not self.unread and not self.socket.recv(1)
        except ConnectionResetError:
            return True

    def _receive(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            raise BadAnswer(f"the connection ended after {clip(self.unread)!r}") if self.unread else NoAnswer("nothing")
        self.unread += data

    def _take(self, count):
        parts, missing = [], count
        while missing > len(self.unread):
            parts.append(self.unread)
            missing -= len(self.unread)
            self.unread = b""
            self._receive()
        parts.append(self.unread[:missing])
        self.unread = self.unread[missing:]
        return b"".join(parts)

    def _take_line(self):
        while b"\r\n" not in self.unread:
            self._receive()
        line, self.unread = self.unread.split(b"\r\n", 1)
        return line.decode("latin-1")

    def _read_head(self):
        status = self._take_line()
        found = re.fullmatch(r"HTTP/1\.1 (\d{3}) [ -~]*", status)
        if not found:
            raise BadAnswer(f"status line: {status!r}")
        answer = Answer(int(found.group(1)))
        while line := self._take_line():
            header = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([ -~\x80-\xff]*)", line)
            if not header:
                raise BadAnswer(f"header line: {line!r}")
            answer.headers.append(header.groups())
        return answer

    def read_head(self):
        """The beginning of an answer that is then read by read_chunk()."""
        return self._read_head()

    def read_chunk(self):
        """The next chunk of a body; b"" at its end."""
        size = int(self._take_line(), 16)
        chunk = self._take(size)
        if self._take_line():
            raise BadAnswer("a chunk is longer than its size" if size else "trailers, which nobody asked for")
        return chunk

    def _read_chunks(self, coding):
        if coding != "chunked":
            raise BadAnswer(f"Transfer-Encoding: {coding}")
        body = b""
        while chunk := self.read_chunk():
            body += chunk
        return body
