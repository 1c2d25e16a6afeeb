# SPDX-License-Identifier: Apache-2.0
"""What a model is run on before it is ready: what requests had lately, and what somebody recorded."""
import json
import os
import shutil

from raw_http import infer_body
from serving import ServingTest, ones
from trireme import wait_until


def indexes(*values):
    """Input of the model `gather`, which has four rows to choose from."""
    return ("INPUT0", "INT64", [len(values)], list(values))


class WarmUp(ServingTest):
    def setUp(self):
        self.repository = self.folder() / "repository"

    def put(self, name):
        return shutil.copytree(self.models / "good" / name, self.repository / name)

    def record(self, place, body):
        """Puts a file in its place in one step."""
        place.parent.mkdir(exist_ok=True)
        written = self.repository / ".being-written"
        written.write_bytes(body)
        os.replace(written, place)

    def watch(self, *arguments):
        return self.serve(self.repository, "--repository-poll-secs", 0.05, *arguments)

    def status(self, server, version="1"):
        """State and reason of the one model."""
        index = server.ask("POST", "/v2/repository/index").json()
        return next(((entry["state"], entry.get("reason", "")) for entry in index if entry["version"] == version),
                    ("", ""))

    def test_a_new_version_is_warmed_up_with_what_requests_had(self):
        folder = self.put("add")
        server = self.watch()
        self.assertEqual(self.status(server), ("READY", ""))
        for rows in (3, 5, 3):
            self.assert_adds_one(server.infer("add", ones(rows)), rows)
        shutil.copytree(folder / "1", folder / ".2")
        os.replace(folder / ".2", folder / "2")
        wait_until(lambda: self.status(server, "2")[0] == "READY", "the new version is ready")
        self.assertEqual(self.status(server, "2")[1], "warmed up with 2 shapes of earlier requests")

    def test_a_model_that_comes_back_on_demand_is_warmed_up_with_what_requests_had(self):
        for name in "abc":
            shutil.copytree(self.models / "good" / "add", self.repository / name)
        server = self.serve(self.repository, "--budget", "640KiB")  # room for two

        def status(name):
            index = server.ask("POST", "/v2/repository/index").json()
            return next((entry["state"], entry.get("reason", "")) for entry in index if entry["name"] == name)

        self.assert_adds_one(server.infer("a", ones(3)), 3)

        def others_have_the_room():
            for name in "bc":
                self.assert_adds_one(server.infer(name, ones()))
            return status("a")[0] != "READY"
        wait_until(others_have_the_room, "the model has left memory")
        self.assert_adds_one(server.infer("a", ones()))
        self.assertEqual(status("a"), ("READY", "warmed up with 1 shape of earlier requests"))

    def test_recorded_requests_are_run_before_it_is_ready(self):
        recorded = self.put("gather") / "1" / "warmup" / "first.json"
        self.record(recorded, infer_body(indexes(0, 3)))
        server = self.watch()
        self.assertEqual(self.status(server), ("READY", "warmed up with 1 recorded request"))
        self.assertEqual(server.metric("trireme_requests_total"), 0)

        self.record(recorded, infer_body(indexes(0, 9)))
        wait_until(lambda: "reload failed" in self.status(server)[1], "the model was loaded again")
        self.assertRegex(self.status(server)[1], "recorded request '1/warmup/first.json': .*(index|indices)")
        self.assertEqual(server.infer("gather", indexes(1)).json()["outputs"][0]["data"], [1.0, 10.0])

        os.remove(recorded)
        wait_until(lambda: self.status(server) == ("READY", "warmed up with 1 shape of earlier requests"),
                   "it was loaded without one")

    def test_a_file_that_is_no_request_fails_the_load_and_the_check(self):
        folder = self.put("gather")
        self.record(folder / "warmup" / "good.json", infer_body(indexes(2)))
        self.assertEqual(self.run_trireme("check", "--strict", self.repository).returncode, 0)
        recorded = folder / "warmup" / "typo.json"
        for body, pattern in ((b'{"inputs": [{"name": "INPUT0", "datatype": "INT64", "shape": [2], "data": [1]}]}',
                               r"inputs\[0\]"),
                              (infer_body(("OTHER", "INT64", [1], [1])), "unexpected input 'OTHER'.*'INPUT0'"),
                              (infer_body(("INPUT0", "FP32", [1], [1])), "FP32.*expects INT64")):
            self.record(recorded, body)
            with self.subTest(pattern=pattern):
                server = self.serve(self.repository, "--exit-on-error=false")
                state, reason = self.status(server)
                self.assertEqual(state, "UNAVAILABLE")
                self.assertRegex(reason, f"recorded request 'warmup/typo.json': .*{pattern}")
                checked = self.run_trireme("check", "--json", self.repository)
                self.assertEqual(checked.returncode, 1)
                findings = json.loads(checked.stdout)["models"][0]["findings"]
                self.assertEqual([finding["file"] for finding in findings], [str(recorded)])
                self.assertRegex(findings[0]["found"], pattern)

    def test_a_sample_that_contradicts_the_model_is_told_by_its_line(self):
        folder = self.put("gather")
        (folder / "config.pbtxt").write_text('model_warmup {\n'
                                             '  name: "odd"\n'
                                             '  inputs { key: "INPUT0" value {\n'
                                             '    data_type: TYPE_FP32\n'
                                             '    dims: [2]\n'
                                             '    zero_data: true } } }\n')
        said = (r'config\.pbtxt:4:\d+: model_warmup\[0\]\.inputs\["INPUT0"\]\.data_type: '
                'expected data type INT64, found FP32')
        server = self.serve(self.repository, "--exit-on-error=false")
        state, reason = self.status(server)
        self.assertEqual(state, "UNAVAILABLE")
        self.assertRegex(reason, said)
        checked = self.run_trireme("check", "--json", self.repository)
        self.assertEqual(checked.returncode, 1)
        finding = json.loads(checked.stdout)["models"][0]["findings"][0]
        self.assertEqual((finding["line"], finding["expected"], finding["found"]), (4, "data type INT64", "FP32"))

    def test_a_recorded_request_is_bounded(self):
        recorded = self.put("gather") / "warmup" / "huge.json"
        self.record(recorded, b"{}")
        os.truncate(recorded, (64 << 20) + 1)
        server = self.serve(self.repository, "--exit-on-error=false")
        self.assertRegex(self.status(server)[1], "'warmup/huge.json': expected a file of at most 67108864 bytes")

    def test_a_link_out_of_the_models_folder_is_not_followed(self):
        folder = self.put("gather")
        elsewhere = self.folder() / "secret.json"
        elsewhere.write_bytes(infer_body(indexes(2)))
        (folder / "warmup").mkdir()
        (folder / "warmup" / "link.json").symlink_to(elsewhere)
        server = self.serve(self.repository, "--exit-on-error=false")
        self.assertRegex(self.status(server)[1], "'warmup/link.json': .*a link that leads out of the model's folder")
