# SPDX-License-Identifier: Apache-2.0
"""What TorchServe's clients do: its curl sessions, on its five ports, with a model store of files."""
import base64
import io
import json
import shutil
import unittest
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from raw_http import Connection
from raw_http import message as request_of
from serving import ServingTest, shift_matrix
from tiny_onnx import counting_loop
from trireme import Trireme, wait_until

import grpc
from PIL import Image

ROW = list(range(16))
FREE_PORTS = ("--torchserve-port", "0", "--torchserve-management-port", "0", "--torchserve-metrics-port", "0",
              "--torchserve-grpc-port", "0", "--torchserve-grpc-management-port", "0", "--http-port", "0",
              "--grpc-port", "0", "--metrics-port", "0", "--log-form", "json")
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def form(**fields):
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    return ("".join(parts) + "--b--\r\n").encode()


def varint(number):
    """As protobuf writes it."""
    encoded = b""
    while number > 0x7f:
        encoded += bytes([number & 0x7f | 0x80])
        number >>= 7
    return encoded + bytes([number])


def text_field(number, text):
    data = text if isinstance(text, bytes) else text.encode()
    return varint(number << 3 | 2) + varint(len(data)) + data


def first_text(message):
    """The first field of a message, which is a text shorter than 2 MiB."""
    at, length, shift = 1, 0, 0
    while True:
        length |= (message[at] & 0x7f) << shift
        shift += 7
        at += 1
        if message[at - 1] < 0x80:
            return message[at:at + length].decode()


class TorchServe(Trireme):
    def __init__(self, program, *arguments, **options):
        super().__init__(program, "--dialects", "kserve,torchserve", *arguments, where=FREE_PORTS, **options)
        (self.inference, self.management, self.metrics_page, self.grpc_inference,
         self.grpc_management) = self.torchserve_ports

    def curl(self, port, method, target, body=b"", headers=()):
        with Connection(port) as connection:
            return connection.ask(method, target, body, headers)

    def predict(self, target, body, headers=()):
        return self.curl(self.inference, "POST", target, body if isinstance(body, bytes) else json.dumps(body).encode(),
                         headers)

    def manage(self, method, target, body=b"", headers=()):
        return self.curl(self.management, method, target, body, headers)

    def call(self, port, service, rpc, message):
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            return channel.unary_unary(f"/org.pytorch.serve.grpc.{service}/{rpc}")(message, timeout=60)


class TorchServeTest(ServingTest):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.store = Path(folder.name) / "model-store"
        self.store.mkdir()
        for name in ("add", "identity_fp32"):
            shutil.copy(self.models / "good" / name / "1" / "model.onnx", self.store / f"{name}.onnx")
        (self.store / "broken.onnx").write_bytes(b"this is no model")

    def start(self, *arguments, **options):
        server = TorchServe(self.program, self.store, *arguments, **options)
        self.addCleanup(server.__exit__)
        return server

    def assert_failure(self, answer, code, kind, message):
        self.assertEqual((answer.status, answer.json()), (code, {"code": code, "type": kind, "message": message}))


class WhatIsServed(TorchServeTest):
    """Without an API for models, as TorchServe starts: what lies in the store is served."""

    def setUp(self):
        super().setUp()
        (self.store / "broken.onnx").unlink()
        self.server = self.start()

    def test_ping(self):
        answer = self.server.curl(self.server.inference, "GET", "/ping")
        self.assertEqual((answer.status, answer.body), (200, b'{\n  "status": "Healthy"\n}\n'))
        self.assertRegex(answer.header("x-request-id"), r"^[0-9a-f-]{36}$")
        self.assertEqual(answer.header("Pragma"), "no-cache")
        self.assertEqual(self.server.ask("GET", "/ping").status, 200)

    def test_what_cannot_be_loaded_is_named_by_its_file(self):
        (self.store / "broken.onnx").write_bytes(b"this is no model")
        (self.store / "packed.mar").write_bytes(b"this is no archive")
        server = self.start()
        listed = {model["modelName"]: model["modelUrl"] for model in server.manage("GET", "/models").json()["models"]}
        for name, file in (("broken", "broken.onnx"), ("packed", "packed.mar")):
            described = server.manage("GET", f"/models/{name}").json()[0]
            self.assertEqual((listed[name], described["modelUrl"]), (file, file))
            self.assertTrue(described["status"])

    def test_predictions_in_every_form(self):
        wanted = self.server.predict("/predictions/identity_fp32", [[1, 0.5]])
        self.assertEqual((wanted.status, wanted.body), (200, b"[\n  [\n    1.0,\n    0.5\n  ]\n]"))
        self.assertIsNone(wanted.header("Content-Type"))
        for target, body, headers in (
                ("/predictions/identity_fp32/1.0", b"[[1, 0.5]]", ()),
                ("/predictions/identity_fp32/1/more/still", b"[[1, 0.5]]", ()),
                ("/predictions/identity_fp32/", b"[[1, 0.5]]", {"Content-Type": "application/json"}),
                ("/predictions/identity_fp32", b'{"data": [[1, 0.5]]}', ()),
                ("/predictions/identity_fp32", form(data="[[1, 0.5]]"), FORM),
                ("/predictions/identity_fp32", form(body="[[1, 0.5]]"), FORM),
                ("/predictions/identity_fp32", b"data=[[1,+0.5]]", {"Content-Type": "application/x-www-form-urlencoded"}),
                ("/predictions/identity_fp32", b"[[1,0.5]]", {"Content-Type": "application/x-www-form-urlencoded"}),
                ("/invocations?model_name=identity_fp32", b"[[1, 0.5]]", ()),
                ("/models/identity_fp32/invoke", b"[[1, 0.5]]", ()),
                ("/identity_fp32/predict", b"[[1, 0.5]]", ()),
                ("/identity_fp32/1.0/predict", b"[[1, 0.5]]", ())):
            with self.subTest(target=target, headers=headers):
                answer = self.server.predict(target, body, headers)
                self.assertEqual((answer.status, answer.body), (200, wanted.body), answer)
        put = self.server.curl(self.server.inference, "PUT", "/predictions/identity_fp32", b"[[1, 0.5]]")
        self.assertEqual(put.body, wanted.body)

    def test_instances_are_answered_with_predictions(self):
        answer = self.server.predict("/v1/models/identity_fp32:predict", {"instances": [[1], [2]]})
        self.assertEqual(answer.json(), {"predictions": [[1.0], [2.0]]})

    def test_on_the_main_port_too(self):
        self.assertEqual(self.server.ask("POST", "/predictions/identity_fp32", b"[[7]]").json(), [[7.0]])

    def test_what_goes_wrong(self):
        server = self.server
        self.assert_failure(server.predict("/predictions/nobody", [1]), 404, "ModelNotFoundException",
                            "Model not found: nobody")
        self.assert_failure(server.predict("/predictions/add/7.0", [ROW]), 404, "ModelVersionNotFoundException",
                            "Model version: 7.0 does not exist for model: add")
        answer = server.predict("/predictions/add", b"hello")
        self.assertEqual((answer.status, answer.json()["type"]), (400, "BadRequestException"))
        self.assertEqual(answer.header("Connection"), "close")
        self.assertEqual(server.predict("/explanations/add", [ROW]).status, 501)
        self.assert_failure(server.predict("/invocations", [ROW]), 400, "BadRequestException",
                            "Parameter model_name is required.")
        self.assert_failure(server.curl(server.inference, "GET", "/nowhere"), 404, "ResourceNotFoundException",
                            "Requested resource is not found, please refer to API document.")
        self.assert_failure(server.curl(server.inference, "POST", "/ping"), 405, "MethodNotAllowedException",
                            "Requested method is not allowed, please refer to API document.")

    def test_models_are_listed_and_described(self):
        listed = self.server.manage("GET", "/models?limit=1").json()
        self.assertEqual(listed, {"nextPageToken": "1", "models": [{"modelName": "add", "modelUrl": "add.onnx"}]})
        described, = self.server.manage("GET", "/models/add").json()
        self.assertEqual((described["modelName"], described["modelVersion"], described["workers"][0]["status"]),
                         ("add", "1.0", "READY"))
        self.assertEqual(self.server.manage("GET", "/models/add/all").json()[0]["modelVersion"], "1.0")
        self.assertEqual(self.server.manage("GET", "/v1/models/add").json(), {"name": "add", "ready": True})
        self.assert_failure(self.server.manage("GET", "/models/nobody"), 404, "ModelNotFoundException",
                            "Model not found: nobody")

    def test_models_are_not_registered(self):
        for answer in (self.server.manage("POST", "/models?url=add.onnx"), self.server.manage("DELETE", "/models/add")):
            self.assert_failure(answer, 405, "MethodNotAllowedException",
                                "Requested method is not allowed, please refer to API document.")

    def test_apis_describe_themselves(self):
        for port in (self.server.inference, self.server.management, self.server.metrics_page):
            document = self.server.curl(port, "OPTIONS", "/").json()
            self.assertEqual(document["openapi"], "3.0.1")
        document = self.server.curl(self.server.inference, "OPTIONS", "/predictions/add").json()
        self.assertIn("/predictions/add", document["paths"])

    def test_metrics(self):
        self.server.predict("/predictions/add", [ROW])
        self.server.predict("/predictions/nobody", [ROW])
        answer = self.server.curl(self.server.metrics_page, "GET", "/metrics")
        self.assertRegex(answer.header("x-request-id"), r"^[0-9a-f-]{36}$")
        self.assertEqual(answer.header("Pragma"), "no-cache")
        page = answer.body.decode()
        self.assertRegex(page, r'Requests2XX\{Level="Host",Hostname=".*",\} \d+\.\d+')
        self.assertRegex(page, r'Requests4XX\{Level="Host",Hostname=".*",\} 1\.0')
        self.assertRegex(page, r'ts_inference_requests_total\{model_name="add",model_version="1.0",hostname=".*",\} 1\.0')
        one = self.server.curl(self.server.metrics_page, "GET", "/metrics?name%5B%5D=Requests2XX").body.decode()
        self.assertNotIn("Requests4XX", one)

    def test_grpc(self):
        server = self.server
        health = server.call(server.grpc_inference, "inference.InferenceAPIsService", "Ping", b"")
        self.assertEqual(json.loads(first_text(health)), {"status": "Healthy"})
        request = text_field(1, "identity_fp32") + text_field(3, text_field(1, "data") + text_field(2, "[[1, 2]]"))
        for rpc in ("Predictions", "StreamPredictions"):
            answer = server.call(server.grpc_inference, "inference.InferenceAPIsService", rpc, request)
            self.assertEqual(json.loads(first_text(answer)), [[1.0, 2.0]])
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_inference}") as channel:
            stream = channel.stream_stream("/org.pytorch.serve.grpc.inference.InferenceAPIsService/StreamPredictions2")
            asked = [text_field(1, "identity_fp32") + text_field(3, text_field(1, "data") + text_field(2, f"[[{i}]]"))
                     for i in range(20)] + [text_field(1, "nobody")]
            answers = list(stream(iter(asked), timeout=60))
        self.assertEqual([json.loads(first_text(answer)) for answer in answers[:20]], [[[float(i)]] for i in range(20)])
        self.assertIn(b"Model not found: nobody", answers[20])
        with self.assertRaises(grpc.RpcError) as caught:
            server.call(server.grpc_inference, "inference.InferenceAPIsService", "Predictions", text_field(1, "nobody"))
        self.assertEqual(caught.exception.details(), "Model not found: nobody\nModelNotFoundException")
        listed = server.call(server.grpc_management, "management.ManagementAPIsService", "ListModels", b"")
        self.assertEqual([model["modelName"] for model in json.loads(first_text(listed))["models"]],
                         ["add", "identity_fp32"])


class ModelsByName(TorchServeTest):
    """With --enable-model-api nothing is served until it is asked for."""

    def test_the_life_of_a_model(self):
        server = self.start("--enable-model-api")
        self.assertEqual(server.manage("GET", "/models").json(), {"models": []})
        registered = server.manage("POST", "/models?url=add.onnx")
        self.assertEqual((registered.status, registered.json()), (200, {"status": (
            'Model "add" Version: 1.0 registered with 0 initial workers. '
            "Use scale workers API to add workers for the model.")}))
        refused = server.predict("/predictions/add", [ROW])
        self.assertEqual((refused.status, refused.json()["type"]), (503, "ServiceUnavailableException"))
        self.assertTrue(refused.json()["message"].startswith('Model "add" has no worker'))

        scaled = server.manage("PUT", "/models/add?min_worker=2&max_worker=3&synchronous=true")
        self.assertEqual((scaled.status, scaled.json()), (200, {"status": "Workers scaled to 2 for model: add"}))
        described, = server.manage("GET", "/models/add").json()
        self.assertEqual((described["minWorkers"], described["maxWorkers"], len(described["workers"])), (2, 3, 2))
        self.assertEqual(server.predict("/predictions/add", [ROW]).status, 200)
        self.assertEqual(server.predict("/predictions/add/1.0", [ROW]).status, 200)

        gone = server.manage("DELETE", "/models/add")
        self.assertEqual((gone.status, gone.json()), (200, {"status": 'Model "add" unregistered'}))
        self.assertEqual(server.predict("/predictions/add", [ROW]).status, 404)
        self.assertEqual(server.manage("DELETE", "/models/add").status, 404)

    def test_versions_that_are_any_text(self):
        server = self.start("--enable-model-api")
        self.assertEqual(server.manage("POST", "/models?url=add.onnx&model_name=m&initial_workers=1").status, 200)
        again = server.manage("POST", "/models?url=add.onnx&model_name=m")
        self.assert_failure(again, 409, "ConflictStatusException",
                            "Model version 1.0 is already registered for model m")
        self.assert_failure(server.manage("PUT", "/models/m/2.0/set-default"), 404, "ModelVersionNotFoundException",
                            "Model version: 2.0 does not exist for model: m")
        self.assertEqual(server.manage("PUT", "/models/m/1.0/set-default").json(),
                         {"status": 'Default version successfully updated for model "m" to "1.0"'})

    def test_asynchronous_workers(self):
        server = self.start("--enable-model-api")
        begun = server.manage("POST", "/models?url=add.onnx&initial_workers=1&synchronous=false")
        self.assertEqual((begun.status, begun.json()), (202, {"status": "Processing worker updates..."}))
        wait_until(lambda: server.predict("/predictions/add", [ROW]).status == 200, "its worker is there")
        self.assertEqual(len(server.manage("GET", "/models/add").json()[0]["workers"]), 1)
        begun = server.manage("PUT", "/models/add?min_worker=2")
        self.assertEqual(begun.status, 202)
        wait_until(lambda: len(server.manage("GET", "/models/add").json()[0]["workers"]) == 2, "there are two workers")

    def test_odd_parameters(self):
        server = self.start("--enable-model-api")
        for target, status, message in (
                ("/models", 400, "Parameter url is required."),
                ("/models?url=", 404, "empty url"),
                ("/models?url=../add.onnx", 404, "Relative path is not allowed in url: ../add.onnx"),
                ("/models?url=no.onnx", 404, "Model not found at: no.onnx"),
                ("/models?url=https%3A//example.com/m.mar", 404,
                 "Given URL https://example.com/m.mar does not match any allowed URL(s)"),
                ("/models?url=file%3A///etc/hostname", 404,
                 "Given URL file:///etc/hostname does not match any allowed URL(s)"),
                ("/models?url=add.onnx&runtime=perl", 400, "Invalid RuntimeType value: perl")):
            answer = server.manage("POST", target)
            self.assertEqual((answer.status, answer.json()["message"]), (status, message), target)
        broken = server.manage("POST", "/models?url=broken.onnx")
        self.assertEqual((broken.status, broken.json()["type"]), (400, "InvalidModelException"))
        self.assertEqual(server.manage("GET", "/models").json(), {"models": []})

        odd = server.manage("POST", "/models?url=add.onnx&batch_size=dd&initial_workers=1&response_timeout=soon")
        self.assertEqual(odd.status, 200, odd)
        for query, status, message in (
                ("min_worker=3&max_worker=1", 400, "max_worker cannot be less than min_worker."),
                ("min_worker=1&max_worker=-1", 400, "max_worker cannot be less than min_worker."),
                ("min_worker=-1", 400, "min_worker: expected a number from 0 to 1000, found -1"),
                ("min_worker=1000000000", 400, "min_worker: expected a number from 0 to 1000, found 1000000000")):
            answer = server.manage("PUT", f"/models/add?{query}")
            self.assertEqual((answer.status, answer.json()["message"]), (status, message), query)
        self.assertEqual(server.manage("PUT", "/models/add?min_worker=0&synchronous=true").status, 200)
        self.assertEqual(server.predict("/predictions/add", [ROW]).status, 503)

    def test_lists_end(self):
        server = self.start("--enable-model-api")
        for name in "abc":
            self.assertEqual(server.manage("POST", f"/models?url=add.onnx&model_name={name}").status, 200)
        for limit in ("0", "-1", "1000", "many"):
            listed = server.manage("GET", f"/models?limit={limit}").json()
            self.assertEqual((len(listed["models"]), listed.get("nextPageToken")), (3, None), limit)

    def test_what_another_protocol_unloads(self):
        server = self.start("--enable-model-api")
        self.assertEqual(server.manage("POST", "/models?url=add.onnx&initial_workers=1").status, 200)
        self.assertEqual(server.ask("POST", "/v2/repository/models/add/unload").status, 200)
        self.assertEqual(server.manage("GET", "/models").json(), {"models": []})
        self.assertEqual(server.manage("GET", "/models/add").status, 404)
        self.assertEqual(server.predict("/predictions/add", [ROW]).status, 404)
        self.assertEqual(server.manage("POST", "/models?url=add.onnx&initial_workers=1").status, 200)
        self.assertEqual(server.predict("/predictions/add", [ROW]).status, 200)

    def test_messages_name_no_folder(self):
        (self.store / "sub").mkdir()
        (self.store / "sub" / "broken.onnx").write_bytes(b"this is no model")
        (self.store / "sub" / "broken.mar").write_bytes(b"this is no archive")
        (self.store / "text.txt").write_bytes(b"this is no model")
        server = self.start("--enable-model-api")
        for url in ("broken.onnx", "sub/broken.onnx", "sub/broken.mar", "sub", "text.txt"):
            message = server.manage("POST", f"/models?url={url}").json()["message"]
            self.assertNotIn(str(self.store.parent), message)
            self.assertIn(url.rpartition("/")[2], message)

    def test_over_grpc(self):
        server = self.start("--enable-model-api")
        manage = lambda rpc, message: first_text(  # noqa: E731
            server.call(server.grpc_management, "management.ManagementAPIsService", rpc, message))
        self.assertTrue(manage("RegisterModel", text_field(9, "add.onnx") + b"\x18\x01\x40\x01").startswith(
            'Model "add" Version: 1.0 registered with 1 initial workers'))
        self.assertEqual(json.loads(manage("DescribeModel", text_field(1, "add")))[0]["modelName"], "add")
        self.assertEqual(manage("UnregisterModel", text_field(1, "add")), 'Model "add" unregistered')
        with self.assertRaises(grpc.RpcError) as caught:
            manage("DescribeModel", text_field(1, "add"))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)


class Archives(TorchServeTest):
    def pack(self, version, handler="base_handler", config=""):
        model = {"modelName": "sum", "modelVersion": version, "serializedFile": "model.onnx", "handler": handler,
                 **({"configFile": "model-config.yaml"} if config else {})}
        name = f"sum-{version}.mar"
        with zipfile.ZipFile(self.store / name, "w") as archive:
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python3", "model": model}))
            archive.write(self.store / "add.onnx", "model.onnx")
            if config:
                archive.writestr("model-config.yaml", config)
        return name


class ArchivesAndPictures(Archives):
    def test_workers_that_the_archive_wants(self):
        server = self.start("--enable-model-api")
        answer = server.manage("POST", f"/models?url={self.pack('1.0', config='minWorkers: 2')}")
        self.assertEqual(answer.json(), {"status": 'Model "sum" Version: 1.0 registered with 2 initial workers'})
        self.assertEqual(len(server.manage("GET", "/models/sum").json()[0]["workers"]), 2)

    def test_versions_of_an_archive(self):
        server = self.start("--enable-model-api")
        for version in ("1.0", "2.0-rc"):
            answer = server.manage("POST", f"/models?url={self.pack(version)}&initial_workers=1")
            self.assertEqual((answer.status, answer.json()), (200, {
                "status": f'Model "sum" Version: {version} registered with 1 initial workers'}))
        described = server.manage("GET", "/models/sum/all").json()
        self.assertEqual([(each["modelVersion"], each["runtime"]) for each in described],
                         [("1.0", "python3"), ("2.0-rc", "python3")])
        self.assertEqual(server.predict("/predictions/sum/2.0-rc", ROW).json(), [value + 1.0 for value in ROW])
        self.assert_failure(server.manage("DELETE", "/models/sum/1.0"), 403, "InvalidModelVersionException",
                            "Cannot remove default version for model sum")
        self.assertEqual(server.manage("PUT", "/models/sum/2.0-rc/set-default").status, 200)
        self.assertEqual(server.manage("DELETE", "/models/sum/1.0").status, 200)
        self.assertEqual(server.manage("GET", "/models/sum").json()[0]["modelVersion"], "2.0-rc")
        self.assertEqual(server.predict("/predictions/sum", ROW).status, 200)
        self.assertEqual([model["modelName"] for model in server.manage("GET", "/models").json()["models"]], ["sum"])

    def test_an_archive_with_python(self):
        server = self.start("--enable-model-api")
        answer = server.manage("POST", f"/models?url={self.pack('1.0', 'service.py')}")
        self.assertEqual((answer.status, answer.json()["type"]), (400, "InvalidModelException"), answer)

    def test_one_that_cannot_be_read_is_described_with_the_reason(self):
        (self.store / "broken.onnx").unlink()
        (self.store / "bad.mar").write_bytes(b"this is no archive")
        self.pack("3.0", config="minWorkers: 2\nmaxWorkers: 4\n")
        server = self.start()
        self.assertIn("bad", [model["modelName"] for model in server.manage("GET", "/models").json()["models"]])
        described, = server.manage("GET", "/models/bad").json()
        self.assertEqual(described["workers"], [])
        self.assertIn("bad.mar", described["status"])
        whole, = server.manage("GET", "/models/sum-3.0").json()
        self.assertEqual((whole["modelUrl"], len(whole["workers"])), ("sum-3.0.mar", 2))
        refused = server.manage("PUT", "/models/sum-3.0?min_worker=3")
        self.assertEqual(refused.status, 400)
        self.assertIn("--enable-model-api", refused.json()["message"])

    def test_a_picture(self):
        shutil.copytree(self.models / "triton" / "colours", self.store / "colours")
        (self.store / "broken.onnx").unlink()
        server = self.start()
        file = io.BytesIO()
        Image.new("RGB", (20, 13), (0, 255, 0)).save(file, "PNG")
        alone = server.predict("/predictions/colours", file.getvalue())
        self.assertEqual((alone.status, next(iter(alone.json()))), (200, "green"), alone)
        field = b'--b\r\nContent-Disposition: form-data; name="data"; filename="x.png"\r\n\r\n'
        in_form = server.predict("/predictions/colours", field + file.getvalue() + b"\r\n--b--\r\n", FORM)
        self.assertEqual(in_form.body, alone.body)
        two = {"instances": [{"b64": base64.b64encode(file.getvalue()).decode()}] * 2}
        predictions = server.predict("/predictions/colours", two).json()["predictions"]
        self.assertEqual([next(iter(each)) for each in predictions], ["green", "green"])
        wrong = server.predict("/predictions/add", file.getvalue())
        self.assertEqual(wrong.status, 400)
        self.assertRegex(wrong.json()["message"], "^the model takes no pictures: expected numbers, .*trireme.yaml")
        bare = server.predict("/predictions/add", b"hello", {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(bare.status, 400)
        self.assertIn("found a form with a field 'hello' that has no value", bare.json()["message"])


class NamesAtTheStart(Archives):
    """What the manifest says, as TorchServe has it, whatever the file is called."""

    def names(self, server):
        return [model["modelName"] for model in server.manage("GET", "/models").json()["models"]]

    def pack_as(self, name, file, **model):
        model = {"serializedFile": "model.onnx", **({"modelName": name} if name else {}), **model}
        with zipfile.ZipFile(self.store / file, "w") as archive:
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"model": model}))
            archive.write(self.store / "add.onnx", "model.onnx")

    def test_of_its_archive_unless_the_list_says_another(self):
        self.pack_as("resnet-18", "other-file.mar")
        self.pack_as(None, "with-out.mar")
        for models, name in (("other-file.mar", "resnet-18"), ("mine=other-file.mar", "mine"),
                             ("with-out.mar", "with_out")):
            with self.subTest(models=models):
                server = self.start("--models", models)
                wait_until(lambda: server.manage("GET", f"/models/{name}").status == 200, "it is registered")
                self.assertEqual(server.predict(f"/predictions/{name}", ROW).status, 200)
                described, = server.manage("GET", f"/models/{name}").json()
                self.assertEqual((described["modelName"], described["modelVersion"]), (name, "1.0"))
                self.assertEqual(self.names(server), [name])

    def test_versions_of_one_name_are_joined_and_stay_so(self):
        for file in ("add.onnx", "identity_fp32.onnx", "broken.onnx"):
            shutil.move(self.store / file, self.store.parent / file)
        for version in ("1.0", "2.0"):
            with zipfile.ZipFile(self.store / f"file-{version}.mar", "w") as archive:
                archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"model": {
                    "modelName": "re-add", "modelVersion": version, "serializedFile": "model.onnx"}}))
                archive.write(self.store.parent / "add.onnx", "model.onnx")
        snapshot = self.store.parent / "snapshot.cfg"
        properties = self.store.parent / "config.properties"
        properties.write_text(f"model_store={self.store}\nload_models=all\n")
        for config in (properties, snapshot):
            with self.subTest(config=config.name):
                server = TorchServe(self.program, "--ts-config", config, "--torchserve-snapshot", snapshot)
                self.addCleanup(server.__exit__)
                for version in ("1.0", "2.0"):
                    wait_until(lambda: server.manage("GET", f"/models/re-add/{version}").status == 200, "it is registered")
                    self.assertEqual(server.predict(f"/predictions/re-add/{version}", ROW).status, 200)
                self.assertEqual(self.names(server), ["re-add"])
                described = server.manage("GET", "/models/re-add/all").json()
                self.assertEqual([each["modelVersion"] for each in described], ["1.0", "2.0"])
                self.assertEqual(server.manage("GET", "/models/re-add").json()[0]["modelVersion"], "1.0")
                wait_until(snapshot.exists, "the snapshot is written")
                self.assertEqual(server.stop(), 0)


class Handlers(Archives):
    def test_a_handler_of_a_registration(self):
        server = self.start("--enable-model-api")
        archive = self.pack("1.0", "service.py")
        registered = server.manage("POST", f"/models?url={archive}&handler=base_handler&initial_workers=1")
        self.assertEqual(registered.status, 200, registered)
        self.assertEqual(server.predict("/predictions/sum", ROW).status, 200)
        scaled = server.manage("PUT", "/models/sum?min_worker=2&synchronous=true")
        self.assertEqual(scaled.status, 200, scaled)
        self.assertEqual(server.manage("DELETE", "/models/sum").status, 200)
        for handler, why in (("text_classifier", "needs a Python worker"), ("nothing_known", "nothing_known")):
            answer = server.manage("POST", f"/models?url={archive}&handler={handler}")
            self.assertEqual((answer.status, answer.json()["type"]), (400, "InvalidModelException"), answer)
            self.assertIn(why, answer.json()["message"])
        answer = server.manage("POST", "/models?url=add.onnx&handler=base_handler")
        self.assertEqual((answer.status, answer.json()["type"]), (400, "BadRequestException"), answer)

    def test_odd_settings_are_told_in_the_log(self):
        server = self.start("--enable-model-api")
        archive = self.pack("1.0", config="minWorkers: -2\nbatchSize: many\nmaxBatchDelay: 5\n")
        self.assertEqual(server.manage("POST", f"/models?url={archive}").status, 200)
        self.assertRegex(server.log(), r"minWorkers.*-2")
        self.assertRegex(server.log(), r"batchSize.*many")

    def test_archives_that_are_none(self):
        server = self.start("--enable-model-api")
        with zipfile.ZipFile(self.store / "many.mar", "w") as archive:
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python3", "model": {
                "modelName": "m", "modelVersion": "1.0", "handler": "base_handler", "serializedFile": "model.onnx"}}))
            for i in range(10_001):
                archive.writestr(f"{i}", b"")
        with zipfile.ZipFile(self.store / "nameless.mar", "w") as archive:
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python3", "model": {}}))
        for name, why in (("many.mar", "expected at most 10000 files and folders, found more"),
                          ("nameless.mar", "nameless.mar: Model name is not defined.")):
            answer = server.manage("POST", f"/models?url={name}")
            self.assertEqual((answer.status, answer.json()["type"]), (400, "InvalidModelException"), answer)
            self.assertIn(why, answer.json()["message"])


class TheLine(TorchServeTest):
    """Of a model whose runs take a while, with one worker and one place."""

    def setUp(self):
        super().setUp()
        shutil.copy(self.models / "good" / "square_matmul" / "1" / "model.onnx", self.store / "busy.onnx")

    def start_busy(self, *arguments):
        server = self.start("--enable-model-api", "--threads", 1, "--loops", 1, "--torchserve-job-queue-size", 1,
                            *arguments)
        answer = server.manage("POST", "/models?url=busy.onnx&initial_workers=1&batch_size=1")
        self.assertEqual(answer.status, 200, answer)
        return server

    def test_a_full_one(self):
        server = self.start_busy()
        described, = server.manage("GET", "/models/busy").json()
        self.assertEqual(described["jobQueueStatus"], {"remainingCapacity": 1, "pendingRequests": 0})
        head = "{'descr': '<f4', 'fortran_order': False, 'shape': (512, 512), }"
        body = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + head.ljust(117).encode() + b"\n"
        body += shift_matrix(512, 1)
        request = request_of("POST", "/predictions/busy", body)
        connections = [Connection(server.inference) for _ in range(16)]
        for connection in connections:
            self.addCleanup(connection.close)
            connection.send(request)
        answers = [connection.read_answer() for connection in connections]
        self.assertEqual({answer.status for answer in answers}, {200, 503})
        refused = next(answer for answer in answers if answer.status == 503)
        self.assert_failure(refused, 503, "ServiceUnavailableException", (
            'Model "busy" has no worker to serve inference request. Please use scale workers API to add workers. If this '
            "is a sequence inference, please check if it is closed, or expired; or exceeds maxSequenceJobQueueSize"))


class FromProperties(TorchServeTest):
    def test_properties_and_snapshots(self):
        snapshot = self.store.parent / "snapshot.cfg"
        config = self.store.parent / "config.properties"
        config.write_text("enable_model_api=true\nload_models=sum=add.onnx\nmetrics_mode=log\nasync_logging=true\n"
                          f"model_store={self.store}\njob_queue_sise=7\n")
        server = TorchServe(self.program, "--ts-config", config, "--torchserve-snapshot", snapshot)
        self.addCleanup(server.__exit__)
        wait_until(lambda: server.predict("/predictions/sum", [ROW]).status == 200, "the model serves")
        self.assertEqual(server.curl(server.metrics_page, "GET", "/metrics").body, b"")
        self.assertIn("async_logging is not honoured", server.log())
        self.assertIn("job_queue_sise", server.log())
        server.manage("POST", "/models?url=identity_fp32.onnx&model_name=other&initial_workers=1")
        wait_until(lambda: snapshot.exists() and "other" in snapshot.read_text(), "the snapshot is written")
        self.assertEqual(server.stop(), 0)

        again = TorchServe(self.program, "--ts-config", snapshot)
        self.addCleanup(again.__exit__)
        wait_until(lambda: again.predict("/predictions/other", [[1]]).status == 200, "what was there is there again")
        # They come one by one.
        wait_until(lambda: {model["modelName"] for model in again.manage("GET", "/models").json()["models"]} ==
                   {"sum", "other"}, "all of it is")


class WhatIsRefused(TorchServeTest):
    def test_one_port_for_two(self):
        failed = self.run_trireme("serve", self.store, "--dialects", "sagemaker,torchserve")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("--sagemaker-port 8080 and --torchserve-port 8080: expected a port of its own for SageMaker",
                      failed.stderr)

    def test_keys(self):
        keys = self.store.parent / "keys"
        added = self.run_trireme("keys", "add", keys, "app", "--role", "infer", "--model", "*")
        self.assertEqual(added.returncode, 0, added.stderr)
        key = added.stdout.strip()
        server = self.start("--keys", keys)
        refused = server.predict("/predictions/add", [ROW])
        self.assert_failure(refused, 401, "InvalidKeyException",
                            "Token Authorization failed. Token either incorrect, expired, or not provided correctly")
        self.assertEqual(server.predict("/predictions/add", [ROW], {"Authorization": f"Bearer {key}"}).status, 200)
        self.assertEqual(server.curl(server.inference, "GET", "/ping").status, 200)


class RunsThatDoNotEnd(TorchServeTest):
    def setUp(self):
        super().setUp()
        (self.store / "loop.onnx").write_bytes(counting_loop())
        self.server = self.start("--enable-model-api", "--exit-timeout-secs", "1")
        answer = self.server.manage("POST", "/models?url=loop.onnx&initial_workers=1&response_timeout=1")
        self.assertEqual(answer.status, 200, answer)

    def test_are_answered_all_the_same(self):
        # However short its runs were: a thread that reads requests is not its.
        for _ in range(20):
            self.assertEqual(self.server.predict("/predictions/loop", [7]).json(), [7.0])
        for endless_or_behind in (1e15, 7):
            late = self.server.predict("/predictions/loop", [endless_or_behind])
            self.assertEqual((late.status, late.json()["type"]), (408, "RequestTimeoutException"))
        # Loaded anew, beside what does not end.
        scaled = self.server.manage("PUT", "/models/loop?min_worker=2&synchronous=true")
        self.assertEqual(scaled.status, 200, scaled)
        self.assertEqual(self.server.predict("/predictions/loop", [7]).json(), [7.0])
        self.server.terminate()
        self.assertEqual(self.server.exit_code(), 1)


if __name__ == "__main__":
    unittest.main()
