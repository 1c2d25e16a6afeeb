# SPDX-License-Identifier: Apache-2.0
"""What TF Serving's clients do: its curl sessions and its two gRPC services, with models of another kind."""
import base64
import gzip
import json
import os
import shutil
import socket
import subprocess
import unittest
import zlib
from pathlib import Path

import grpc
from grpc_client import PATIENCE_SECONDS, Client, messages
from raw_http import Connection
from serving import ServingTest
from test_pictures import picture
from trireme import Trireme, wait_until, without_settings

FREE_PORTS = ("--tfserving-port", "0", "--tfserving-grpc-port", "0", "--http-port", "0", "--grpc-port", "0",
              "--metrics-port", "0", "--log-form", "json")
PREDICTION = "tensorflow.serving.PredictionService"
MODEL = "tensorflow.serving.ModelService"
ROW = [float(i) for i in range(16)]
ONE_MORE = [float(i + 1) for i in range(16)]


def tf():
    return messages("tensorflow")


def serving():
    return messages("tensorflow_serving")


class TfServing(Trireme):
    def __init__(self, program, *arguments, **options):
        super().__init__(program, "--dialects", "kserve,tfserving", *arguments, where=FREE_PORTS, **options)

    def curl(self, method, target, body=b"", headers=(), port=None):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        with Connection(port or self.tfserving_port) as connection:
            return connection.ask(method, target, body, headers)

    def predict(self, model, body):
        return self.curl("POST", f"/v1/models/{model}:predict", body)

    def call(self, method, request, service=PREDICTION, port=None):
        answer = method if method == "MultiInference" else {"Classify": "Classification", "Regress": "Regression",
                                                            "HandleReloadConfigRequest": "ReloadConfig"}.get(method, method)
        with Client(port or self.tfserving_grpc_port) as client:
            return client.unary(method, getattr(serving(), answer + "Response"), service)(request,
                                                                                         timeout=PATIENCE_SECONDS)


def tensor(dtype, shape, **values):
    proto = tf().TensorProto(dtype=dtype, **values)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


def predict_request(model, **inputs):
    request = serving().PredictRequest()
    request.model_spec.name = model
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(value)
    return request


def example(**features):
    made = tf().Example()
    for name, values in features.items():
        feature = made.features.feature[name]
        if isinstance(values[0], float):
            feature.float_list.value.extend(values)
        elif isinstance(values[0], int):
            feature.int64_list.value.extend(values)
        else:
            feature.bytes_list.value.extend(values)
    return made


class TfServingTest(ServingTest):
    def start(self, *arguments, **options):
        server = TfServing(self.program, *arguments, **options)
        self.addCleanup(server.__exit__)
        return server

    def assert_error(self, answer, status, pattern):
        self.assertEqual(answer.status, status, answer)
        self.assertRegex(answer.json()["error"], pattern)
        self.assertEqual(answer.header("Content-Type"), "application/json")

    def assert_fails(self, code, pattern, call, *arguments, **options):
        with self.assertRaises(grpc.RpcError) as raised:
            call(*arguments, **options)
        self.assertEqual(raised.exception.code(), code, raised.exception.details())
        self.assertRegex(raised.exception.details(), pattern)


class Rest(TfServingTest):
    @classmethod
    def setUpClass(cls):
        cls.server = TfServing(cls.program, cls.models / "good")
        cls.addClassCleanup(cls.server.__exit__)

    def test_rows(self):
        answer = self.server.predict("add", {"instances": [ROW, ROW]})
        self.assertEqual((answer.status, answer.json()), (200, {"predictions": [ONE_MORE, ONE_MORE]}))
        named = self.server.predict("add", {"signature_name": "serving_default", "instances": [{"INPUT0": ROW}]})
        self.assertEqual(named.json(), {"predictions": [ONE_MORE]})

    def test_columns(self):
        for inputs in ([ROW], {"INPUT0": [ROW]}):
            self.assertEqual(self.server.predict("add", {"inputs": inputs}).json(), {"outputs": [ONE_MORE]})
        self.assertEqual(self.server.predict("scalar", {"inputs": 2}).json(), {"outputs": 4.0})

    def test_several_inputs_and_outputs(self):
        a, b = list(range(16)), [1] * 16
        rows = self.server.predict("add_sub", {"instances": [{"INPUT0": a, "INPUT1": b}]})
        expected = {"OUTPUT0": [i + 1 for i in a], "OUTPUT1": [i - 1 for i in a]}
        self.assertEqual(rows.json(), {"predictions": [expected]})
        columns = self.server.predict("add_sub", {"inputs": {"INPUT0": [a], "INPUT1": [b]}})
        self.assertEqual(columns.json(), {"outputs": {name: [value] for name, value in expected.items()}})

    def test_bytes(self):
        coded = {"b64": base64.b64encode(b"abc").decode()}
        answer = self.server.predict("identity_bytes", {"instances": [["x", coded]]})
        self.assertEqual(answer.json(), {"predictions": [["x", "abc"]]})

    def test_floats_are_written_as_the_server_does(self):
        answer = self.server.predict("identity_fp32", b'{"instances": [[2.5, 3, 0.1, 9e6, NaN, -Infinity]]}')
        self.assertEqual(answer.body, b'{\n    "predictions": [[2.5, 3.0, 0.1, 9e+06, NaN, -Infinity]\n    ]\n}')

    def test_a_body_may_be_compressed(self):
        def ask(verb, body, coding):
            return self.server.curl("POST", f"/v1/models/{verb}", body, [("Content-Encoding", coding)])

        body = json.dumps({"instances": [ROW]}).encode()
        for coding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("identity", body)):
            answer = ask("add:predict", packed, coding)
            self.assertEqual((answer.status, answer.json()), (200, {"predictions": [ONE_MORE]}), coding)
        large = gzip.compress(json.dumps({"instances": [ROW] * 20000}).encode())
        self.assertEqual(len(ask("add:predict", large, "gzip").json()["predictions"]), 20000)
        examples = gzip.compress(json.dumps({"examples": [{"INPUT0": [1.0, 0.0]}]}).encode())
        self.assertEqual(ask("tree:regress", examples, "gzip").json(), {"results": [2.0]})
        self.assert_error(ask("add:predict", body, "gzip"), 400, "^body with Content-Encoding gzip: ")
        self.assert_error(ask("add:predict", gzip.compress(body)[:-5], "gzip"), 400, "Content-Encoding gzip")
        self.assert_error(ask("add:predict", gzip.compress(b" " * (65 << 20)), "gzip"), 413,
                          "at most [0-9]+ bytes once inflated .*--http-max-input-size")
        for coding in ("br", "gzip, gzip"):
            refused = ask("add:predict", body, coding)
            self.assert_error(refused, 415, "^Content-Encoding: expected ")
            self.assertEqual(refused.header("Accept-Encoding"), "gzip, deflate")

    def test_a_version_in_the_path(self):
        for path in ("add/versions/1", "add"):
            self.assertEqual(self.server.predict(path, {"instances": [ROW]}).status, 200)
        self.assert_error(self.server.predict("add/versions/9", {"instances": [ROW]}), 404,
                          r"^Servable not found for request: Specific\(add, 9\)$")
        self.assert_error(self.server.predict("none", {"instances": [ROW]}), 404,
                          r"^Servable not found for request: Latest\(none\)$")
        self.assert_error(self.server.predict("add/labels/canary", {"instances": [ROW]}), 400,
                          "^Unrecognized servable version label: canary$")
        self.assert_error(self.server.predict("add/versions/18446744073709551615", {}), 400,
                          "^Failed to convert version: 18446744073709551615 to numeric.$")

    def test_a_name_may_be_escaped(self):
        self.assertEqual(self.server.predict("%61dd", {"instances": [ROW]}).status, 200)
        self.assert_error(self.server.predict("%zz", {"instances": [ROW]}), 400, "hexadecimal|%")

    def test_paths_that_lead_nowhere(self):
        self.assert_error(self.server.curl("POST", "/v1/models/add"), 400, "^Malformed request: POST /v1/models/add$")
        self.assert_error(self.server.curl("GET", "/v1/models"), 400, "^Missing model name in request.$")
        self.assert_error(self.server.curl("GET", "/v1/other/thing"), 400, "^Malformed request: GET ")
        self.assertEqual(self.server.curl("GET", "/v2").status, 404)
        for path in ("add:predict", "add/versions/1:classify", "add/labels/stable:regress"):
            answer = self.server.curl("GET", f"/v1/models/{path}")
            self.assert_error(answer, 405, f"^Malformed request: GET /v1/models/{path}: expected POST")
            self.assertEqual(answer.header("Allow"), "POST")

    def test_what_is_wrong_is_a_client_error(self):
        for body, pattern in ((b"", "The document is empty"), (b"[1]", "Is not object"), (b"{", "JSON Parse error"),
                              ({"instances": [[1, 2]]}, "INPUT0"), ({"instances": [["x"] * 16]}, "not of expected type"),
                              ({"instances": [{"foo": 1}]}, "does not have named input"),
                              ({"signature_name": "s", "instances": [ROW]}, 'Serving signature name: "s" not found'),
                              ({"inputs": [ROW], "instances": [ROW]}, "only one of"), ({}, "Missing 'inputs'")):
            self.assert_error(self.server.predict("add", body), 400, pattern)
        self.assert_error(self.server.predict("add_sub", {"inputs": {"INPUT0": [ROW]}}), 400, "INPUT0")

    def test_status(self):
        answer = self.server.curl("GET", "/v1/models/add")
        version = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        self.assertEqual((answer.status, answer.json()), (200, {"model_version_status": [version]}))
        self.assertEqual(self.server.curl("GET", "/v1/models/add/versions/1").json(), answer.json())
        self.assert_error(self.server.curl("GET", "/v1/models/none"), 404,
                          "^Could not find any versions of model none$")
        self.assert_error(self.server.curl("GET", "/v1/models/add/versions/7"), 404,
                          "^Could not find version 7 of model add$")

    def test_metadata(self):
        answer = self.server.curl("GET", "/v1/models/add/metadata").json()
        self.assertEqual(answer["model_spec"], {"name": "add", "signature_name": "", "version": "1"})
        signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
        self.assertEqual(signature["inputs"]["INPUT0"]["dtype"], "DT_FLOAT")
        self.assertEqual([dim["size"] for dim in signature["inputs"]["INPUT0"]["tensor_shape"]["dim"]], ["-1", "16"])
        self.assert_error(self.server.curl("GET", "/v1/models/none/metadata"), 404, "Servable not found")

    def test_classify(self):
        answer = self.server.curl("POST", "/v1/models/add:classify", {"examples": [{"INPUT0": ROW}]})
        self.assertEqual(answer.json(), {"results": [[["", score] for score in ONE_MORE]]})
        self.assert_error(self.server.curl("POST", "/v1/models/add:classify", {}), 400, "key 'examples' is expected")

    def test_regress(self):
        answer = self.server.curl("POST", "/v1/models/tree:regress",
                                  {"context": {"INPUT0": [0.0, 0.0]}, "examples": [{}, {"INPUT0": [1.0, 0.0]}]})
        self.assertEqual((answer.status, answer.json()), (200, {"results": [1.0, 2.0]}))
        self.assert_error(self.server.curl("POST", "/v1/models/tree:regress", {"examples": [{"INPUT0": [1.0]}]}), 400,
                          "Values size: 1 but output shape")

    def test_the_other_ports_answer_too(self):
        answer = self.server.curl("POST", "/v1/models/add:predict", {"instances": [ROW]}, port=self.server.port)
        self.assertEqual(answer.json(), {"predictions": [ONE_MORE]})

    def test_a_large_request(self):
        rows = [ROW] * 3000
        answer = self.server.predict("add", {"instances": rows})
        self.assertEqual(answer.json()["predictions"], [ONE_MORE] * 3000)


class Grpc(TfServingTest):
    @classmethod
    def setUpClass(cls):
        cls.server = TfServing(cls.program, cls.models / "good")
        cls.addClassCleanup(cls.server.__exit__)

    def test_predict_in_both_encodings(self):
        content = tensor(tf().DT_FLOAT, [1, 16], tensor_content=b"\0\0\x80\x3f" * 16)
        for value, expected in ((content, [2.0] * 16), (tensor(tf().DT_FLOAT, [1, 16], float_val=ROW), ONE_MORE),
                                (tensor(tf().DT_FLOAT, [1, 16], float_val=[5]), [6.0] * 16),
                                (tensor(tf().DT_FLOAT, [1, 16]), [1.0] * 16)):
            answer = self.server.call("Predict", predict_request("add", INPUT0=value))
            self.assertEqual(list(answer.outputs["OUTPUT0"].float_val), expected)
        self.assertEqual(answer.model_spec.name, "add")
        self.assertEqual(answer.model_spec.version.value, 1)
        self.assertEqual(answer.model_spec.signature_name, "serving_default")

    def test_predict_of_strings_and_integers(self):
        texts = tensor(tf().DT_STRING, [1, 2], string_val=[b"a", b"\xff\0"])
        answer = self.server.call("Predict", predict_request("identity_bytes", INPUT0=texts))
        self.assertEqual(list(answer.outputs["OUTPUT0"].string_val), [b"a", b"\xff\0"])
        ints = tensor(tf().DT_INT64, [1, 2], int64_val=[-1, 1 << 40])
        answer = self.server.call("Predict", predict_request("identity_int64", INPUT0=ints))
        self.assertEqual(list(answer.outputs["OUTPUT0"].int64_val), [-1, 1 << 40])

    def test_a_large_tensor(self):
        count = 150528
        value = tensor(tf().DT_FLOAT, [1, count], tensor_content=b"\0\0\x80\x3f" * count)
        answer = self.server.call("Predict", predict_request("identity_fp32", INPUT0=value))
        self.assertEqual(list(answer.outputs["OUTPUT0"].float_val), [1.0] * count)

    def test_output_filter(self):
        value = tensor(tf().DT_INT32, [1, 16], int_val=[3])
        request = predict_request("add_sub", INPUT0=value, INPUT1=value)
        request.output_filter.append("OUTPUT1")
        answer = self.server.call("Predict", request)
        self.assertEqual(list(answer.outputs), ["OUTPUT1"])
        self.assertEqual(list(answer.outputs["OUTPUT1"].int_val), [0] * 16)
        request.output_filter.append("OUTPUT1")
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "^duplicate output tensor alias: OUTPUT1$",
                          self.server.call, "Predict", request)
        request.output_filter[1] = "A"
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT,
                          r"^output tensor alias not found in signature: A Outputs expected to be in the set "
                          r"\{OUTPUT0,OUTPUT1\}.$", self.server.call, "Predict", request)

    def test_what_is_wrong_is_a_client_error(self):
        value = tensor(tf().DT_FLOAT, [1, 16], float_val=[1])
        wrong = grpc.StatusCode.INVALID_ARGUMENT
        self.assert_fails(wrong, "^Missing ModelSpec$", self.server.call, "Predict", serving().PredictRequest())
        self.assert_fails(wrong, r"^input size does not match signature: 0!=1 len\(\{\}\) != len\(\{INPUT0\}\). "
                                 r"Sent extra: \{\}. Missing but required: \{INPUT0\}.$",
                          self.server.call, "Predict", predict_request("add"))
        self.assert_fails(wrong, "INPUT0", self.server.call, "Predict",
                          predict_request("add", INPUT0=tensor(tf().DT_INT32, [1, 16], int_val=[1])))
        self.assert_fails(grpc.StatusCode.RESOURCE_EXHAUSTED, "bytes of elements", self.server.call, "Predict",
                          predict_request("add", INPUT0=tensor(tf().DT_FLOAT, [1 << 40], float_val=[1])))
        self.assert_fails(grpc.StatusCode.NOT_FOUND, r"^Servable not found for request: Latest\(none\)$",
                          self.server.call, "Predict", predict_request("none", INPUT0=value))
        request = predict_request("add", INPUT0=value)
        request.model_spec.signature_name = "s"
        self.assert_fails(grpc.StatusCode.FAILED_PRECONDITION, '^Serving signature key "s" not found.$', self.server.call,
                          "Predict", request)

    def test_classify_regress_and_both(self):
        request = serving().ClassificationRequest()
        request.model_spec.name = "add"
        request.input.example_list.examples.append(example(INPUT0=ROW))
        classes = self.server.call("Classify", request).result.classifications[0].classes
        self.assertEqual([one.score for one in classes], ONE_MORE)

        request = serving().RegressionRequest()
        request.model_spec.name = "tree"
        request.input.example_list_with_context.examples.extend([example(INPUT0=[1.0, 0.0]), tf().Example()])
        request.input.example_list_with_context.context.CopyFrom(example(INPUT0=[0.0, 0.0]))
        answer = self.server.call("Regress", request)
        self.assertEqual([one.value for one in answer.result.regressions], [2.0, 1.0])

        request = serving().MultiInferenceRequest()
        task = request.tasks.add(method_name="tensorflow/serving/regress")
        task.model_spec.name = "tree"
        request.input.example_list.examples.append(example(INPUT0=[1.0, 0.0]))
        answer = self.server.call("MultiInference", request)
        self.assertEqual(answer.results[0].regression_result.regressions[0].value, 2.0)
        self.assertEqual(answer.results[0].model_spec.version.value, 1)
        request.tasks.append(task)
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "^Duplicate evaluation of signature", self.server.call,
                          "MultiInference", request)

    def test_metadata_and_status(self):
        request = serving().GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = "add"
        answer = self.server.call("GetModelMetadata", request)
        signatures = serving().SignatureDefMap()
        self.assertTrue(answer.metadata["signature_def"].Unpack(signatures))
        self.assertEqual(signatures.signature_def["serving_default"].inputs["INPUT0"].dtype, tf().DT_FLOAT)
        request = serving().GetModelStatusRequest()
        request.model_spec.name = "add"
        answer = self.server.call("GetModelStatus", request, MODEL)
        self.assertEqual([(v.version, v.state) for v in answer.model_version_status], [(1, 30)])

    def test_the_other_ports_answer_too(self):
        value = tensor(tf().DT_FLOAT, [1, 16], float_val=ROW)
        answer = self.server.call("Predict", predict_request("add", INPUT0=value), port=self.server.grpc_port)
        self.assertEqual(list(answer.outputs["OUTPUT0"].float_val), ONE_MORE)

    def test_there_is_no_list_of_models_to_replace(self):
        self.assert_fails(grpc.StatusCode.UNIMPLEMENTED, "list", self.server.call, "HandleReloadConfigRequest",
                          serving().ReloadConfigRequest(), MODEL)


class Pictures(TfServingTest):
    """For a model around which they are decoded."""

    @classmethod
    def setUpClass(cls):
        cls.server = TfServing(cls.program, cls.models / "triton" / "colours")
        cls.addClassCleanup(cls.server.__exit__)
        cls.files = [picture((255, 0, 0), (40, 10)), picture((0, 0, 255), (5, 9))]

    def assert_red_and_blue(self, texts):
        self.assertEqual([next(iter(json.loads(text))) for text in texts], ["red", "blue"])

    def test_as_strings(self):
        coded = [{"b64": base64.b64encode(each).decode()} for each in self.files]
        for body in ({"instances": coded}, {"instances": [{"pixels": each} for each in coded]}):
            self.assert_red_and_blue(self.server.predict("colours", body).json()["predictions"])
        for body in ({"inputs": coded}, {"inputs": {"pixels": coded}}):
            self.assert_red_and_blue(self.server.predict("colours", body).json()["outputs"])
        wrong = self.server.predict("colours", {"instances": [{"b64": base64.b64encode(b"no picture").decode()}]})
        self.assert_error(wrong, 400, "expected bytes of a JPEG, PNG or WebP image")

    def test_pixels_are_numbers_as_ever(self):
        answer = self.server.predict("colours", {"instances": [[[[255, 0, 0]] * 4] * 4]})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(len(answer.json()["predictions"][0]), 10)

    def test_over_grpc(self):
        strings = tensor(tf().DT_STRING, [2], string_val=self.files)
        outputs = self.server.call("Predict", predict_request("colours", pixels=strings)).outputs
        self.assertEqual(list(outputs), ["classes"])
        self.assert_red_and_blue(outputs["classes"].string_val)


class Configuration(TfServingTest):
    """Base paths, lists of models, and what TF Serving's program is told."""

    def setUp(self):
        self.root = self.folder()
        self.base("one", "add", "1")
        self.base("two", "identity_fp32", "00000007")

    def base(self, name, model, version):
        folder = self.root / name / version
        folder.mkdir(parents=True)
        shutil.copy(self.models / "good" / model / "1" / "model.onnx", folder / "model.onnx")

    def entry(self, name, base, more=""):
        return f'config {{ name: "{name}" base_path: "{self.root / base}" {more} }}'

    def config(self, *entries):
        return "model_config_list {\n" + "\n".join(entries) + "\n}\n"

    def versions(self, server, model):
        answer = server.curl("GET", f"/v1/models/{model}")
        if answer.status != 200:
            return []
        return [int(v["version"]) for v in answer.json()["model_version_status"] if v["state"] == "AVAILABLE"]

    def test_a_base_path_under_a_name(self):
        server = self.start("--tfserving-model-base-path", self.root / "two", "--tfserving-model-name", "m")
        self.assertEqual(self.versions(server, "m"), [7])
        self.assertEqual(server.predict("m", {"instances": [[1.0]]}).json(), {"predictions": [[1.0]]})

    def test_new_versions_are_served_as_they_come(self):
        server = self.start("--tfserving-model-base-path", self.root / "one", "--tfserving-model-name", "m",
                            "--repository-poll-secs", "50ms")
        self.base("one", "identity_fp32", "2")
        wait_until(lambda: 2 in self.versions(server, "m"), "version 2 serves")

    def test_a_list_of_models(self):
        self.base("one", "identity_fp32", "2")
        file = self.root / "models.config"
        policy = "model_version_policy { specific { versions: 1 versions: 2 } } " \
                 'version_labels { key: "stable" value: 1 }'
        file.write_text(self.config(self.entry("a", "one", policy), self.entry("b", "two")))
        server = self.start("--tfserving-config", file)
        self.assertEqual((self.versions(server, "a"), self.versions(server, "b")), ([2, 1], [7]))
        answer = server.predict("a/labels/stable", {"instances": [ROW]})
        self.assertEqual(answer.json(), {"predictions": [ONE_MORE]})

    def test_the_file_is_looked_at_again_and_a_mistake_changes_nothing(self):
        file = self.root / "models.config"
        file.write_text(self.config(self.entry("a", "one")))
        server = self.start("--tfserving-config", file, "--tfserving-config-poll", "50ms")
        self.assertEqual(self.versions(server, "a"), [1])
        file.write_text("model_config_list {\n  config { nam: 'x' }\n}\n")
        wait_until(lambda: "line 2, column 15" in server.log(), "the mistake is logged")
        self.assertEqual(self.versions(server, "a"), [1])
        file.write_text(self.config(self.entry("b", "two")))
        wait_until(lambda: self.versions(server, "b") == [7], "the other model serves")
        wait_until(lambda: not self.versions(server, "a"), "the first one has gone")

    def test_clients_may_replace_the_list(self):
        server = self.start("--tfserving-model-base-path", self.root / "one", "--tfserving-model-name", "a",
                            "--tfserving-allow-reload", "on")
        request = serving().ReloadConfigRequest()
        request.config.model_config_list.config.add(name="b", base_path=str(self.root / "two"))
        answer = server.call("HandleReloadConfigRequest", request, MODEL)
        self.assertEqual(answer.status.error_code, 0)
        self.assertEqual((self.versions(server, "a"), self.versions(server, "b")), ([], [7]))
        request.config.model_config_list.config[0].base_path = str(self.root / "nothing")
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "Could not find base path", server.call,
                          "HandleReloadConfigRequest", request, MODEL)
        self.assertEqual(self.versions(server, "b"), [7])

    def test_a_start_with_a_wrong_file_says_where(self):
        file = self.root / "models.config"
        for text, pattern in (("model_config_list {\n config { nam: 1 }\n}", "line 2, column"),
                              (self.config(self.entry("a", "nothing")), "Could not find base path")):
            file.write_text(text)
            ended = self.run_trireme("serve", "--tfserving-config", file, "--dialects", "tfserving")
            self.assertEqual(ended.returncode, 2, ended)
            self.assertRegex(ended.stderr, pattern)

    def test_metrics_under_its_names(self):
        file = self.root / "monitoring.config"
        file.write_text('prometheus_config { enable: true path: "/monitoring/prometheus/metrics" }')
        server = self.start(self.root / "one", "--tfserving-monitoring", file)
        server.predict("one", {"instances": [ROW]})
        server.predict("none", {"instances": [ROW]})
        page = server.curl("GET", "/monitoring/prometheus/metrics").body.decode()
        self.assertIn(':tensorflow:serving:request_count{model_name="one",status="OK"} 1', page)
        self.assertIn(':tensorflow:serving:request_count{model_name="",status="NOT_FOUND"} 1', page)
        self.assertRegex(page, r':tensorflow:serving:request_latency_bucket\{model_name="one",API="predict",'
                               r'entrypoint="REST",le="\+Inf"\} 1')

    def test_keys_are_asked_for(self):
        keys = self.root / "keys.txt"
        made = self.run_trireme("keys", "add", keys, "web", "--role", "infer", "--model", "one")
        key = made.stdout.strip()
        server = self.start(self.root / "one", self.root / "two", "--keys", keys)
        headers = {"Authorization": f"Bearer {key}"}
        for model, given, status in (("one", headers, 200), ("one", {}, 401), ("two", headers, 403)):
            answer = server.curl("POST", f"/v1/models/{model}:predict", {"instances": [ROW]}, given)
            self.assertEqual(answer.status, status, answer)
        request = predict_request("two", INPUT0=tensor(tf().DT_FLOAT, [1, 1], float_val=[1]))
        self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, ".", server.call, "Predict", request)

    def test_its_program(self):
        program = Path(self.program).parent / "tensorflow_model_server"
        run = lambda *arguments: subprocess.run([program, *arguments], text=True, capture_output=True, timeout=60,
                                                env=without_settings(os.environ))
        self.assertRegex(run("--version").stdout, "^TensorFlow ModelServer: .*\nTensorFlow Library: ")
        unknown = run("--model_nam=x")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("'--model_nam'", unknown.stderr)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen([program, "--port=0", f"--rest_api_port={port}", f"--model_base_path={self.root / 'one'}",
                                    "--model_name=m", "--rest_api_num_threads=4"], stderr=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL, env=without_settings(os.environ))
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        log = []
        for line in process.stderr:
            log.append(line)
            if line.startswith("Exporting HTTP/REST API at:"):
                break
        self.assertIn("--rest_api_num_threads", "".join(log))
        with Connection(port) as connection:
            answer = connection.ask("POST", "/v1/models/m:predict", json.dumps({"instances": [ROW]}).encode(), {})
        self.assertEqual(answer.json(), {"predictions": [ONE_MORE]})


if __name__ == "__main__":
    unittest.main()
