# SPDX-License-Identifier: Apache-2.0
"""What `trireme serve --record` writes, `trireme replay` sends again, and compares."""
import json
import os
import shutil
import stat

from serving import ServingTest, ones
from trireme import wait_until


def four(value):
    """Input of the model `versions_all`, version N of which adds N."""
    return ("INPUT0", "FP32", [1, 4], [float(value)] * 4)


class RecordingTest(ServingTest):
    def setUp(self):
        self.file = self.folder() / "traffic.jsonl"

    def record(self, *arguments, models=None):
        return self.serve(models or self.models / "good" / "add", "--record", self.file, *arguments)

    def lines(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def requests(self):
        return [line for line in self.lines() if "trireme_recording" not in line]

    def stop(self, server):
        server.terminate()
        self.assertEqual(server.exit_code(), 0)

    def replay(self, server, *arguments, code=0, url="http"):
        result = self.run_trireme("replay", self.file, f"{url}://127.0.0.1:{server.port}", "--json", *arguments)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return json.loads(result.stdout)


class Recording(RecordingTest):
    def test_a_line_is_a_request_that_people_can_read(self):
        server = self.record()
        server.infer("add", ones(), id="first", outputs=[{"name": "OUTPUT0"}])
        server.ask("POST", "/v2/models/add/versions/1/infer", json.dumps(
            {"inputs": [dict(zip(("name", "datatype", "shape", "data"), ones(200)))]}).encode(),
            {"Authorization": "Bearer a-secret"})
        self.stop(server)
        head, first, second = self.lines()
        self.assertEqual(head["trireme_recording"], 1)
        self.assertEqual(first["request"], {"id": "first", "inputs": [
            {"name": "INPUT0", "datatype": "FP32", "shape": [1, 16], "data": [1] * 16}], "outputs": [{"name": "OUTPUT0"}]})
        self.assertEqual((first["model"], first["protocol"]), ("add", "kserve-http"))
        self.assertNotIn("version", first)
        self.assertEqual(second["version"], "1")
        self.assertEqual(second["request"]["inputs"][0]["parameters"], {"binary_data_size": 200 * 64})
        self.assertGreaterEqual(second["time_us"], first["time_us"])
        self.assertNotIn("secret", self.file.read_text())
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)

    def test_a_sample_of_one_model(self):
        server = self.record("--record-sample", 3, "--record-model", "add", models=self.models / "good")
        for value in range(7):
            server.infer("add", ("INPUT0", "FP32", [1, 16], [float(value)] * 16))
            server.infer("identity_fp32", ("INPUT0", "FP32", [1, 4], [1.0] * 4))
        self.stop(server)
        self.assertEqual([line["request"]["inputs"][0]["data"][0] for line in self.requests()], [0, 3, 6])

    def test_it_ends_at_its_size(self):
        server = self.record("--record-max", "2KiB")
        for _ in range(20):
            server.infer("add", ones())
        wait_until(lambda: server.metric("trireme_unrecorded_requests_total", reason="recording_ended") > 0, "it is full")
        recorded = server.metric("trireme_recorded_requests_total")
        self.stop(server)
        self.assertLessEqual(self.file.stat().st_size, 2048)
        self.assertEqual(len(self.requests()), recorded)

    def test_flags_without_a_file_are_a_mistake(self):
        result = self.run_trireme("serve", self.models / "good", "--record-answers")
        self.assertEqual(result.returncode, 2)
        self.assertIn("record-answers: expected --record FILE beside it", result.stderr)

    def test_a_file_that_cannot_be_written_is_said(self):
        result = self.run_trireme("serve", self.models / "good", "--record", self.folder(), "--http-port", 0,
                                  "--grpc-port", 0, "--metrics-port", 0)
        self.assertEqual(result.returncode, 1)
        self.assertIn("--record: expected a file", result.stderr)


class Replay(RecordingTest):
    def versions(self):
        """As it lies there, but for its config: requests may have any number of rows."""
        repository = self.folder() / "repository"
        shutil.copytree(self.models / "triton" / "versions_all", repository / "versions_all")
        (repository / "versions_all" / "config.pbtxt").write_text("version_policy { all {} }")
        return repository

    def record_some(self, *arguments):
        server = self.record("--record-answers", *arguments, models=self.versions())
        for value in range(12):
            self.assertEqual(server.infer("versions_all", four(value)).status, 200)
        self.assertEqual(server.infer("versions_all", ("INPUT0", "INT32", [1, 4], [1] * 4)).status, 400)
        # Too long to be read by people.
        self.assertEqual(server.infer("versions_all", ("INPUT0", "FP32", [500, 4], [0.1] * 2000)).status, 200)
        self.stop(server)
        return self.serve(self.versions())

    def drop_failures(self):
        lines = [line for line in self.file.read_text().splitlines(keepends=True) if '"error"' not in line]
        self.file.write_text("".join(lines))

    def test_requests_are_sent_again_over_every_protocol(self):
        server = self.record_some()
        self.drop_failures()
        for url, extra in (("http", ()), ("http", ("--form", "json")), ("grpc", ()), ("grpc", ("--calls", "4"))):
            with self.subTest(url=url, extra=extra):
                report = self.replay(server, "--speed", "max", "--compare", "recorded", *extra, url=url)
                self.assertEqual((report["requests"], report["runs"][0]["answered"]), (13, 13))
                self.assertEqual((report["outputs"]["compared"], report["outputs"]["differing"]), (13, 0))
                self.assertEqual(report["outputs"]["outputs"][0]["same_argmax"], 512)

    def test_requests_keep_their_spacing(self):
        server = self.record_some()
        self.drop_failures()
        report = self.replay(server, "--speed", "1")
        self.assertGreaterEqual(report["runs"][0]["seconds"], report["recorded_seconds"])
        self.assertIn("sent_late_us", report["runs"][0])
        self.assertNotIn("sent_late_us", self.replay(server, "--speed", "max")["runs"][0])

    def test_a_request_that_failed_and_fails_again_is_no_difference(self):
        server = self.record_some()
        for url in ("http", "grpc"):
            report = self.replay(server, "--speed", "max", "--compare", "recorded", url=url)
            self.assertEqual((report["runs"][0]["failed"], report["runs"][0]["failed_as_recorded"]), (1, 1))
            self.assertEqual((report["outputs"]["differing"], report["outputs"]["left_out"]), (0, 1))

    def test_versions_are_compared(self):
        server = self.record_some()
        self.drop_failures()
        report = self.replay(server, "--speed", "max", "--model-version", 1, "--compare-version", 3, code=1)
        outputs = report["outputs"]
        self.assertEqual((outputs["compared"], outputs["differing"]), (13, 13))
        self.assertEqual(outputs["outputs"][0]["largest_absolute"], 2)
        self.assertEqual(outputs["outputs"][0]["model"], "versions_all")
        self.assertRegex(outputs["first"][0], r"^line 2: versions_all, output OUTPUT0: element 0 is 1 and 3$")
        self.assertEqual([run["version"] for run in report["runs"]], ["1", "3"])
        same = self.replay(server, "--speed", "max", "--model-version", 1, "--compare-version", 1)
        self.assertEqual(same["outputs"]["differing"], 0)
        self.replay(server, "--speed", "max", "--model-version", 1, "--compare-version", 3, "--tolerance", 2)

    def test_servers_are_compared(self):
        server = self.record_some()
        self.drop_failures()
        other = self.serve(self.versions())
        report = self.replay(server, "--speed", "max", "--compare", f"grpc://127.0.0.1:{other.port}")
        self.assertEqual((report["outputs"]["compared"], report["outputs"]["differing"]), (13, 0))
        self.assertTrue(report["good"])

    def test_a_damaged_line_spoils_no_other(self):
        server = self.record_some()
        self.drop_failures()
        lines = self.file.read_text().splitlines(keepends=True)
        lines[3] = lines[3][: len(lines[3]) // 2] + "\n"
        lines[-1] = lines[-1][: len(lines[-1]) // 2]
        self.file.write_text("".join(lines))
        report = self.replay(server, "--speed", "max", code=1)
        self.assertEqual(report["runs"][0]["answered"], 11)
        self.assertEqual([line["line"] for line in report["left_out"]], [4, len(lines)])
        self.assertIn("the file ends within the line", report["left_out"][1]["why"])

    def forget_answers(self):
        lines = [{key: value for key, value in line.items() if key not in ("error", "response", "response_binary")}
                 for line in self.lines()]
        self.file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def test_failures_are_told(self):
        server = self.record_some()
        self.forget_answers()
        report = self.replay(server, "--speed", "max", code=1)
        self.assertEqual(report["runs"][0]["failures"]["HTTP 400"]["count"], 1)
        self.stop(server)
        report = self.replay(server, "--speed", "max", code=1)
        self.assertEqual((report["runs"][0]["answered"], report["runs"][0]["failed"]), (0, 14))

    def test_reports_are_written(self):
        server = self.record_some()
        self.drop_failures()
        folder = self.folder()
        self.replay(server, "--speed", "max", "--compare", "recorded", "--report", folder / "r.md", "--report",
                    folder / "r.json")
        self.assertIn("no output differs", (folder / "r.md").read_text())
        self.assertTrue(json.loads((folder / "r.json").read_text())["good"])

    def test_wrong_usage(self):
        for arguments, text in (((self.file,), "expected a file of recorded requests and the URL"),
                                ((self.file, "http://127.0.0.1:1", "--speed", "0"), "0.001 to 1000, or max"),
                                ((self.file, "http://127.0.0.1:1", "--report", "a.csv"), ".json or .md"),
                                ((self.file, "http://127.0.0.1:1", "--compare", "recorded", "--compare-version", "2"),
                                 "found recorded")):
            result = self.run_trireme("replay", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(text, result.stderr)
        for content, text in ((None, "traffic.jsonl"), ("", "expected requests, found none")):
            if content is not None:
                self.file.write_text(content)
            result = self.run_trireme("replay", self.file, "http://127.0.0.1:1")
            self.assertEqual(result.returncode, 1)
            self.assertIn(text, result.stderr)

    def test_comparing_with_answers_that_were_not_recorded(self):
        server = self.record()
        server.infer("add", ones())
        self.stop(server)
        result = self.run_trireme("replay", self.file, "http://127.0.0.1:1", "--compare", "recorded")
        self.assertEqual(result.returncode, 1)
        self.assertIn("record them with 'trireme serve --record-answers'", result.stderr)
