# SPDX-License-Identifier: Apache-2.0
"""`trireme bench` measures a real server, whichever protocol it is asked for, and leaves nothing behind."""
import csv
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from serving import ServingTest
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
            own = [f"trireme-bench-{process.pid}-0"]
            wait_until(lambda: os.path.exists(f"/dev/shm/{own[0]}") and self.regions(server), "the memory is there")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            self.assertFalse(os.path.exists(f"/dev/shm/{own[0]}"))
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
