# SPDX-License-Identifier: Apache-2.0
"""Which models are served, as the repository and its owner want it: watched, as it lay at the start, or by name."""
import hashlib
import json
import os
import shutil
import threading
import time

from serving import ServingTest, ones
from trireme import wait_until

ROW = ("INPUT0", "FP32", [1, 4], [0, 0, 0, 0])  # of the models that add their version


class ControlTest(ServingTest):
    def setUp(self):
        self.repository = self.folder() / "repository"
        self.repository.mkdir()

    def put(self, name, version, adds=None):
        """Puts a version in its place in one step: it adds `adds` to its input."""
        folder = self.repository / name / str(version)
        folder.mkdir(parents=True, exist_ok=True)
        written = self.repository.parent / "being-written"
        shutil.copy(self.file_that_adds(adds or version), written)
        os.replace(written, folder / "model.onnx")

    def file_that_adds(self, number):
        return self.models / "triton" / "versions_all" / str(number) / "model.onnx"

    def answer(self, server, name, version=None):
        """What the model makes of 0; None if it is not served."""
        path = f"/v2/models/{name}" + (f"/versions/{version}" if version else "") + "/infer"
        keys = ("name", "datatype", "shape", "data")
        answer = server.ask("POST", path, json.dumps({"inputs": [dict(zip(keys, ROW))]}).encode())
        if answer.status != 200:
            self.assertIn(answer.status, (404, 503), answer)
            return None
        return answer.json()["outputs"][0]["data"][0]

    def index(self, server):
        entries = server.ask("POST", "/v2/repository/index", b"").json()
        return {(entry["name"], entry.get("version", "")): entry["state"] for entry in entries}

    def keep_asking(self, server, name, bodies_seen):
        """Asks all the time; what came goes into `bodies_seen`, in order. Returns how to stop it."""
        done = threading.Event()

        def ask():
            with server.connect() as connection:
                while not done.is_set():
                    answer = connection.infer(name, ROW)
                    bodies_seen.append((answer.status, answer.json()["outputs"][0]["data"][0]
                                        if answer.status == 200 else answer.body))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()

        def stop():
            done.set()
            for thread in threads:
                thread.join()
        self.addCleanup(stop)
        return stop


class Watching(ControlTest):
    def watch(self, *arguments):
        return self.serve(self.repository, "--repository-poll-secs", 0.05, *arguments)

    def test_a_new_model_appears_and_a_removed_one_goes(self):
        self.put("first", 1)
        server = self.watch()
        self.assertEqual(self.answer(server, "first"), 1)
        self.assertIsNone(self.answer(server, "second"))
        self.put("second", 2)
        wait_until(lambda: self.answer(server, "second") == 2, "the new model serves")
        shutil.rmtree(self.repository / "first")
        wait_until(lambda: self.answer(server, "first") is None, "the removed model does not serve")
        self.assertEqual(self.answer(server, "second"), 2)
        wait_until(lambda: ("first", "1") not in self.index(server), "it is not listed any more")
        self.assertTrue(server.ready())

    def test_a_changed_model_is_replaced_and_no_request_fails(self):
        self.put("m", 1, adds=1)
        server = self.watch()
        answers = []
        stop = self.keep_asking(server, "m", answers)
        for adds in (2, 3, 1):
            self.put("m", 1, adds)
            wait_until(lambda: answers and answers[-1] == (200, adds), f"answers are {adds}")
        stop()
        self.assertEqual([answer for answer in answers if answer[0] != 200], [])
        self.assertEqual({answer for _, answer in answers}, {1, 2, 3})

    def test_a_newer_version_takes_over_and_no_request_fails(self):
        self.put("m", 1)
        server = self.watch()
        answers = []
        stop = self.keep_asking(server, "m", answers)
        self.put("m", 2)
        wait_until(lambda: answers and answers[-1] == (200, 2), "the newer version answers")
        wait_until(lambda: self.index(server).get(("m", "1")) != "READY", "the older one is gone")
        stop()
        self.assertEqual([answer for answer in answers if answer[0] != 200], [])

    def test_a_model_that_is_just_being_copied_is_not_loaded(self):
        self.put("other", 1)
        server = self.serve(self.repository, "--repository-poll-secs", 0.5)
        data = self.file_that_adds(2).read_bytes()
        folder = self.repository / "m" / "1"
        folder.mkdir(parents=True)
        end = time.monotonic() + 2
        with open(folder / "model.onnx", "wb", buffering=0) as file:
            file.write(data[:10])
            for byte in data[10:-1]:
                file.write(bytes([byte]))
                if time.monotonic() > end:
                    break
                time.sleep(2 / len(data))
            file.write(data[file.tell():])
        wait_until(lambda: self.answer(server, "m") == 2, "it serves once it is whole")
        self.assertNotRegex(server.log(), '"level":"ERROR"')

    def test_a_broken_successor_leaves_the_model_serving(self):
        self.put("m", 1)
        server = self.watch()
        (self.repository / "m" / "1" / "model.onnx").write_bytes(b"no model")
        wait_until(lambda: '"level":"ERROR"' in server.log(), "the failure is logged")
        self.assertEqual(self.answer(server, "m"), 1)
        self.assertTrue(server.ready())
        self.put("m", 1, adds=3)
        wait_until(lambda: self.answer(server, "m") == 3, "a good one replaces it")

    def test_a_model_that_failed_is_tried_again_when_it_has_changed(self):
        self.put("good", 1)
        (self.repository / "m" / "1").mkdir(parents=True)
        (self.repository / "m" / "1" / "model.onnx").write_bytes(b"no model")
        server = self.watch()
        self.assertEqual(self.index(server)[("m", "1")], "UNAVAILABLE")
        self.put("m", 1)
        wait_until(lambda: self.answer(server, "m") == 1, "the mended model serves")

    def test_settings_of_a_model_are_watched_too(self):
        self.put("m", 1)
        self.put("m", 2)
        server = self.watch()
        self.assertIsNone(self.answer(server, "m", 1))
        (self.repository / "m" / "config.pbtxt").write_text("version_policy: { all: {} }\n")
        wait_until(lambda: self.answer(server, "m", 1) == 1, "the older version serves too")
        self.assertEqual(self.answer(server, "m"), 2)

    def test_nothing_can_be_loaded_by_name(self):
        self.put("m", 1)
        server = self.watch()
        for verb in ("load", "unload"):
            self.assert_refused(server.ask("POST", f"/v2/repository/models/m/{verb}", b""), 503, "explicit")
        self.assertEqual(self.answer(server, "m"), 1)


class Publishing(ControlTest):
    """Without being told how often to look: where the system tells of changes it is quick, elsewhere as always."""

    def manifest_of(self, adds):
        return f"{hashlib.sha256(self.file_that_adds(adds).read_bytes()).hexdigest()}  model.onnx\n"

    def reason(self, server, name):
        """All that is said of a model."""
        entries = server.ask("POST", "/v2/repository/index", b"").json()
        return " ".join(entry.get("reason", "") for entry in entries if entry["name"] == name)

    def test_a_version_that_is_moved_into_place_is_served(self):
        self.put("m", 1)
        server = self.serve(self.repository)
        staged = self.repository / "m" / ".2"
        staged.mkdir()
        shutil.copy(self.file_that_adds(2), staged / "model.onnx")
        staged.rename(self.repository / "m" / "2")
        wait_until(lambda: self.answer(server, "m") == 2, "the new version serves")

    def test_a_version_counts_when_all_is_there_that_its_manifest_lists(self):
        self.put("m", 1)
        server = self.serve(self.repository)
        folder = self.repository / "m" / "2"
        folder.mkdir()
        (folder / "SHA256SUMS").write_text(self.manifest_of(2))
        wait_until(lambda: "SHA256SUMS" in server.log(), "it says what it waits for")
        self.assertEqual(self.answer(server, "m"), 1)
        shutil.copy(self.file_that_adds(3), folder / "model.onnx")
        wait_until(lambda: "found one with" in server.log(), "it says that the file is another one")
        self.assertEqual(self.answer(server, "m"), 1)
        shutil.copy(self.file_that_adds(2), folder / "model.onnx")
        wait_until(lambda: self.answer(server, "m") == 2, "the version serves once it is whole")

    def test_a_manifest_may_be_asked_for(self):
        self.put("with", 1)
        self.put("without", 1)
        (self.repository / "with" / "1" / "SHA256SUMS").write_text(self.manifest_of(1))
        server = self.serve(self.repository, "--require-manifest")
        self.assertEqual(self.answer(server, "with"), 1)
        self.assertIsNone(self.answer(server, "without"))
        self.assertRegex(self.reason(server, "without"), "SHA256SUMS")

    def test_files_that_are_cut_off_or_removed_while_they_serve_change_no_answer(self):
        self.put("cut", 1)
        self.put("gone", 1)
        server = self.serve(self.repository, "--model-control-mode=none")
        os.truncate(self.repository / "cut" / "1" / "model.onnx", 10)
        shutil.rmtree(self.repository / "gone")
        for name in ("cut", "gone"):
            self.assertEqual(self.answer(server, name), 1)


class AsItLayAtTheStart(ControlTest):
    def test_changes_are_passed_over(self):
        self.put("m", 1)
        server = self.serve(self.repository, "--model-control-mode=none", "--repository-poll-secs=0.01")
        self.put("m", 1, adds=2)
        self.put("new", 3)
        shutil.copytree(self.models / "good" / "add", self.repository / "add")
        for _ in range(100):
            self.assertEqual(self.answer(server, "m"), 1)
        self.assertIsNone(self.answer(server, "new"))
        self.assert_refused(server.ask("POST", "/v2/repository/models/new/load", b""), 503, "explicit")


class ByName(ControlTest):
    def start(self, *arguments):
        return self.serve(self.repository, "--model-control-mode", "explicit", *arguments)

    def load(self, server, name, **parameters):
        body = json.dumps({"parameters": parameters}).encode() if parameters else b""
        return server.ask("POST", f"/v2/repository/models/{name}/load", body)

    def unload(self, server, name):
        return server.ask("POST", f"/v2/repository/models/{name}/unload", b"")

    def test_a_server_without_models_is_ready_and_lists_what_there_is(self):
        self.put("a", 1)
        self.put("b", 1)
        server = self.start()
        self.assertTrue(server.ready())
        self.assertEqual({name for name, _ in self.index(server)}, {"a", "b"})
        self.assertNotIn("READY", self.index(server).values())
        self.assertIsNone(self.answer(server, "a"))

    def test_models_named_at_the_start_are_loaded(self):
        for name in ("a", "b", "c"):
            self.put(name, 1)
        server = self.start("--load-model", "a", "--load-model=c")
        self.assertEqual([self.answer(server, name) for name in ("a", "b", "c")], [1, None, 1])
        server = self.start("--load-model=*")
        self.assertEqual([self.answer(server, name) for name in ("a", "b", "c")], [1, 1, 1])

    def test_loading_answers_when_the_model_serves_and_unloading_when_it_does_not(self):
        self.put("m", 1)
        server = self.start()
        for _ in range(3):
            self.assertEqual(self.load(server, "m").status, 200)
            self.assertEqual(self.answer(server, "m"), 1)
            self.assertEqual(self.index(server)[("m", "1")], "READY")
            self.assertEqual(self.unload(server, "m").status, 200)
            self.assertIsNone(self.answer(server, "m"))

    def test_files_are_looked_at_when_somebody_asks_and_no_request_fails(self):
        self.put("m", 1, adds=1)
        server = self.start("--load-model=m", "--repository-poll-secs=0.01")
        answers = []
        stop = self.keep_asking(server, "m", answers)
        self.put("m", 1, adds=2)
        before = len(answers)
        wait_until(lambda: len(answers) > before + 100, "it has been asked often")
        self.assertEqual(answers[-1], (200, 1))
        self.assertEqual(self.load(server, "m").status, 200)
        self.assertEqual(self.answer(server, "m"), 2)
        stop()
        self.assertEqual([answer for answer in answers if answer[0] != 200], [])

    def test_what_cannot_be_loaded_is_the_callers_to_mend(self):
        self.put("m", 1)
        (self.repository / "broken" / "1").mkdir(parents=True)
        (self.repository / "broken" / "1" / "model.onnx").write_bytes(b"no model")
        server = self.start()
        answer = self.load(server, "broken")
        self.assertEqual(answer.status, 400, answer)
        self.assertRegex(answer.error(), "broken")
        answer = self.load(server, "nowhere")
        self.assertIn(answer.status, (400, 404), answer)
        self.assertEqual(self.load(server, "m").status, 200)

    def test_a_config_may_come_with_the_request(self):
        self.put("m", 1)
        self.put("m", 2)
        server = self.start("--load-model=m")
        self.assertIsNone(self.answer(server, "m", 1))
        answer = self.load(server, "m", config='{"version_policy":{"specific":{"versions":[1]}}}')
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.answer(server, "m"), 1)
        self.assertIsNone(self.answer(server, "m", 2))

    def test_states_are_metrics(self):
        self.put("a", 1)
        self.put("b", 1)
        server = self.start("--load-model=a")
        self.assertEqual(server.metric("trireme_model_state", model="a", version="1", state="ready"), 1)
        self.assertEqual(server.metric("trireme_models", state="ready"), 1)
        self.assertEqual(self.load(server, "b").status, 200)
        self.assertEqual(server.metric("trireme_models", state="ready"), 2)
        self.assertEqual(self.unload(server, "a").status, 200)
        wait_until(lambda: server.metric("trireme_models", state="ready") == 1, "one is unloaded")
        self.assertEqual(server.metric("trireme_model_state", model="a", state="ready"), 0)
