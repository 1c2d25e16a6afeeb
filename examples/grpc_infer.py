#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends a model zeros over gRPC and shows what comes back.

    examples/grpc_infer.py --url 127.0.0.1:8001 --model add

Needs Debian's python3-grpcio, python3-numpy and protobuf-compiler; the messages are those of proto/grpc_service.proto,
compiled into a temporary folder. Free dimensions are taken as 1.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc
import numpy

ROOT = Path(__file__).resolve().parent.parent
SERVICE = "/inference.GRPCInferenceService/"
TYPES = {"BOOL": "?", "INT8": "<i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "UINT8": "<u1", "UINT16": "<u2",
         "UINT32": "<u4", "UINT64": "<u8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}


def load_messages():
    """The module with the service's messages."""
    folder = tempfile.mkdtemp(prefix="trireme-example-")
    protos = [ROOT / "proto/grpc_service.proto", ROOT / "proto/model_config.proto"]
    subprocess.run(["protoc", f"--proto_path={ROOT}", f"--python_out={folder}", *map(str, protos)], check=True)
    sys.path.insert(0, folder)
    from proto import grpc_service_pb2  # pylint: disable=import-outside-toplevel,import-error
    return grpc_service_pb2


class Client:
    def __init__(self, url):
        self.messages = load_messages()
        self.channel = grpc.insecure_channel(url)

    def call(self, method, request):
        response = getattr(self.messages, method + "Response")
        return self.channel.unary_unary(SERVICE + method, type(request).SerializeToString, response.FromString)(
            request, timeout=10)


def zeros(tensor):
    """A tensor's bytes, all zero, and its shape."""
    shape = [size if size > 0 else 1 for size in tensor.shape]
    if tensor.datatype == "BYTES":
        return shape, bytes(4) * int(numpy.prod(shape))  # so many strings of no bytes
    return shape, numpy.zeros(shape, TYPES[tensor.datatype]).tobytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="127.0.0.1:8001")
    parser.add_argument("--model", required=True)
    options = parser.parse_args()
    client = Client(options.url)
    messages = client.messages
    metadata = client.call("ModelMetadata", messages.ModelMetadataRequest(name=options.model))
    request = messages.ModelInferRequest(model_name=options.model, id="example")
    for tensor in metadata.inputs:
        shape, data = zeros(tensor)
        request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=shape)
        request.raw_input_contents.append(data)
    response = client.call("ModelInfer", request)
    for output, data in zip(response.outputs, response.raw_output_contents):
        shape = "x".join(map(str, output.shape))
        values = data if output.datatype == "BYTES" else numpy.frombuffer(data, TYPES[output.datatype])
        print(f"{output.name} {output.datatype} {shape}: {values}")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
