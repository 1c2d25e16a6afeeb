# SPDX-License-Identifier: Apache-2.0
"""`trireme check` says what would be served and what is wrong, and prints calls that work."""
import json
import re
import subprocess
import sys

from serving import ServingTest

# What must be found where: field and severity; the place in the file where a file is to blame.
FAULTS = {
    "field_typo": (r"max_batchsize", "error"),
    "wrong_value": (r"", "error"),
    "unknown_enum": (r"data_type", "error"),
    "syntax_error": (r"", "error"),
    "other_name": (r"name", "error"),
    "wrong_dims": (r"input\[1\]\.dims", "error"),
    "wrong_data_type": (r"input\[0\]\.data_type", "error"),
    "unknown_tensor": (r"input\[1\]\.name", "error"),
    "wrong_reshape": (r"input\[0\]\.reshape", "error"),
    "missing_labels": (r"output\[0\]\.label_filename", "error"),
    "ensemble": (r"platform|ensemble_scheduling", "error"),
    "python_model": (r"backend", "error"),
    "short_labels": (r"output\[0\]\.label_filename", "warning"),
    "sequence_batching": (r"sequence_batching", "warning"),
}


class CheckTest(ServingTest):
    def check(self, *arguments, code=0):
        result = self.run_trireme("check", *arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def report(self, *arguments, code=0):
        result = self.check("--json", *arguments, code=code)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.count("\n"), 1)
        return json.loads(result.stdout)


class Reports(CheckTest):
    def test_what_can_be_served_is_success(self):
        for repository in ("good", "triton"):
            with self.subTest(repository=repository):
                report = self.report(self.models / repository)
                self.assertTrue(report["ok"])
                self.assertEqual([model["name"] for model in report["models"] if not model["servable"]], [])
                self.assertEqual({model["name"] for model in report["models"]},
                                 {path.name for path in (self.models / repository).iterdir()})

    def test_it_says_what_a_server_says(self):
        report = self.report(self.models / "triton")
        server = self.serve(self.models / "triton")
        for model in report["models"]:
            with self.subTest(model=model["name"], version=model["version"]):
                metadata = server.ask("GET", f"/v2/models/{model['name']}/versions/{model['version']}").json()
                for kind in ("inputs", "outputs"):
                    said = [{key: tensor[key] for key in ("name", "datatype", "shape")} for tensor in model[kind]]
                    self.assertEqual(said, [{key: tensor[key] for key in ("name", "datatype", "shape")}
                                            for tensor in metadata[kind]])
                self.assertEqual(model["platform"], metadata["platform"])
        ready = server.ask("POST", "/v2/repository/index", b'{"ready":true}').json()
        self.assertEqual({(entry["name"], int(entry["version"])) for entry in ready},
                         {(model["name"], model["version"]) for model in report["models"]})

    def test_what_cannot_be_served_is_a_failure_with_place_and_remedy(self):
        report = self.report(self.models / "triton_bad", code=1)
        self.assertFalse(report["ok"])
        models = {model["name"]: model for model in report["models"]}
        self.assertEqual(set(models), {path.name for path in (self.models / "triton_bad").iterdir()})
        for name, (field, severity) in FAULTS.items():
            with self.subTest(model=name):
                model = models[name]
                self.assertEqual(model["servable"], severity == "warning")
                found = [finding for finding in model["findings"] if finding["severity"] == severity
                         and re.fullmatch(field + ".*", finding["field"])]
                self.assertTrue(found, model["findings"])
                self.assertEqual(found[0]["file"], str(self.models / "triton_bad" / name / "config.pbtxt"))
                self.assertGreater(found[0]["line"], 0)
                self.assertGreater(found[0]["column"], 0)
                self.assertTrue(found[0]["expected"] or found[0]["found"])

    def test_the_file_and_the_model_are_compared(self):
        report = self.report(self.models / "triton_bad" / "wrong_dims", code=1)
        self.assertEqual(report["models"][0]["differences"],
                         [{"subject": "input INPUT1: dims", "file_says": "[17]", "model_says": "[16]"}])
        text = self.check(self.models / "triton_bad" / "wrong_dims", code=1).stdout
        self.assertRegex(text, r"the file says +the model says\n +input INPUT1: dims +\[17\] +\[16\]\n")

    def test_warnings_are_failures_only_for_the_strict(self):
        model = self.models / "triton_bad" / "short_labels"
        self.assertIn("1 warning", self.check(model).stdout)
        self.check(model, "--strict", code=1)

    def test_it_is_plain_text_where_nobody_looks(self):
        text = self.check(self.models / "triton_bad", code=1).stdout
        self.assertNotIn("\x1b", text)
        self.assertRegex(text, r"\n\d+ model versions: \d+ can be served, \d+ cannot; \d+ errors, \d+ warnings\n\Z")

    def test_a_path_where_nothing_is_is_a_failure_and_no_path_wrong_usage(self):
        text = self.check(self.folder() / "nowhere", code=1).stdout
        self.assertIn("nowhere", text)
        self.assertRegex(self.check(code=2).stderr, "nothing to check")
        self.assertRegex(self.check("m", "--client=perl", code=2).stderr, r"--client: expected none\|curl\|python")

    def test_a_wrong_parameter_of_the_runtime_is_a_mistake_of_the_config(self):
        folder = self.folder() / "m"
        (folder / "1").mkdir(parents=True)
        (folder / "1" / "model.onnx").symlink_to(self.models / "good" / "add" / "1" / "model.onnx")
        (folder / "config.pbtxt").write_text(
            'max_batch_size: 4\nparameters { key: "map_weights" value { string_value: "maybe" } }\n')
        finding = next(finding for finding in self.report(folder, code=1)["models"][0]["findings"]
                       if finding["severity"] == "error")
        self.assertEqual((finding["file"], finding["line"], finding["field"]),
                         (str(folder / "config.pbtxt"), 2, 'parameters["map_weights"]'))
        self.assertEqual((finding["expected"], finding["found"]), ("1 or 0", '"maybe"'))
        result = self.run_trireme("serve", folder, "--http-port", 0, "--grpc-port", 0, "--metrics-port", 0)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r'config.pbtxt:2:\d+: parameters\[\\*"map_weights\\*"\]: expected 1 or 0')

    def test_another_config_may_be_chosen(self):
        folder = self.folder() / "m"
        (folder / "1").mkdir(parents=True)
        (folder / "configs").mkdir()
        (folder / "1" / "model.onnx").symlink_to(self.models / "good" / "add" / "1" / "model.onnx")
        (folder / "config.pbtxt").write_text("max_batch_size: 4\n")
        (folder / "configs" / "wide.pbtxt").write_text("max_batch_size: 64 dynamic_batching { }\n")
        self.assertEqual(self.report(folder, "--model-config-name=wide")["models"][0]["max_batch_rows"], 64)


class Calls(CheckTest):
    """Everything that is printed works as it stands."""

    def serve_and_print(self, repository, client):
        server = self.serve(self.models / repository)
        url = f"http://127.0.0.1:{server.port}"
        return self.check(self.models / repository, "--client", client, "--url", url).stdout

    def test_curl(self):
        for repository in ("good", "triton"):
            calls = self.serve_and_print(repository, "curl").splitlines()
            self.assertGreaterEqual(len(calls), len(list((self.models / repository).iterdir())))
            for call in calls:
                with self.subTest(call=call):
                    done = subprocess.run(["sh", "-c", call], capture_output=True, text=True, timeout=60)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertRegex(done.stdout, r'\A\{"model_name":"')

    def test_python(self):
        for repository in ("good", "triton"):
            program = self.serve_and_print(repository, "python")
            done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for name in {path.name for path in (self.models / repository).iterdir()}:
                self.assertRegex(done.stdout, rf"(?m)^/v2/models/{name}(/versions/\d+)?/infer\n  \w+ [A-Z0-9]+ \[.*\]: \[")

    def test_python_knows_the_values_of_every_type(self):
        program = self.serve_and_print("good", "python")
        done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)
        for datatype, value in [("BOOL", "True"), ("UINT8", "1"), ("INT64", "1"), ("FP16", "1.0"), ("BF16", "1.0"),
                                ("FP64", "1.0"), ("BYTES", "b'1'")]:
            with self.subTest(datatype=datatype):
                self.assertRegex(done.stdout, rf"identity_{datatype.lower()}/infer\n  \w+ {datatype} \[.*\]: \[{value}")

    def test_what_cannot_be_served_is_said_beside_them(self):
        result = self.check(self.models / "good" / "add", self.models / "bad" / "empty", "--client=curl", code=1)
        self.assertEqual(result.stdout.count("\n"), 1)
        self.assertRegex(result.stdout, r"\Acurl -s http://127\.0\.0\.1:8000/v2/models/add/infer ")
        self.assertRegex(result.stderr, "empty cannot be served")
