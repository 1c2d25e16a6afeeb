# SPDX-License-Identifier: Apache-2.0
"""Reads a case file (README.md has its form) and compares an answer with what the file expects."""
import base64
import gzip
import json
import math
import re
import struct
import zlib
from dataclasses import dataclass, field, replace

from raw_http import clip

HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(?: (.*))?")
NAMES = {"base64": base64, "gzip": gzip, "json": json, "struct": struct, "zlib": zlib}  # what an expression may use
COMPRESS = {"gzip": lambda body: gzip.compress(body, mtime=0), "deflate": zlib.compress}
DECOMPRESS = {"gzip": gzip.decompress, "deflate": zlib.decompress}


class BadCase(Exception):
    """The file is no case; the text says why."""


@dataclass
class Expected:
    text: str
    status: int
    headers: list = field(default_factory=list)  # (name, pattern); pattern None: the header must not come
    memory_bytes: int = None
    kind: str = "json"  # "json", "error", "body" or "empty"
    document: object = None
    tensors: bytes = b""  # behind the document
    pattern: str = None


@dataclass
class Case:
    request: bytes
    head_only: bool
    expected: Expected


def parse_case(text):
    lines = text.splitlines()
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    if "---" not in lines:
        raise BadCase("expected a line '---' between request and answer")
    split = lines.index("---")
    request = lines[:split]
    return Case(build_request(request), request[:1] != ["raw"] and request[0].startswith("HEAD "),
                parse_expected(lines[split + 1:]))


def evaluate(line, **names):
    expression = line[2:] if line.startswith("@ ") else None
    if expression is None:
        raise BadCase(f"expected '@ EXPRESSION', found {line!r}")
    return eval(expression, {**NAMES, **names})  # pylint: disable=eval-used; a case file is code of the tests


def as_bytes(value):
    return value.encode() if isinstance(value, str) else bytes(value)


def build_body(lines):
    """The bytes of a body, and how many of them are before the first expression."""
    first = next((i for i, line in enumerate(lines) if line.startswith("@ ")), len(lines))
    text = "\n".join(lines[:first]).encode()
    return text + b"".join(as_bytes(evaluate(line)) for line in lines[first:]), len(text)


def build_request(lines):
    if lines[:1] == ["raw"]:
        return build_body(lines[1:])[0]
    if not lines or len(lines[0].split(" ")) != 2:
        raise BadCase(f"expected 'METHOD TARGET', found {lines[:1]}")
    blank = lines.index("") if "" in lines else len(lines)
    body, json_bytes = build_body(lines[blank + 1:])
    headers, left_out = [], set()
    for line in lines[1:blank]:
        found = HEADER.fullmatch(line)
        if line[:2] == "> ":
            if line[2:] not in COMPRESS:
                raise BadCase(f"expected '> gzip' or '> deflate', found {line!r}")
            headers.append(("Content-Encoding", line[2:]))
            body = COMPRESS[line[2:]](body)
        elif line.startswith("!"):
            left_out.add(line[1:].lower())
        elif not found:
            raise BadCase(f"expected a header, found {line!r}")
        else:
            name, value = found.group(1), found.group(2) or ""
            if value.startswith("@ "):
                value = evaluate(value, json_bytes=json_bytes, body_bytes=len(body))
            headers.append((name, str(value)))
    given = left_out | {name.lower() for name, _ in headers}
    if "host" not in given:
        headers.insert(0, ("Host", "test"))
    if "content-length" not in given and (body or lines[0].startswith("POST ")):
        headers.append(("Content-Length", str(len(body))))
    head = [lines[0] + " HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def parse_expected(lines):
    expected = Expected("\n".join(lines), int(lines.pop(0)))
    while lines:
        line = lines[0]
        if found := re.fullmatch(r"memory < (\d+) MiB", line):
            expected.memory_bytes = int(found.group(1)) << 20
        elif line.startswith("!"):
            expected.headers.append((line[1:], None))
        elif found := HEADER.fullmatch(line):
            expected.headers.append((found.group(1), found.group(2)))
        else:
            break
        lines.pop(0)
    parse_expected_body(lines, expected)
    return expected


def parse_expected_body(lines, expected):
    if lines == ["empty"]:
        expected.kind = "empty"
    elif len(lines) == 1 and (found := re.fullmatch(r"(error|body) ~ (.+)", lines[0])):
        expected.kind, expected.pattern = found.groups()
    elif lines and lines[0][:1] in "{[":
        first = next((i for i, line in enumerate(lines) if line.startswith("@ ")), len(lines))
        expected.document = load_json("\n".join(lines[:first]))
        expected.tensors = b"".join(as_bytes(evaluate(line)) for line in lines[first:])
    else:
        raise BadCase(f"expected JSON, 'error ~ PATTERN', 'body ~ PATTERN' or 'empty', found {lines}")


def load_json(text):
    """A document in which no key comes twice."""
    def members(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError(f"a key comes twice in {pairs}")
        return dict(pairs)
    return json.loads(text, object_pairs_hook=members, parse_int=lambda text: -0.0 if text == "-0" else int(text))


def same(left, right):
    """Equal in kind and value; one NaN is like another, 0.0 is not like -0.0, 1.0 is like 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        if left != left or right != right:
            return left != left and right != right
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def problems(expected, answer):
    """What is wrong with an answer, in lines for a person; nothing if it is as expected."""
    found = []
    if coding := answer.header("Content-Encoding"):
        try:
            answer = replace(answer, body=DECOMPRESS[coding](answer.body))
        except (KeyError, OSError, EOFError, zlib.error) as e:
            return [f"body: expected it to be {coding}, got {clip(answer.body)} ({e!r})"]
    if answer.status != expected.status:
        found.append(f"status: expected {expected.status}, got {answer.status}")
    for name, pattern in expected.headers:
        value = answer.header(name)
        if pattern is None and value is not None:
            found.append(f"header {name}: expected none, got {value!r}")
        elif pattern is not None and (value is None or not re.fullmatch(pattern, value)):
            found.append(f"header {name}: expected {pattern!r}, got {value!r}")
    return found + BODY_PROBLEMS[expected.kind](expected, answer)


def empty_problems(_, answer):
    return [f"body: expected none, got {clip(answer.body)}"] if answer.body else []


def body_problems(expected, answer):
    text = answer.body.decode("utf-8", "replace")
    return [] if re.search(expected.pattern, text, re.DOTALL) else [f"body: expected {expected.pattern!r}"]


def error_problems(expected, answer):
    try:
        document = load_json(answer.body.decode())
    except ValueError as e:
        return [f"body: expected JSON, got {clip(answer.body)} ({e})"]
    if not isinstance(document, dict) or list(document) != ["error"] or not isinstance(document["error"], str):
        return [f"body: expected {{\"error\": text}}, got {clip(answer.body)}"]
    found = [] if answer.header("Content-Type") == "application/json" else ["Content-Type: expected application/json"]
    if not re.search(expected.pattern, document["error"], re.DOTALL):
        found.append(f"error: expected {expected.pattern!r}, got {document['error']!r}")
    return found


def json_problems(expected, answer):
    """Tensors lie behind the document, and a header tells where it ends: both or neither."""
    length = answer.header("Inference-Header-Content-Length")
    if (length is not None) != bool(expected.tensors):
        return [f"Inference-Header-Content-Length: got {length}, expected {len(expected.tensors)} bytes of tensors"]
    end = len(answer.body) if length is None else int(length)
    found = []
    try:
        document = load_json(answer.body[:end].decode())
        if not same(document, expected.document):
            found.append(f"document: expected {json.dumps(expected.document)}, got {clip(answer.body[:end])}")
    except ValueError as e:
        found.append(f"document: {e}: {clip(answer.body[:end])}")
    if answer.body[end:] != expected.tensors:
        found.append(f"tensors: expected {expected.tensors!r}, got {answer.body[end:]!r}")
    return found


BODY_PROBLEMS = {"empty": empty_problems, "body": body_problems, "error": error_problems, "json": json_problems}
