# SPDX-License-Identifier: Apache-2.0
"""`trireme bench` measures a real server, whichever protocol it is asked for, and leaves nothing behind."""
import csv
import io
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import numpy
from PIL import Image

from serving import ServingTest
from test_sagemaker import Container
from test_torchserve import TorchServe
from trireme import wait_until, without_settings

# As long as this machine needs.
QUICK = ("--warm-up", "50ms", "--window-requests", "20", "--windows", "2")


class BenchTest(ServingTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.socket = self.folder / "server.sock"

    def serve_all(self, *arguments):
        return self.serve(self.models / "good", "--unix-socket", self.socket, *arguments)

    def bench(self, *arguments, code=0):
        result = self.run_trireme("bench", *arguments)
        self.assertIn(result.returncode, code if isinstance(code, tuple) else (code,), result.stdout + result.stderr)
        return result

    def measure(self, *arguments, code=0):
        return json.loads(self.bench(*arguments, "--json", code=code).stdout)


class Protocols(BenchTest):
    def test_every_way_to_a_server_gives_answers(self):
        server = self.serve_all()
        for url, extra in ((f"http://127.0.0.1:{server.port}", ()),
                           (f"http://127.0.0.1:{server.port}", ("--form", "json")),
                           (f"grpc://127.0.0.1:{server.port}", ("--calls", "4")),
                           (f"grpc://127.0.0.1:{server.port}", ("--calls", "4", "--stream")),
                           (f"unix:{self.socket}", ()),
                           (f"grpc+unix:{self.socket}", ("--calls", "2"))):
            with self.subTest(url=url, extra=extra):
                report = self.measure(url, "--model", "add", *extra, *QUICK)
                self.assertGreater(report["requests"], 0)
                self.assertEqual(report["failed"], 0)
                self.assertEqual(report["server_pid"], server.process.pid)

    def test_large_tensors_travel_over_grpc(self):
        server = self.serve_all()
        report = self.measure(f"grpc://127.0.0.1:{server.port}", "--model", "identity_fp32", "--shape",
                              "INPUT0=5000,1000", "--windows", "1", "--window-requests", "2")
        self.assertGreater(report["request_bytes"], 20_000_000)
        self.assertGreater(report["response_bytes"], 20_000_000)

    def test_what_is_no_server_is_said(self):
        server = self.serve_all()
        result = self.bench(f"grpc://127.0.0.1:{server.metrics_port}", "--model", "add", code=1)
        self.assertTrue(result.stderr.startswith("trireme: "), result.stderr)
        self.bench("http://127.0.0.1:8000", "--stream", code=2)


class Dialects(BenchTest):
    """What TorchServe's and SageMaker's clients send, to their own ports, on which nobody says what a model takes."""

    def setUp(self):
        super().setUp()
        self.store = self.folder / "store"
        self.store.mkdir()
        shutil.copy(self.models / "good" / "add" / "1" / "model.onnx", self.store / "add.onnx")
        shutil.copytree(self.models / "triton" / "colours", self.store / "colours")
        self.row = self.folder / "row.json"
        self.row.write_text(json.dumps([list(range(16))]))

    def torchserve(self, *arguments):
        server = TorchServe(self.program, self.store, *arguments)
        self.addCleanup(server.__exit__)
        return server

    def photos(self):
        """A file of each kind, as flags."""
        for form, size in (("PNG", (8, 5)), ("JPEG", (40, 30)), ("WEBP", (9, 9))):
            file = self.folder / f"green.{form.lower()}"
            Image.new("RGB", size, (0, 255, 0)).save(file, form)
            yield from ("--input", file)

    def test_torchserves_predictions(self):
        server = self.torchserve()
        for url, extra in ((f"http://127.0.0.1:{server.inference}", ("--connections", "3")),
                           (f"http://127.0.0.1:{server.inference}", ("--model-version", "1.0", "--rate", "500")),
                           (f"grpc://127.0.0.1:{server.grpc_inference}", ("--calls", "4"))):
            with self.subTest(url=url, extra=extra):
                report = self.measure(url, "--dialect", "torchserve", "--model", "add", "--input", self.row, *extra,
                                      *QUICK)
                self.assertGreater(report["requests"], 0)
                self.assertEqual((report["failed"], report["dialect"], report["form"]),
                                 (0, "torchserve", "application/json"))
                self.assertEqual(report["server_pid"], server.process.pid)

    def test_pictures_are_sent_in_turn(self):
        server = self.torchserve()
        report = self.measure(f"http://127.0.0.1:{server.inference}", "--dialect", "torchserve", "--model", "colours",
                              *self.photos(), "--stages", "2@300ms,4@300ms", "--stop-on-failure", code=(0, 1))
        self.assertEqual((report["failed"], report["form"]), (0, "image/png+image/jpeg+image/webp"))
        self.assertEqual(report["inputs"], "green.png, green.jpeg, green.webp")

    def test_what_models_take_is_asked_over_v2_where_that_is_spoken(self):
        for path, dialect, model in (("add", "sagemaker", ()), ("add", "torchserve", ()),
                                     ("add_sub", "torchserve", ("--model", "add_sub"))):
            server = self.serve(self.models / "good" / path)
            report = self.measure(f"http://127.0.0.1:{server.port}", "--dialect", dialect, *model, *QUICK)
            self.assertEqual((report["failed"], report["form"], report["rows"]), (0, "application/json", 1))
            self.assertRegex(report["inputs"], r"^INPUT0 (FP32|INT32)\[1,16\]")
        server = self.torchserve()
        result = self.bench(f"http://127.0.0.1:{server.inference}", "--dialect", "torchserve", "--model", "add", code=1)
        self.assertIn("--input: expected a file to send", result.stderr)

    def test_tfservings_metadata_says_what_models_take(self):
        server = self.serve(self.models / "good" / "add", "--dialects", "tfserving", "--admin-socket", "off",
                            where=("--tfserving-port", "0", "--tfserving-grpc-port", "0", "--metrics-port", "0",
                                   "--log-form", "json"))
        for url, form in ((f"http://127.0.0.1:{server.tfserving_port}", "application/json"),
                          (f"grpc://127.0.0.1:{server.tfserving_grpc_port}", "application/protobuf")):
            with self.subTest(url=url):
                report = self.measure(url, "--dialect", "tfserving", "--model", "add", *QUICK)
                self.assertEqual((report["failed"], report["form"], report["inputs"]), (0, form, "INPUT0 FP32[1,16]"))
                result = self.bench(url, "--dialect", "tfserving", "--model", "nobody", code=1)
                self.assertIn("Servable not found for request: Latest(nobody)", result.stderr)

    def test_torchserves_message_is_shown(self):
        server = self.torchserve()
        result = self.bench(f"http://127.0.0.1:{server.inference}", "--dialect", "torchserve", "--model", "nobody",
                            "--input", self.row, "--stop-on-failure", "--window", "1h", code=1)
        self.assertIn("HTTP 404: 1 time, first: Model not found: nobody\n", result.stdout)
        report = self.measure(f"grpc://127.0.0.1:{server.grpc_inference}", "--dialect", "torchserve", "--model", "nobody",
                              "--input", self.row, "--stop-on-failure", "--window", "1h", code=1)
        self.assertEqual(report["early_end"]["why"], "failure")
        self.assertIn("Model not found: nobody", report["failures"]["gRPC NOT_FOUND"]["sample"])

    def test_models_without_a_worker_are_a_failure_of_torchserves(self):
        server = self.torchserve("--enable-model-api")
        server.manage("POST", "/models?url=add.onnx")
        report = self.measure(f"http://127.0.0.1:{server.inference}", "--dialect", "torchserve", "--model", "add",
                              "--input", self.row, *QUICK, code=1)
        self.assertIn('Model "add" has no worker', report["failures"]["HTTP 503"]["sample"])

    def test_sagemakers_endpoint_of_one_model(self):
        model = self.folder / "ml" / "model" / "add" / "1"
        model.mkdir(parents=True)
        shutil.copy(self.store / "add.onnx", model / "model.onnx")
        server = Container(self.program, self.folder / "ml")
        self.addCleanup(server.__exit__)
        server.wait_for_ping()
        array = io.BytesIO()
        numpy.save(array, numpy.ones((2, 16), numpy.float32))
        files = {"rows.npy": array.getvalue(), "rows.csv": b"1," * 15 + b"1\n"}
        for name, body in files.items():
            (self.folder / name).write_bytes(body)
            report = self.measure(f"http://127.0.0.1:{server.port}", "--dialect", "sagemaker", "--input",
                                  self.folder / name, *QUICK)
            self.assertEqual((report["failed"], report["model"]), (0, "/invocations"))
        refused = ("--dialect", "sagemaker", "--input", self.row, "--content-type", "text/plain", *QUICK)
        result = self.bench(f"http://127.0.0.1:{server.port}", *refused, code=1)
        self.assertIn("asked once before the load: HTTP status 415", result.stderr)
        report = self.measure(f"http://127.0.0.1:{server.port}", *refused, "--stop-on-failure", code=1)
        self.assertIn("HTTP 415", report["failures"])

    def test_sagemakers_endpoint_of_many_models(self):
        server = Container(self.program, self.folder / "ml", environment={"SAGEMAKER_MULTI_MODEL": "true"})
        self.addCleanup(server.__exit__)
        server.wait_for_ping()
        for name in ("a81f", "b 2"):
            place = self.folder / "ml" / "models" / name
            place.mkdir(parents=True)
            shutil.copy(self.store / "add.onnx", place / "model.onnx")
            self.assertEqual(server.load(name, place).status, 200)
        report = self.measure(f"http://127.0.0.1:{server.port}", "--dialect", "sagemaker", "--model", "a81f:3,b 2",
                              "--input", self.row, *QUICK)
        self.assertEqual(([model["name"] for model in report["models"]], report["failed"]), (["a81f", "b 2"], 0))


class Loads(BenchTest):
    def test_an_open_loop_sends_at_its_rate(self):
        server = self.serve_all()
        report = self.measure(f"http://127.0.0.1:{server.port}", "--model", "add", "--rate", "200", "--arrivals",
                              "constant", "--connections", "4", "--warm-up", "50ms", "--window", "100ms",
                              "--windows", "2")
        self.assertEqual(report["arrivals"], "constant")
        # Those of the warm-up (10) may end in the first window.
        self.assertAlmostEqual(report["requests"], 40, delta=11)

    def test_stages_have_results_of_their_own(self):
        server = self.serve_all()
        # Whether there is an answer in so short a time depends on the machine.
        report = self.measure(f"grpc://127.0.0.1:{server.port}", "--model", "add", "--calls", "3",
                              "--stages", "2@100ms,5@200ms:100/s,1@100ms", code=(0, 1))
        self.assertEqual([stage["users"] for stage in report["stages"]], [2, 5, 1])
        self.assertEqual([stage["stage"] for stage in report["stages"]], ["2@100ms", "5@200ms:100/s", "1@100ms"])

    def test_several_models_are_asked_at_random(self):
        server = self.serve_all()
        report = self.measure(f"http://127.0.0.1:{server.port}", "--model", "add:3,add_sub", *QUICK)
        self.assertEqual([model["name"] for model in report["models"]], ["add", "add_sub"])
        self.assertEqual(sum(model["requests"] for model in report["models"]), report["requests"])

    def test_responses_are_those_with_outputs(self):
        server = self.serve(self.models / "decoupled" / "repeat_one")
        request = self.folder / "request.json"
        request.write_text(json.dumps({"inputs": [
            {"name": "IN", "datatype": "INT32", "shape": [5], "data": [1, 2, 3, 4, 5]},
            {"name": "DELAY", "datatype": "UINT32", "shape": [5], "data": [0] * 5},
            {"name": "WAIT", "datatype": "UINT32", "shape": [1], "data": [0]}]}))
        report = self.measure(f"grpc://127.0.0.1:{server.port}", "--model", "repeat_one", "--stream", "--input", request,
                              "--windows", "2", "--window-requests", "6", "--warm-up", "0")
        self.assertEqual((report["requests"], report["responses"]), (12, 60))
        self.assertLessEqual(report["first_response_us"]["p50"], report["latency_us"]["p50"])

    def test_a_failure_is_told_once(self):
        server = self.serve_all()
        result = self.bench(f"http://127.0.0.1:{server.port}", "--model", "add", "--shape", "INPUT0=1,3",
                            "--window-requests", "1", "--windows", "1", code=1)
        self.assertIn("HTTP 400: ", result.stdout)
        self.assertNotIn("HTTP status", result.stdout)

    def test_it_stops_at_the_first_failure(self):
        server = self.serve_all()
        report = self.measure(f"http://127.0.0.1:{server.port}", "--model", "add", "--shape", "INPUT0=1,3",
                              "--connections", "3", "--stop-on-failure", "--window", "1h", code=1)
        self.assertEqual(report["early_end"]["why"], "failure")
        self.assertEqual(report["early_end"]["users"], 3)


class Capacity(BenchTest):
    """How many models fit: with a server of its own, of which nothing is left."""

    STAGES = ("--stages", "1@50ms,3@50ms")

    def setUp(self):
        super().setUp()
        self.environment = {"TMPDIR": str(self.folder)}

    def fill(self, *arguments, code=0):
        result = self.run_trireme("bench", "--max-models", *arguments, "--json", environment=self.environment)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertEqual([path for path in self.folder.iterdir() if path.suffix != ".html"], [], "it cleans up")
        return result

    def test_it_fills_a_budget_with_copies_that_all_answer(self):
        models = [self.models / "triton" / name / "1" / "model.onnx" for name in ("densenet_onnx", "colours")]
        page = self.folder / "report.html"
        result = self.fill(",".join(map(str, models)), "--budget", "20MiB", *self.STAGES, "--report", page)
        report = json.loads(result.stdout)
        self.assertEqual([row["model"] for row in report["models"]], ["densenet_onnx", "colours"])
        for row in report["models"]:
            self.assertEqual(row["budget_bytes"], 20 << 20)
            self.assertGreater(row["models"], 5)
            self.assertEqual(len(row["load_seconds"]), row["models"])
            self.assertEqual([stage["users"] for stage in row["stages"]], [1, 3])
            self.assertEqual((row["users_before_failure"], row["failure"]), (3, ""))
        self.assertIn("<svg", page.read_text())

    def test_a_budget_in_which_not_one_fits_is_said(self):
        result = self.fill(self.models / "triton" / "densenet_onnx" / "1" / "model.onnx", "--budget", "1KiB", code=1)
        self.assertIn("does not load even one", result.stderr)
        self.assertIn("budget of 1.0 KiB", result.stderr)

    def test_what_is_no_model_is_said(self):
        self.assertIn("no such file", self.fill(self.folder / "none.onnx", code=1).stderr)
        self.assertIn("model with weights", self.fill(self.models / "good" / "add" / "1" / "model.onnx", code=1).stderr)


class SharedMemory(BenchTest):
    def regions(self, server):
        return server.ask("GET", "/v2/systemsharedmemory/status").json()

    def test_tensors_in_shared_memory_do_not_travel(self):
        server = self.serve_all("--allow-client-shm", "on")
        for scheme in ("http", "grpc"):
            with self.subTest(scheme=scheme):
                report = self.measure(f"{scheme}://127.0.0.1:{server.port}", "--model", "identity_fp32", "--shape",
                                      "INPUT0=1000,10", "--shared-memory", "system", "--connections", "2", *QUICK)
                self.assertGreater(report["requests"], 0)
                self.assertLess(report["request_bytes"], 1000)
                self.assertLess(report["response_bytes"], 1000)
                self.assertEqual(self.regions(server), [])

    def test_nothing_is_left_when_it_is_interrupted(self):
        server = self.serve_all("--allow-client-shm", "on")
        with subprocess.Popen([self.program, "bench", f"http://127.0.0.1:{server.port}", "--model", "add",
                               "--shared-memory", "system", "--warm-up", "0", "--window", "1h"],
                              stdout=subprocess.PIPE, env=without_settings(os.environ)) as process:
            own = f"trireme-bench-{process.pid}-*"
            wait_until(lambda: list(Path("/dev/shm").glob(own)) and self.regions(server), "the memory is there")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            self.assertEqual(list(Path("/dev/shm").glob(own)), [])
            self.assertEqual(self.regions(server), [])

    def test_a_server_that_does_not_allow_it_says_so(self):
        server = self.serve_all()
        result = self.bench(f"http://127.0.0.1:{server.port}", "--model", "add", "--shared-memory", "system", code=1)
        self.assertIn("--allow-client-shm", result.stderr)


class Reports(BenchTest):
    def test_reports_are_written_by_their_ending(self):
        server = self.serve_all()
        files = {ending: self.folder / f"report.{ending}" for ending in ("md", "csv", "json", "html")}
        self.bench(f"http://127.0.0.1:{server.port}", "--model", "add", *QUICK,
                   *(word for file in files.values() for word in ("--report", file)))
        self.assertTrue(files["md"].read_text().startswith("# add\n"))
        rows = list(csv.DictReader(files["csv"].read_text().splitlines()))
        self.assertEqual([row["kind"] for row in rows][:3], ["all", "window", "window"])
        self.assertEqual(rows[0]["begin_s"], rows[1]["begin_s"])
        report = json.loads(files["json"].read_text())
        self.assertEqual(report["model"], "add")
        # What must be said with the numbers stands in each.
        facts = [report["date"], report["client"], report["server"]["name"], report["server"]["version"],
                 "--window-requests 20"]
        self.assertIn(facts[-1], report["command"])
        for file in files.values():
            for fact in facts:
                self.assertIn(fact, file.read_text())
        page = files["html"].read_text()
        self.assertIn("<svg", page)
        for outside in ("<script", "src=", "href=", "@import", "url("):
            self.assertNotIn(outside, page)


class Security(BenchTest):
    def certificate(self):
        files = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]],
                       check=True, stderr=subprocess.DEVNULL)
        return files

    def test_certificates_are_verified_unless_told_otherwise(self):
        certificate, key = self.certificate()
        server = self.serve(self.models / "good", "--tls-cert", certificate, "--tls-key", key, wait=False)
        for scheme in ("https", "grpcs"):
            url = f"{scheme}://127.0.0.1:{server.port}"
            with self.subTest(scheme=scheme):
                wait_until(lambda: self.run_trireme("bench", url, "--ca", certificate, "--model", "add",
                                                    *QUICK).returncode == 0, "the model answers")
                self.assertEqual(self.measure(url, "--insecure", "--model", "add", *QUICK)["failed"], 0)
                result = self.bench(url, "--model", "add", *QUICK, code=1)
                self.assertIn("certificate", result.stderr)
