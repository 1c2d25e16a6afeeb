# SPDX-License-Identifier: Apache-2.0
"""A gRPC client of the server: grpcio with the messages of our .proto files, which protoc turns into Python here."""
import array
import functools
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc

PROTO = Path(__file__).resolve().parent.parent.parent / "proto"
FILES = ("model_config", "grpc_service", "health", "reflection", "reflection_alpha", "tensorflow", "tensorflow_serving")

KSERVE = "inference.GRPCInferenceService"
HEALTH = "grpc.health.v1.Health"

# For calls that are answered in milliseconds on an idle machine.
PATIENCE_SECONDS = 60

ANY_SIZE = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


@functools.lru_cache(maxsize=None)
def _generated():
    """A folder with the modules, for as long as the process lives."""
    folder = tempfile.TemporaryDirectory()
    subprocess.run(["protoc", f"--proto_path={PROTO.parent}", f"--python_out={folder.name}",
                    *(f"proto/{name}.proto" for name in FILES)], cwd=PROTO.parent, check=True)
    sys.path.insert(0, folder.name)
    return folder


@functools.lru_cache(maxsize=None)
def messages(name):
    """The module of proto/NAME.proto."""
    _generated()
    return importlib.import_module(f"proto.{name}_pb2")


def kserve():
    return messages("grpc_service")


class Client:
    """A channel, and its calls by name: client.call("ServerLive")."""

    def __init__(self, port, *options):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[*ANY_SIZE, *options])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def unary(self, method, answer_type, service=KSERVE):
        return self.channel.unary_unary(f"/{service}/{method}", request_serializer=lambda m: m.SerializeToString(),
                                        response_deserializer=answer_type.FromString)

    def call(self, method, request=None, **options):
        """One call of the inference service; `request` may be left out where it says nothing."""
        options.setdefault("timeout", PATIENCE_SECONDS)
        request = request if request is not None else getattr(kserve(), method + "Request")()
        return self.unary(method, getattr(kserve(), method + "Response"))(request, **options)

    def infer_method(self):
        return self.unary("ModelInfer", kserve().ModelInferResponse)

    def infer(self, request, **options):
        return self.call("ModelInfer", request, **options)

    def stream(self, requests, **options):
        method = self.channel.stream_stream(f"/{KSERVE}/ModelStreamInfer",
                                            request_serializer=lambda m: m.SerializeToString(),
                                            response_deserializer=kserve().ModelStreamInferResponse.FromString)
        return method(iter(requests), timeout=PATIENCE_SECONDS, **options)

    def health(self, method, service=""):
        """Check answers; Watch gives answers one by one."""
        types = messages("health")
        kind = self.channel.unary_stream if method == "Watch" else self.channel.unary_unary
        return kind(f"/{HEALTH}/{method}", request_serializer=lambda m: m.SerializeToString(),
                    response_deserializer=types.HealthCheckResponse.FromString)(
                        types.HealthCheckRequest(service=service), timeout=PATIENCE_SECONDS)

    def reflect(self, requests, version="v1"):
        types = messages("reflection" if version == "v1" else "reflection_alpha")
        method = self.channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                                            request_serializer=lambda m: m.SerializeToString(),
                                            response_deserializer=types.ServerReflectionResponse.FromString)
        return method((types.ServerReflectionRequest(**fields) for fields in requests), timeout=PATIENCE_SECONDS)


def infer_request(model, name, datatype, shape, raw=None, **more):
    """With one input."""
    request = kserve().ModelInferRequest(model_name=model, **more)
    request.inputs.add(name=name, datatype=datatype, shape=shape)
    if raw is not None:
        request.raw_input_contents.append(raw)
    return request


def add_request(rows=1, first=0, **more):
    """Of the model `add`, with the numbers from `first` on."""
    return infer_request("add", "INPUT0", "FP32", [rows, 16], numbers(16 * rows, first), **more)


def numbers(count, first=0):
    return array.array("f", (float((first + i) % 4096) for i in range(count))).tobytes()
