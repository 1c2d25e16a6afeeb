#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends a model zeros over gRPC and shows what comes back.

    examples/grpc_infer.py --url 127.0.0.1:8001 --model add
    TRIREME_API_KEY=... examples/grpc_infer.py --url 127.0.0.1:8001 --ca cert.pem --model add

Needs Debian's python3-grpcio and nothing else: the server itself says, by reflection, what its messages look like. Free
dimensions are taken as 1.
"""
import argparse
import math
import os
import struct
import sys
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

SERVICE = "inference.GRPCInferenceService"
# As Python's struct has them; BF16 are the upper half of an FP32, and BYTES have their lengths with them.
TYPES = {"BOOL": "?", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "UINT8": "B", "UINT16": "H", "UINT32": "I",
         "UINT64": "Q", "FP16": "e", "BF16": "H", "FP32": "f", "FP64": "d"}

# As much of grpc.reflection.v1 as it takes to ask for the files of a service.
REFLECTION = """
name: "as_much_of_reflection.proto" syntax: "proto3"
message_type { name: "Request" field { name: "symbol" number: 4 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "Files" field { name: "file" number: 1 type: TYPE_BYTES label: LABEL_REPEATED } }
message_type {
  name: "Answer" field { name: "files" number: 4 type: TYPE_MESSAGE type_name: ".Files" label: LABEL_OPTIONAL }
}
"""


class Messages:
    """Classes of messages, by their names, from files that may come in any order."""

    def __init__(self, *files):
        self.pool = descriptor_pool.DescriptorPool()
        missing = {file.name: file for file in files}
        while missing:
            file = next(file for file in missing.values() if not any(name in missing for name in file.dependency))
            self.pool.Add(missing.pop(file.name))

    def get(self, name):
        return message_factory.MessageFactory(self.pool).GetPrototype(self.pool.FindMessageTypeByName(name))


def ask_for_messages(channel, metadata):
    """The messages of the service, as the server describes them."""
    reflection = Messages(text_format.Parse(REFLECTION, descriptor_pb2.FileDescriptorProto()))
    ask = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                reflection.get("Request").SerializeToString, reflection.get("Answer").FromString)
    answer = next(ask(iter([reflection.get("Request")(symbol=SERVICE)]), timeout=10, metadata=metadata))
    return Messages(*map(descriptor_pb2.FileDescriptorProto.FromString, answer.files.file))


class Client:
    def __init__(self, channel, metadata=()):
        self.channel = channel
        self.metadata = metadata
        self.messages = ask_for_messages(channel, metadata)

    def message(self, name):
        return self.messages.get("inference." + name)

    def call(self, method, request):
        call = self.channel.unary_unary(f"/{SERVICE}/{method}", type(request).SerializeToString,
                                        self.message(method + "Response").FromString)
        return call(request, timeout=10, metadata=self.metadata)


def zeros(tensor):
    """A tensor's bytes, all zero, and its shape."""
    shape = [size if size > 0 else 1 for size in tensor.shape]
    bytes_each = 4 if tensor.datatype == "BYTES" else struct.calcsize(TYPES[tensor.datatype])  # strings of no bytes
    return shape, bytes(bytes_each * math.prod(shape))


def strings(data):
    """The elements of a BYTES tensor."""
    while data:
        (length,) = struct.unpack_from("<I", data)
        yield data[4:4 + length]
        data = data[4 + length:]


def values(datatype, data):
    """The elements of a tensor."""
    if datatype == "BYTES":
        return list(strings(data))
    code = TYPES[datatype]
    found = struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data)
    if datatype == "BF16":
        return list(struct.unpack(f"<{len(found)}f", struct.pack(f"<{len(found)}I", *(bits << 16 for bits in found))))
    return list(found)


def connect(options):
    """In the clear, unless it is said whom to trust."""
    if options.ca is None:
        return grpc.insecure_channel(options.url)
    own = [options.client_key and options.client_key.read_bytes(),
           options.client_certificate and options.client_certificate.read_bytes()]
    return grpc.secure_channel(options.url, grpc.ssl_channel_credentials(options.ca.read_bytes(), *own))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="127.0.0.1:8001", help="of the server: HOST:PORT (%(default)s)")
    parser.add_argument("--model", required=True)
    parser.add_argument("--ca", type=Path, metavar="FILE", help="encrypt; who signed the server's certificate")
    parser.add_argument("--client-certificate", type=Path, metavar="FILE", help="for servers that ask for one")
    parser.add_argument("--client-key", type=Path, metavar="FILE", help="its private key")
    options = parser.parse_args()
    key = os.environ.get("TRIREME_API_KEY")
    with connect(options) as channel:
        client = Client(channel, [("authorization", f"Bearer {key}")] if key else [])
        metadata = client.call("ModelMetadata", client.message("ModelMetadataRequest")(name=options.model))
        request = client.message("ModelInferRequest")(model_name=options.model, id="example")
        for tensor in metadata.inputs:
            shape, data = zeros(tensor)
            request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=shape)
            request.raw_input_contents.append(data)
        response = client.call("ModelInfer", request)
    for output, data in zip(response.outputs, response.raw_output_contents):
        print(f"{output.name} {output.datatype} {'x'.join(map(str, output.shape))}: {values(output.datatype, data)}")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
    except KeyboardInterrupt:
        sys.exit(130)
