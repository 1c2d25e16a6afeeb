# SPDX-License-Identifier: Apache-2.0
"""TF Serving's clients and SavedModels: signatures, tf.Example, warm-up files, base paths and lists of models."""
import base64
import json
import os
import shutil
import struct
import sys
import tempfile
import unittest
from pathlib import Path

import grpc
import numpy

from test_tfserving import TfServingTest, example, predict_request, serving, tensor, tf
from trireme import wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "savedmodel"))
import saved_model as sm  # noqa: E402: of the folder above

FLOAT, INT64, STRING = sm.Type(1), sm.Type(9), sm.Type(7)
EMPTY = numpy.array([], object)
DATA = os.environ.get("TRIREME_TEST_DATA")
CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


def several(folder, half=0.5, *, broken=False):
    """y = x * half + 2, asked as tensors, and as tf.Examples with the features x, ids and text."""
    nodes = [sm.placeholder("text", object, (-1,)), sm.const("names", EMPTY), sm.const("none", EMPTY),
             sm.const("dense", ["x", "ids", "word"]), sm.const("default_x", numpy.array([], numpy.float32)),
             sm.const("default_ids", numpy.int64([3, 4])), sm.const("default_word", ["plain"]),
             sm.node("parse", "ParseExampleV2",
                     ["text", "names", "none", "dense", "none", "default_x", "default_ids", "default_word"],
                     Tdense=[FLOAT, INT64, STRING], dense_shapes=[sm.Shape((1,)), sm.Shape((2,)), sm.Shape((1,))]),
             sm.const("half", numpy.float32(half)), sm.const("two", numpy.float32(2)),
             sm.node("mul", "Mul", ["parse:0", "half"], T=FLOAT), sm.node("y", "AddV2", ["mul", "two"], T=FLOAT),
             sm.node("same_ids", "Identity", ["parse:1"], T=INT64), sm.node("word", "Identity", ["parse:2"], T=STRING),
             sm.node("fancy", "Fancy", ["y"], T=FLOAT)]
    rows, examples = (-1, 1), {"inputs": ("text:0", 7, None)}
    signatures = {
        "serving_default": sm.signature({"x": ("parse:0", 1, rows)}, {"y": ("y:0", 1, rows)}),
        "product": sm.signature({"x": ("parse:0", 1, rows)}, {"z": ("mul:0", 1, rows)}),
        "classify": sm.signature(examples, {"classes": ("word:0", 7, rows), "scores": ("y:0", 1, rows)}, CLASSIFY),
        "regress": sm.signature(examples, {"outputs": ("y:0", 1, rows)}, REGRESS),
        "parsed": sm.signature({"examples": ("text:0", 7, (-1,))},
                               {"y": ("y:0", 1, rows), "ids": ("same_ids:0", 9, (-1, 2)), "word": ("word:0", 7, rows)}),
    }
    if broken:
        signatures["broken"] = sm.signature({"x": ("parse:0", 1, rows)}, {"y": ("fancy:0", 1, rows)})
    return sm.write(folder, sm.saved_model(sm.meta_graph(nodes, signatures)))


def log_record(kind, request):
    """A PredictionLog; kind is its field."""
    return sm.data(kind, sm.data(1, request.SerializeToString()))


def record(data):
    length = struct.pack("<Q", len(data))
    return b"".join(part + struct.pack("<I", sm.masked(sm.crc32c(part))) for part in (length, data))


def write_logs(folder, *logs):
    folder = folder / "assets.extra"
    folder.mkdir(exist_ok=True)
    (folder / "tf_serving_warmup_requests").write_bytes(b"".join(record(log) for log in logs))


def inference_request(made, *examples, context=None, model="m", signature=None):
    made.model_spec.name = model
    if signature:
        made.model_spec.signature_name = signature
    if context is None:
        made.input.example_list.examples.extend(examples)
    else:
        made.input.example_list_with_context.examples.extend(examples)
        made.input.example_list_with_context.context.CopyFrom(context)
    return made


def multi_request(tasks, *examples, model="m"):
    made = serving().MultiInferenceRequest()
    for signature, method in tasks:
        task = made.tasks.add(method_name=method)
        task.model_spec.name = model
        task.model_spec.signature_name = signature
    made.input.example_list.examples.extend(examples)
    return made


class Signatures(TfServingTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        from test_tfserving import TfServing
        cls.root = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.root, True)
        several(cls.root / "m" / "1", broken=True)
        cls.server = TfServing(cls.program, cls.root / "m")
        cls.addClassCleanup(cls.server.__exit__)

    def ask(self, verb, body, model="m"):
        return self.server.curl("POST", f"/v1/models/{model}:{verb}", body)

    def test_are_named_by_requests(self):
        self.assertEqual(self.ask("predict", {"instances": [[4.0]]}).json(), {"predictions": [[4.0]]})
        for signature, name, value in (("serving_default", "y", 4.0), ("product", "z", 2.0)):
            rows = self.ask("predict", {"signature_name": signature, "instances": [[4.0]]})
            self.assertEqual((rows.status, rows.json()), (200, {"predictions": [[value]]}))
            last = self.ask("predict", {"instances": [{"x": [4.0]}, {"x": [4.0]}], "signature_name": signature})
            self.assertEqual(last.json(), {"predictions": [[value]] * 2})
            request = predict_request("m", x=tensor(tf().DT_FLOAT, [1, 1], float_val=[4]))
            request.model_spec.signature_name = signature
            answer = self.server.call("Predict", request)
            self.assertEqual(list(answer.outputs[name].float_val), [value])
            self.assertEqual(answer.model_spec.signature_name, signature)

    def test_rows_of_one_number_may_be_the_number(self):
        self.assertEqual(self.ask("predict", {"instances": [4.0, 6.0]}).json(), {"predictions": [4.0, 5.0]})
        self.assertEqual(self.ask("predict", {"inputs": {"x": [4.0, 6.0]}}).json(), {"outputs": [4.0, 5.0]})
        answer = self.server.call("Predict", predict_request("m", x=tensor(tf().DT_FLOAT, [2], float_val=[4, 6])))
        self.assertEqual([d.size for d in answer.outputs["y"].tensor_shape.dim], [2])
        self.assert_error(self.ask("predict", {"instances": 4.0}), 400, "Expecting 'instances' to be an list")
        self.assert_error(self.ask("predict", {"inputs": {"x": 4.0}}), 400, "input 'x' has shape")

    def test_that_are_not_there_are_refused(self):
        body = {"signature_name": "none", "instances": [[4.0]]}
        self.assert_error(self.ask("predict", body), 400, '^Serving signature name: "none" not found in signature def$')
        for verb in ("classify", "regress"):
            body = {"signature_name": "none", "examples": [{"x": 4.0}]}
            self.assert_error(self.ask(verb, body), 400, "^No signature was found with the name: none$")
        self.assert_error(self.ask("predict", {"signature_name": 3, "instances": [[4.0]]}), 400, "must be a string value")
        request = predict_request("m", x=tensor(tf().DT_FLOAT, [1, 1], float_val=[4]))
        request.model_spec.signature_name = "none"
        self.assert_fails(grpc.StatusCode.FAILED_PRECONDITION, '^Serving signature key "none" not found.$',
                          self.server.call, "Predict", request)
        tasks = [("regress", REGRESS), ("none", CLASSIFY)]
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "No signature was found with the name: none", self.server.call,
                          "MultiInference", multi_request(tasks, example(x=[4.0])))

    def test_that_cannot_be_converted_say_why_and_disturb_no_other(self):
        for _ in range(2):
            answer = self.ask("predict", {"signature_name": "broken", "instances": [[4.0]]})
            self.assert_error(answer, 400, r"signature 'broken': operators that cannot be converted: Fancy \(node 'fancy'\)")
        self.assertEqual(self.ask("predict", {"instances": [[4.0]]}).status, 200)

    def test_metadata(self):
        metadata = self.server.curl("GET", "/v1/models/m/metadata").json()
        self.assertEqual(metadata["model_spec"], {"name": "m", "signature_name": "", "version": "1"})
        definitions = metadata["metadata"]["signature_def"]["signature_def"]
        self.assertEqual(sorted(definitions), ["broken", "classify", "parsed", "product", "regress", "serving_default"])
        self.assertEqual(definitions["regress"], {
            "inputs": {"inputs": {"dtype": "DT_STRING", "tensor_shape": {"dim": [], "unknown_rank": True}, "name": "text:0"}},
            "outputs": {"outputs": {"dtype": "DT_FLOAT", "name": "y:0", "tensor_shape": {
                "dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}], "unknown_rank": False}}},
            "method_name": REGRESS, "defaults": {}})
        request = serving().GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = "m"
        answer = self.server.call("GetModelMetadata", request)
        definitions = serving().SignatureDefMap()
        self.assertTrue(answer.metadata["signature_def"].Unpack(definitions))
        self.assertEqual(definitions.signature_def["classify"].method_name, CLASSIFY)
        self.assertEqual(definitions.signature_def["product"].outputs["z"].name, "mul:0")

    def test_classify_and_regress_parse_examples(self):
        answer = self.ask("regress", {"signature_name": "regress", "examples": [{"x": [4.0]}, {"x": 6.0}]})
        self.assertEqual(answer.json(), {"results": [4.0, 5.0]})
        body = {"signature_name": "classify", "context": {"word": "all"},
                "examples": [{"x": 4.0}, {"x": 6.0, "word": {"b64": base64.b64encode(b"one").decode()}}]}
        self.assertEqual(self.ask("classify", body).json(), {"results": [[["all", 4.0]], [["one", 5.0]]]})
        answer = self.server.call("Classify", inference_request(
            serving().ClassificationRequest(), example(x=[4.0]), example(x=[6.0], word=[b"one"]), signature="classify"))
        classes = [(c.classes[0].label, c.classes[0].score) for c in answer.result.classifications]
        self.assertEqual(classes, [("plain", 4.0), ("one", 5.0)])
        self.assertEqual((answer.model_spec.signature_name, answer.model_spec.version.value), ("classify", 1))
        answer = self.server.call("Regress", inference_request(
            serving().RegressionRequest(), example(), example(x=[6.0]), context=example(x=[2.0]), signature="regress"))
        self.assertEqual([r.value for r in answer.result.regressions], [3.0, 5.0])

    def test_several_are_asked_at_once(self):
        tasks = [("regress", REGRESS), ("classify", CLASSIFY)]
        answer = self.server.call("MultiInference", multi_request(tasks, example(x=[4.0]), example(x=[6.0])))
        regress, classify = answer.results
        self.assertEqual([r.value for r in regress.regression_result.regressions], [4.0, 5.0])
        self.assertEqual([c.classes[0].score for c in classify.classification_result.classifications], [4.0, 5.0])
        self.assertEqual([r.model_spec.signature_name for r in answer.results], ["regress", "classify"])

    def test_predict_takes_serialized_examples(self):
        examples = [example(x=[4.0], ids=[7, 8]).SerializeToString(), example(x=[6.0], word=[b"w"]).SerializeToString()]
        body = {"signature_name": "parsed", "instances": [{"b64": base64.b64encode(e).decode()} for e in examples]}
        answer = self.ask("predict", body)
        self.assertEqual(answer.json(), {"predictions": [{"y": [4.0], "ids": [7, 8], "word": ["plain"]},
                                                         {"y": [5.0], "ids": [3, 4], "word": ["w"]}]})
        request = predict_request("m", examples=tensor(tf().DT_STRING, [2], string_val=examples))
        request.model_spec.signature_name = "parsed"
        request.output_filter.append("ids")
        answer = self.server.call("Predict", request)
        self.assertEqual(list(answer.outputs["ids"].int64_val), [7, 8, 3, 4])
        self.assertEqual(list(answer.outputs), ["ids"])

    def test_what_is_wrong_with_examples_is_named(self):
        for examples, pattern in (
                ([{"x": 4.0}, {"ids": [1, 2]}], "Example 1, Feature: x .*is required but could not be found"),
                ([{"x": 4}], "Key: x, Index: 0.*Data types don't match. Expected type: float but got .*int64"),
                ([{"x": "a"}], "Key: x, Index: 0.*Expected type: float"),
                ([{"x": [1.0, 2.0]}], "Key: x, Index: 0.*Values size: 2 but output shape: .1."),
                ([{"x": 4.0}, {"x": 4.0, "ids": [1]}], "Key: ids, Index: 1.*Values size: 1"),
                ([{"x": []}], "Example 0, Feature: x .*is required|Values size: 0"),
                ([], "No values in 'examples' array"),
                (["x"], "Is not object")):
            answer = self.ask("regress", {"signature_name": "regress", "examples": examples})
            self.assert_error(answer, 400, pattern)
        self.assert_error(self.ask("regress", {"signature_name": "regress"}), 400, "key 'examples' is expected")
        for instances, pattern in ((["AAAA"], "example"), ([["a"]], "expected serialized tf.Examples"), ([3], "type: string")):
            self.assert_error(self.ask("predict", {"signature_name": "parsed", "instances": instances}), 400, pattern)
        request = predict_request("m", examples=tensor(tf().DT_STRING, [2], string_val=[b"\xff", b""]))
        request.model_spec.signature_name = "parsed"
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "example", self.server.call, "Predict", request)
        request = predict_request("m", wrong=tensor(tf().DT_STRING, [1], string_val=[b""]))
        request.model_spec.signature_name = "parsed"
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, r"Sent extra: \{wrong\}. Missing but required: \{examples\}",
                          self.server.call, "Predict", request)

    def test_classify_and_regress_are_for_signatures_of_their_own(self):
        for verb, signature in (("classify", "regress"), ("regress", "classify")):
            answer = self.ask(verb, {"signature_name": signature, "examples": [{"x": 4.0}]})
            self.assert_error(answer, 400, f"signature method_name to be tensorflow/serving/{verb}. Was: "
                                           f"tensorflow/serving/{signature}$")
        request = inference_request(serving().RegressionRequest(), example(x=[4.0]), signature="classify")
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "Expected regression signature method_name",
                          self.server.call, "Regress", request)
        tasks = [("regress", REGRESS), ("classify", REGRESS)]
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "Expected regression signature method_name",
                          self.server.call, "MultiInference", multi_request(tasks, example(x=[4.0])))

    def test_other_protocols_ask_it_too(self):
        v2 = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [4.0]}]}).encode()
        for path, body in (("/v2/models/m/infer", v2), ("/invocations", v2), ("/predictions/m", b"[[4.0]]")):
            answer = self.server.ask("POST", path, body, {"Content-Type": "application/json"})
            self.assertEqual(answer.status, 200, answer)
            self.assertIn(b"4", answer.body)


class WithoutADefault(TfServingTest):
    def test_each_is_asked_by_its_name(self):
        root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, root, True)
        nodes = [sm.placeholder("x", numpy.float32, (-1,)), sm.node("neg", "Neg", ["x"], T=FLOAT),
                 sm.node("exp", "Exp", ["x"], T=FLOAT)]
        signatures = {name: sm.signature({"x": ("x:0", 1, (-1,))}, {"y": (name + ":0", 1, (-1,))})
                      for name in ("neg", "exp")}
        sm.write(root / "m" / "1", sm.saved_model(sm.meta_graph(nodes, signatures)))
        sm.write(root / "chosen" / "1", sm.saved_model(sm.meta_graph(nodes, signatures)))
        (root / "chosen" / "config.pbtxt").write_text(
            'parameters { key: "signature" value { string_value: "neg" } }\n')
        server = self.start(root)
        for name, value in (("exp", 1.0), ("neg", 0.0)):
            answer = server.predict("m", {"signature_name": name, "instances": [0.0]})
            self.assertEqual((answer.status, answer.json()), (200, {"predictions": [value]}))
        self.assert_error(server.predict("m", {"instances": [0.0]}), 400,
                          '^Serving signature name: "serving_default" not found in signature def$')
        self.assert_error(server.curl("POST", "/v1/models/m:regress", {"examples": [{"x": 1.0}]}), 400,
                          "^No signature was found with the name: serving_default$")
        x = tensor(tf().DT_FLOAT, [1], float_val=[0])
        self.assert_fails(grpc.StatusCode.FAILED_PRECONDITION, '^Serving signature key "serving_default" not found.$',
                          server.call, "Predict", predict_request("m", x=x))
        # Where a config chooses one it is meant.
        self.assertEqual(server.predict("chosen", {"instances": [2.0]}).json(), {"predictions": [-2.0]})


class WhileItChanges(TfServingTest):
    def setUp(self):
        super().setUp()
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root, True)

    def test_a_new_version_has_its_own_signatures(self):
        several(self.root / "m" / "1", half=0.5)
        server = self.start(self.root / "m", "--repository-poll-secs", "50ms")
        body = {"signature_name": "product", "instances": [[4.0]]}
        self.assertEqual(server.predict("m", body).json(), {"predictions": [[2.0]]})
        several(self.root / "next", half=2)
        (self.root / "next").rename(self.root / "m" / "2")
        answers = set()

        def is_new():
            answer = server.predict("m", body)
            self.assertEqual(answer.status, 200, answer)
            answers.add(answer.json()["predictions"][0][0])
            return 8.0 in answers

        wait_until(is_new, "the new version answers")
        self.assertLessEqual(answers, {2.0, 8.0})

    def test_warm_up_files_are_replayed(self):
        folder = several(self.root / "m" / "00000123")
        predict = predict_request("anything", x=tensor(tf().DT_FLOAT, [1, 1], float_val=[4]))
        write_logs(folder, log_record(6, predict),
                   log_record(3, inference_request(serving().RegressionRequest(), example(x=[1.0]), signature="regress")),
                   log_record(2, inference_request(serving().ClassificationRequest(), example(x=[1.0]), signature="classify")),
                   log_record(4, multi_request([("regress", REGRESS), ("classify", CLASSIFY)], example(x=[2.0]))))
        server = self.start(self.root / "m")
        self.assertIn("warmed up with 1 logged request", server.log())
        self.assertEqual(server.curl("GET", "/v1/models/m").json()["model_version_status"][0]["version"], "123")
        self.assertEqual(self.run_trireme("check", self.root / "m").returncode, 0)

    def test_a_wrong_warm_up_file_fails_the_load_and_is_found_by_check(self):
        good = log_record(6, predict_request("m", x=tensor(tf().DT_FLOAT, [1, 1], float_val=[4])))
        for name, logs, pattern in (
                ("wrong", [good, log_record(6, predict_request("m", z=tensor(tf().DT_FLOAT, [1], float_val=[4])))],
                 "record 1: input size does not match signature"),
                ("session", [sm.data(5, b"")], "found session_run_log"),
                ("none", [sm.data(1, b"")], "found none"),
                ("many", [good] * 1001, "expected at most 1000 records, found more"),
                ("signature", [log_record(3, inference_request(serving().RegressionRequest(), example(x=[1.0]),
                                                               signature="nothing"))], "with the name: nothing"),
                ("bytes", None, "record 0: the checksum of its bytes does not fit")):
            folder = several(self.root / name / "1")
            write_logs(folder, *(logs or [good]))
            if logs is None:
                file = folder / "assets.extra" / "tf_serving_warmup_requests"
                data = bytearray(file.read_bytes())
                data[20] ^= 1
                file.write_bytes(data)
            checked = self.run_trireme("check", "--json", self.root / name)
            self.assertEqual(checked.returncode, 1, name)
            self.assertRegex(checked.stdout, pattern)
        several(self.root / "good" / "1")
        server = self.start(self.root)
        self.assertEqual(server.predict("good", {"instances": [[4.0]]}).status, 200)
        for name in ("wrong", "session", "none", "many", "signature", "bytes"):
            state = server.curl("GET", f"/v1/models/{name}").json()["model_version_status"][0]
            self.assertEqual(state["state"], "END", name)
            self.assertIn("tf_serving_warmup_requests", state["status"]["error_message"])
        server.__exit__()
        server = self.start(self.root / "wrong", "--tfserving-warmup", "off")
        self.assertEqual(server.predict("wrong", {"instances": [[4.0]]}).status, 200)

    def test_base_paths_folders_and_lists_are_served_and_checked(self):
        several(self.root / "base" / "7")
        several(self.root / "padded" / "00000007")
        config = self.root / "models.config"
        config.write_text('model_config_list: {\n  config: { name: "m", base_path: "%s", model_platform: "tensorflow" }\n}\n'
                          % (self.root / "padded"))
        for path, model, version in ((self.root / "base", "base", "7"), (self.root / "padded", "padded", "7"),
                                     (self.root / "base" / "7", "7", "1"), (config, "m", "7")):
            checked = self.run_trireme("check", "--json", path)
            self.assertEqual(checked.returncode, 0, checked)
            self.assertEqual([m["name"] for m in json.loads(checked.stdout)["models"]], [model])
            server = self.start(path)
            answer = server.predict(model, {"signature_name": "product", "instances": [[4.0]]})
            self.assertEqual(answer.json(), {"predictions": [[2.0]]})
            status = server.curl("GET", f"/v1/models/{model}").json()["model_version_status"]
            self.assertEqual([s["version"] for s in status], [version])
            server.__exit__()
        several(self.root / "partly" / "1", broken=True)
        checked = self.run_trireme("check", self.root / "partly")
        self.assertEqual(checked.returncode, 0, checked)
        self.assertIn("not to be asked", checked.stdout)
        self.assertIn("signature 'broken': operators that cannot be converted: Fancy", checked.stdout)
        config.write_text("model_config_list {\n config { nam: 'm' }\n}\n")
        checked = self.run_trireme("check", config)
        self.assertEqual(checked.returncode, 1)
        self.assertIn("line 2, column", checked.stderr)

    def test_signatures_leave_memory_with_their_model(self):
        several(self.root / "m" / "1")
        server = self.start(self.root / "m", "--model-idle-timeout", "100ms")
        body = {"signature_name": "product", "instances": [[4.0]]}
        for _ in range(3):
            self.assertEqual(server.predict("m", body).json(), {"predictions": [[2.0]]})
            wait_until(lambda: "model unloaded" in server.log(), "it was idle")


@unittest.skipUnless(DATA, "TRIREME_TEST_DATA is not set")
class HalfPlusTwo(TfServingTest):
    def test_answers_as_in_the_vendors_tests(self):
        for folder in ("half_plus_two_cpu", "half_plus_two_tf2_cpu"):
            server = self.start(Path(DATA) / "savedmodel" / folder)

            def ask(verb, body):
                answer = server.curl("POST", f"/v1/models/{folder}:{verb}", body)
                self.assertEqual(answer.status, 200, answer)
                return answer.json()

            if "tf2" not in folder:  # whose file says that it takes one number
                self.assertEqual(ask("predict", {"instances": [1.0, 2.0, 5.0]}), {"predictions": [2.5, 3.0, 4.5]})
            self.assertEqual(ask("classify", {"signature_name": "classify_x_to_y", "examples": [{"x": 1.0}, {"x": 2.0}]}),
                             {"results": [[["", 2.5]], [["", 3.0]]]})
            self.assertEqual(ask("regress", {"signature_name": "regress_x_to_y", "examples": [{"x": 1.0}]}),
                             {"results": [2.5]})
            tasks = [("regress_x_to_y", REGRESS), ("classify_x_to_y", CLASSIFY)]
            answer = server.call("MultiInference", multi_request(tasks, example(x=[2.0]), model=folder))
            self.assertEqual(answer.results[0].regression_result.regressions[0].value, 3.0)
            self.assertEqual(answer.results[1].classification_result.classifications[0].classes[0].score, 3.0)
            server.__exit__()


    def test_messages_that_are_called_floats(self):
        server = self.start(Path(DATA) / "savedmodel" / "half_plus_three")
        signature = "tensorflow/serving/regress"
        answer = server.curl("POST", "/v1/models/half_plus_three:regress",
                             {"signature_name": signature, "examples": [{"x": 1.0}, {"x": [2.0]}]})
        self.assertEqual((answer.status, answer.json()), (200, {"results": [3.5, 4.0]}))
        answer = server.call("Regress", inference_request(serving().RegressionRequest(), example(x=[1.0]),
                                                          model="half_plus_three", signature=signature))
        self.assertEqual([r.value for r in answer.result.regressions], [3.5])
        serialized = base64.b64encode(example(x=[1.0]).SerializeToString()).decode()
        answer = server.predict("half_plus_three", {"signature_name": signature, "instances": [{"b64": serialized}]})
        self.assertEqual(answer.json(), {"predictions": [[3.5]]})


del TfServingTest

if __name__ == "__main__":
    unittest.main()
