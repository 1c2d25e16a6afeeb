# SPDX-License-Identifier: Apache-2.0
"""Models as small as an ONNX file can be, and TorchServe's archives, without any library.

The classifier takes pictures of 224 x 224, as TorchServe's image_classifier makes them, and its scores are the means of their
channels: so a picture is "red", "green" or "blue".
"""
import json
import zipfile

CLASSES = ("red", "green", "blue")
FLOAT, INT64, BOOL = 1, 7, 9  # of TensorProto.DataType


def varint(number):
    encoded = b""
    while number > 0x7f:
        encoded += bytes([number & 0x7f | 0x80])
        number >>= 7
    return encoded + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, *parts):
    data = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return varint(field << 3 | 2) + varint(len(data)) + data


def value_info(field, name, *sizes, kind=FLOAT):
    """A ValueInfoProto; a size that is a text is free."""
    dims = [message(1, number(1, size) if isinstance(size, int) else message(2, size)) for size in sizes]
    return message(field, message(1, name), message(2, message(1, number(1, kind), message(2, *dims))))


def node(kind, before, after, *attributes):
    inputs = [before] if isinstance(before, str) else before
    return message(1, *(message(1, each) for each in inputs), message(2, after), message(4, kind),
                   *(message(5, message(1, name), value, number(20, type)) for name, value, type in attributes))


def counting_loop():
    """A ModelProto that goes round as often as its input says, and gives it back."""
    body = message(6, node("Identity", "go", "go_on"), node("Identity", "state", "next"), message(2, "body"),
                   value_info(11, "i", kind=INT64), value_info(11, "go", kind=BOOL), value_info(11, "state", 1),
                   value_info(12, "go_on", kind=BOOL), value_info(12, "next", 1))
    graph = message(7, node("Cast", "x", "rounds", ("to", number(3, INT64), 2)),
                    node("Loop", ["rounds", "", "x"], "y", ("body", body, 5)), message(2, "rounds"),
                    value_info(11, "x", 1), value_info(12, "y", 1))
    return number(1, 8) + graph + message(8, number(2, 13))


def channel_means():
    """A ModelProto."""
    graph = message(7, node("GlobalAveragePool", "image", "means"), node("Flatten", "means", "scores"),
                    message(2, "channel_means"), value_info(11, "image", "n", 3, 224, 224),
                    value_info(12, "scores", "n", len(CLASSES)))
    return number(1, 8) + graph + message(8, number(2, 13))


def write_archive(file, name, version="1.0", handler="image_classifier", config=None):
    """What torch-model-archiver writes."""
    model = {"modelName": name, "modelVersion": version, "serializedFile": "model.onnx", "handler": handler}
    if config:
        model["configFile"] = "model-config.yaml"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python", "model": model}))
        archive.writestr("index_to_name.json", json.dumps({str(i): [f"n{i}", each] for i, each in enumerate(CLASSES)}))
        archive.writestr("model.onnx", channel_means())
        if config:
            archive.writestr("model-config.yaml", config)
