#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What TorchServe's clients ask over gRPC.

    examples/torchserve_grpc.py register resnet            # resnet.mar of the model store
    examples/torchserve_grpc.py infer resnet cat.jpg
    examples/torchserve_grpc.py unregister resnet

Needs Debian's python3-grpcio and protobuf-compiler, which turns the services' files in proto/ into Python.
"""
import argparse
import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ("rpc_status", "torchserve_inference", "torchserve_management")
PACKAGE = "org.pytorch.serve.grpc"


def messages():
    """The modules of the inference and the management service."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"--proto_path={ROOT}", f"--python_out={folder}",
                        *(f"proto/{name}.proto" for name in PROTO)], cwd=ROOT, check=True)
        sys.path.insert(0, folder)
        return [importlib.import_module(f"proto.{name}_pb2") for name in PROTO[1:]]


def call(address, method, request, answer):
    key = os.environ.get("TRIREME_API_KEY")
    with grpc.insecure_channel(address) as channel:
        ask = channel.unary_unary(f"/{PACKAGE}.{method}", type(request).SerializeToString, answer.FromString)
        try:
            return ask(request, timeout=60, metadata=[("authorization", f"Bearer {key}")] if key else [])
        except grpc.RpcError as error:
            raise SystemExit(f"{error.code().name}: {error.details()}")


def infer(options, inference, _):
    request = inference.PredictionsRequest(model_name=options.model, input={"data": options.file.read_bytes()})
    answer = call(options.url, "inference.InferenceAPIsService/Predictions", request, inference.PredictionResponse)
    return answer.prediction.decode()


def register(options, _, management):
    request = management.RegisterModelRequest(url=options.archive or f"{options.model}.mar", model_name=options.model,
                                              initial_workers=1, synchronous=True)
    return call(options.management_url, "management.ManagementAPIsService/RegisterModel", request,
                management.ManagementResponse).msg


def unregister(options, _, management):
    request = management.UnregisterModelRequest(model_name=options.model)
    return call(options.management_url, "management.ManagementAPIsService/UnregisterModel", request,
                management.ManagementResponse).msg


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="127.0.0.1:7070", help="of the inference service (%(default)s)")
    parser.add_argument("--management-url", default="127.0.0.1:7071", help="(%(default)s)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    parsers = {}
    for command in (infer, register, unregister):
        parsers[command] = commands.add_parser(command.__name__)
        parsers[command].set_defaults(command=command)
        parsers[command].add_argument("model")
    parsers[infer].add_argument("file", type=Path)
    parsers[register].add_argument("--archive", help="a file of the model store (MODEL.mar)")
    options = parser.parse_args()
    print(options.command(options, *messages()))


if __name__ == "__main__":
    main()
