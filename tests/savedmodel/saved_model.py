# SPDX-License-Identifier: Apache-2.0
"""Writes SavedModels without TensorFlow: graphs, functions, signatures and variables, as TF 1 and TF 2 lay them out.

Messages are written by field number, as in TensorFlow's .proto files (tensorflow/core/framework and core/protobuf).
"""
import struct
from pathlib import Path

import numpy as np

TYPES = {"float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "object": 7, "int64": 9, "bool": 10}
RESOURCE = 20


# --- messages ---------------------------------------------------------------------------------------------------------

def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def fixed32(field, bits):
    return varint(field << 3 | 5) + struct.pack("<I", bits)


def entry(field, key, value):
    return data(field, data(1, key) + data(2, value))


def type_of(array):
    return TYPES[np.asarray(array).dtype.name]


def shape(dims):
    if dims is None:
        return number(3, 1)
    return b"".join(data(2, number(1, dim)) for dim in dims)


def tensor(value):
    """A TensorProto. Lists of texts are of bytes or str."""
    array = np.asarray(value)
    if array.dtype.kind in "USO":
        texts = b"".join(data(8, text if isinstance(text, (bytes, str)) else bytes(text)) for text in array.ravel())
        return number(1, 7) + data(2, shape(array.shape)) + texts
    return number(1, type_of(array)) + data(2, shape(array.shape)) + data(4, array.tobytes())


# --- attributes -------------------------------------------------------------------------------------------------------

class Type(int):
    """A DataType."""


class Shape(tuple):
    """A TensorShapeProto."""


class Function(str):
    """A function's name."""


class Tensor:
    def __init__(self, value):
        self.value = value


def attribute(value):
    """An AttrValue."""
    if isinstance(value, Function):
        return data(10, data(1, value))
    if isinstance(value, Type):
        return number(6, value)
    if isinstance(value, Shape):
        return data(7, shape(value))
    if isinstance(value, Tensor):
        return data(8, tensor(value.value))
    if isinstance(value, bool):
        return number(5, int(value))
    if isinstance(value, int):
        return number(3, value)
    if isinstance(value, float):
        return varint(4 << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, (str, bytes)):
        return data(2, value)
    if isinstance(value, list):
        return data(1, b"".join(list_item(item) for item in value))
    raise TypeError(f"no attribute is written from {value!r}")


def list_item(item):
    if isinstance(item, Type):
        return number(6, item)
    if isinstance(item, Shape):
        return data(7, shape(item))
    if isinstance(item, int):
        return number(3, item)
    return data(2, item)


def node(name, op, inputs=(), **attributes):
    """A NodeDef."""
    out = data(1, name) + data(2, op)
    out += b"".join(data(3, each) for each in inputs)
    return out + b"".join(entry(5, key, attribute(value)) for key, value in attributes.items())


def const(name, value):
    array = np.asarray(value)
    kind = 7 if array.dtype.kind in "USO" else type_of(array)
    return node(name, "Const", dtype=Type(kind), value=Tensor(value))


def placeholder(name, dtype, dims):
    kind = TYPES[np.dtype(dtype).name]
    return node(name, "Placeholder", dtype=Type(kind), **({} if dims is None else {"shape": Shape(dims)}))


def function(name, arguments, results, nodes):
    """A FunctionDef: arguments are (name, type) pairs, results maps the name of each to a tensor of the body."""
    signature = data(1, name)
    signature += b"".join(data(2, data(1, each) + number(3, kind)) for each, kind in arguments)
    signature += b"".join(data(3, data(1, each) + number(3, 1)) for each in results)
    body = b"".join(data(3, each) for each in nodes)
    return data(1, signature) + body + b"".join(entry(4, key, value) for key, value in results.items())


def tensor_info(name, kind, dims):
    return data(1, name) + number(2, kind) + data(3, shape(dims))


def signature(inputs, outputs, method="tensorflow/serving/predict"):
    """A SignatureDef: inputs and outputs map keys to (tensor, DataType, dims)."""
    out = b"".join(entry(1, key, tensor_info(*info)) for key, info in inputs.items())
    out += b"".join(entry(2, key, tensor_info(*info)) for key, info in outputs.items())
    return out + data(3, method)


def meta_graph(nodes, signatures, functions=(), tags=("serve",), restore_op=None):
    info = b"".join(data(4, tag) for tag in tags) + data(5, "0.0.0-written")
    library = b"".join(data(1, each) for each in functions)
    graph = b"".join(data(1, each) for each in nodes) + (data(2, library) if functions else b"")
    out = data(1, info) + data(2, graph)
    if restore_op:
        out += data(3, data(3, restore_op) + number(7, 2))
    return out + b"".join(entry(5, key, value) for key, value in signatures.items())


def saved_model(*graphs):
    return number(1, 1) + b"".join(data(2, graph) for graph in graphs)


# --- variables --------------------------------------------------------------------------------------------------------

CRC_TABLE = []
for index in range(256):
    crc = index
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    CRC_TABLE.append(crc)


CRC_ARRAY = np.array(CRC_TABLE, np.uint32)


def step(crc, bytes_):
    """The register behind one more byte each, of many at once."""
    return CRC_ARRAY[(crc ^ bytes_) & 255] ^ crc >> 8


def crc32c_of_many(bytes_, lanes=4096):
    """The same for a great many bytes: pieces are worked out beside one another, and put together."""
    length = len(bytes_) // lanes
    pieces = np.frombuffer(bytes_, np.uint8, lanes * length).reshape(lanes, length)
    crcs = np.zeros(lanes, np.uint32)
    crcs[0] = 0xFFFFFFFF
    # What a register becomes behind as many zeros, by each of its bytes.
    behind = np.arange(256, dtype=np.uint32) << (np.arange(4, dtype=np.uint32) * 8)[:, None]
    for i in range(length):
        crcs, behind = step(crcs, pieces[:, i]), step(behind, 0)
    behind, crc = behind.tolist(), 0
    for piece in crcs.tolist():
        crc = piece ^ behind[0][crc & 255] ^ behind[1][crc >> 8 & 255] ^ behind[2][crc >> 16 & 255] ^ behind[3][crc >> 24]
    return crc32c(bytes_[lanes * length:], crc ^ 0xFFFFFFFF)


def crc32c(bytes_, crc=0):
    if len(bytes_) > 1 << 20 and crc == 0:
        return crc32c_of_many(bytes_)
    crc ^= 0xFFFFFFFF
    for byte in bytes_:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def block(entries):
    """A block of a table in LevelDB's format, with one restart, so that keys share what they begin with."""
    out, last = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(last)) and key[shared] == last[shared]:
            shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return out + struct.pack("<II", 0, 1)


def snappy(bytes_):
    """What Snappy reads, of nothing but literals."""
    out = varint(len(bytes_))
    for at in range(0, len(bytes_), 60):
        part = bytes_[at:at + 60]
        out += bytes([len(part) - 1 << 2]) + part
    return out


def table(entries, compressed=False):
    entries = sorted(entries)
    out, handles = b"", []
    for at in range(0, len(entries), 4):  # four a block, so that there are several
        part = entries[at:at + 4]
        stored = snappy(block(part)) if compressed else block(part)
        kind = bytes([1 if compressed else 0])
        handles.append((part[-1][0] + b"~" if part[-1][0] else b"", varint(len(out)) + varint(len(stored))))
        out += stored + kind + struct.pack("<I", masked(crc32c(stored + kind)))
    footer = b""
    for stored in (block([]), block(handles)):
        footer += varint(len(out)) + varint(len(stored))
        out += stored + b"\0" + struct.pack("<I", masked(crc32c(stored + b"\0")))
    return out + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def text_bytes(texts):
    """Elements of texts in a data file, and the CRC of its entry."""
    lengths = b"".join(struct.pack("<I", len(text)) for text in texts)
    check = struct.pack("<I", masked(crc32c(lengths)))
    rest = check + b"".join(texts)
    return b"".join(varint(len(text)) for text in texts) + rest, crc32c(rest, crc32c(lengths))


def bundle_entry(array, shard, offset, size, crc, slices=()):
    kind = 7 if array.dtype.kind in "OS" else type_of(array)
    out = number(1, kind) + data(2, shape(array.shape)) + number(3, shard) + number(4, offset) + number(5, size)
    return out + fixed32(6, masked(crc)) + b"".join(data(7, each) for each in slices)


def write_variables(folder, variables, shards=1, compressed=False, more=()):
    """Writes variables.index and its data files. `more` are entries of the index as they are."""
    folder = Path(folder) / "variables"
    folder.mkdir(parents=True, exist_ok=True)
    contents = [b""] * shards
    entries = [(b"", number(1, shards))] + list(more)
    for i, (key, value) in enumerate(sorted(variables.items())):
        array = np.asarray(value)
        if array.dtype.kind in "OS":
            bytes_, crc = text_bytes([bytes(text) for text in array.ravel()])
        else:
            bytes_ = array.tobytes()
            crc = crc32c(bytes_)
        shard = i % shards
        entries.append((key.encode(), bundle_entry(array, shard, len(contents[shard]), len(bytes_), crc)))
        contents[shard] += bytes_
    (folder / "variables.index").write_bytes(table(entries, compressed))
    for shard, bytes_ in enumerate(contents):
        (folder / f"variables.data-{shard:05}-of-{shards:05}").write_bytes(bytes_)


def write(folder, model, variables=None, **how):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "saved_model.pb").write_bytes(model)
    if variables:
        write_variables(folder, variables, **how)
    return folder
