# SPDX-License-Identifier: Apache-2.0
"""`trireme bench compare` and `--goodput` with real servers: what is there is measured, and what is not is said."""
import http.server
import json
import os
import subprocess
import tempfile
import threading
from pathlib import Path

from serving import ServingTest
from trireme import Trireme, without_settings


class NoModels(http.server.SimpleHTTPRequestHandler):
    """A web server, which has never heard of models."""

    def log_message(self, *_):
        pass


class WebServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Clients may go in the middle of an answer."""


class CompareTest(ServingTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, servers, loads=("closed: {connections: 2}",), **settings):
        settings = {"rounds": 3, "warm_up": "20ms", "window": "150ms", "model": "add", **settings}
        lines = ["servers:", *(f"  - {server}" for server in servers), "loads:", *(f"  - {load}" for load in loads),
                 *(f"{key}: {value}" for key, value in settings.items())]
        file = self.folder / "compare.yaml"
        file.write_text("\n".join(lines))
        return file

    def compare(self, *arguments, code=0):
        result = self.run_trireme("bench", "compare", *arguments, "--json")
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return json.loads(result.stdout) if code in (0, 1) else result.stderr

    def add(self):
        return self.models / "good" / "add" / "1" / "model.onnx"


class Comparing(CompareTest):
    def test_servers_by_both_protocols_and_a_model_of_its_own_process(self):
        server = self.serve(self.models / "good")
        file = self.file([f'{{name: rest, url: "http://127.0.0.1:{server.port}", price_per_hour: 1.5}}',
                          f'{{name: grpc, url: "grpc://127.0.0.1:{server.grpc_port}"}}',
                          f'{{name: local, url: "local:{self.add()}", callers: 2}}'],
                         ["closed: {connections: 2}", "open: {rate: 100, slo: p99=10s}"])
        reports = [self.folder / f"report.{form}" for form in ("md", "csv", "html")]
        report = self.compare(file, *(word for path in reports for word in ("--report", path)))
        self.assertEqual([load["kind"] for load in report["loads"]], ["closed", "open"])
        for load in report["loads"]:
            rest, grpc, local = load["servers"]
            for row in (rest, grpc, local):
                self.assertEqual(row["rounds"], 3)
                self.assertGreater(row["requests_per_second"]["median"], 0)
                self.assertGreater(row["bytes"], 0)
                self.assertGreater(row["host_bytes"], 0)
            self.assertNotIn("rate_ratio", rest)
            self.assertLessEqual(grpc["p99_ratio"]["low"], grpc["p99_ratio"]["high"])
            self.assertGreater(rest["cost_per_million"], 0)
            self.assertIn("in this process, 2 callers x 1 thread", local["server"])
        for path in reports:
            self.assertIn("grpc", path.read_text())

    def test_who_is_no_server_of_models_is_said_and_the_others_go_on(self):
        server = self.serve(self.models / "good")
        web = WebServer(("127.0.0.1", 0), NoModels)
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        file = self.file([f'{{name: web, url: "http://127.0.0.1:{web.server_port}"}}',
                          f'{{name: torch, url: "http://127.0.0.1:{web.server_port}", dialect: torchserve, inputs: {__file__}}}',
                          '{name: away, url: "http://127.0.0.1:1"}',
                          f'{{name: nothing, url: "local:{self.folder}"}}',
                          f'{{name: there, url: "http://127.0.0.1:{server.port}"}}'])
        report = self.compare(file, code=1)
        remarks = "\n".join(report["loads"][0]["remarks"])
        self.assertIn("web: in no round measured:", remarks)
        self.assertIn("a web page: no server that speaks kserve answers there", remarks)
        self.assertIn("a web page: no server that speaks torchserve answers there", remarks)
        self.assertIn("away: in no round measured:", remarks)
        self.assertIn("nothing: in no round measured:", remarks)
        self.assertEqual(report["loads"][0]["servers"][-1]["rounds"], 3)

    def test_a_server_that_dies_keeps_what_was_measured_of_it(self):
        stays = self.serve(self.models / "good")
        dies = Trireme(self.program, self.models / "good")
        self.addCleanup(dies.__exit__)
        file = self.file([f'{{name: stays, url: "http://127.0.0.1:{stays.port}"}}',
                          f'{{name: dies, url: "grpc://127.0.0.1:{dies.grpc_port}"}}'], rounds=30)
        running = subprocess.Popen([self.program, "bench", "compare", file, "--json"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=without_settings(os.environ))
        for line in running.stderr:
            if "round 3 of 30: dies" in line:
                dies.process.kill()
                break
        out, err = running.communicate()
        self.assertEqual(running.returncode, 1, err)
        report = json.loads(out)
        stays, dies = report["loads"][0]["servers"]
        self.assertEqual(stays["rounds"], 30)
        self.assertGreaterEqual(dies["rounds"], 3)
        self.assertLess(dies["rounds"], 30)
        self.assertRegex("\n".join(report["loads"][0]["remarks"]), "dies: round.* (has gone|still not there): ")

    def test_mistakes_in_the_file_are_named_with_their_line(self):
        file = self.file(['{name: a, url: "http://127.0.0.1:1", modle: x}'])
        self.assertIn("compare.yaml:2: servers[1]: unknown key \"modle\"; did you mean 'model'?", self.compare(file, code=2))


class Goodput(CompareTest):
    QUICK = ("--warm-up", "20ms", "--window", "50ms", "--longest-try", "300ms", "--tolerance", "50")

    def test_the_highest_rate_is_found(self):
        server = self.serve(self.models / "good")
        result = self.run_trireme("bench", f"http://127.0.0.1:{server.port}", "--model", "add", "--goodput", "--slo",
                                  "p50=50ms", *self.QUICK, "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        row = json.loads(result.stdout)["loads"][0]["servers"][0]
        self.assertGreater(row["requests_per_second"]["median"], 0)
        self.assertTrue(row["measured"][0]["tries"])

    def test_a_goal_below_a_single_run_is_said(self):
        server = self.serve(self.models / "good")
        result = self.run_trireme("bench", f"http://127.0.0.1:{server.port}", "--model", "add", "--goodput", "--slo",
                                  "p99=10us", *self.QUICK)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("no rate keeps p99=10us: of one user alone p99 is ", result.stdout)

    def test_an_ordinary_run_has_a_verdict(self):
        server = self.serve(self.models / "good")
        for goal, code, words in (("p99=60s", 0, "within p99=1m, 100.0 % in time"), ("p99=10us", 1, "misses p99=10us")):
            result = self.run_trireme("bench", f"http://127.0.0.1:{server.port}", "--model", "add", "--slo", goal, "--windows",
                                      "1", "--window-requests", "20")
            self.assertEqual(result.returncode, code, result.stdout + result.stderr)
            self.assertIn(words, result.stdout)
        for goal in ("p99=0ms", "p99=-1ms", "p99=100", "99=1s"):
            result = self.run_trireme("bench", f"http://127.0.0.1:{server.port}", "--slo", goal)
            self.assertEqual(result.returncode, 2, goal)
            self.assertIn("--slo: expected", result.stderr)
