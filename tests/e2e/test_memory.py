# SPDX-License-Identifier: Apache-2.0
"""Models that share a memory budget: load on demand, who goes for it, and what is answered when there is no room."""
import json
import shutil
import threading

from serving import ServingTest, ones
from trireme import wait_until

# A tiny model takes a little more than 256 KiB.
ROOM_FOR_TWO = ("--budget", "640KiB")


class MemoryTest(ServingTest):
    def setUp(self):
        self.repository = self.folder() / "repository"

    def copies(self, *names):
        for name in names:
            shutil.copytree(self.models / "good" / "add", self.repository / name)

    def states(self, server):
        index = server.ask("POST", "/v2/repository/index").json()
        return {entry["name"]: entry["state"] for entry in index}

    def in_memory(self, server):
        return sorted(name for name, state in self.states(server).items() if state == "READY")

    def serve_copies(self, *arguments, names=("a", "b", "c", "d")):
        self.copies(*names)
        return self.serve(self.repository, *arguments)


class OnDemand(MemoryTest):
    def test_what_does_not_fit_is_loaded_when_it_is_asked_for(self):
        server = self.serve_copies(*ROOM_FOR_TWO)
        self.assertEqual(self.in_memory(server), ["a", "b"])
        self.assertTrue(server.ready())
        for name in "cdab" * 3:
            self.assert_adds_one(server.infer(name, ones()))
            self.assertLessEqual(len(self.in_memory(server)), 2)
            self.assertIn(name, self.in_memory(server))
        self.assertGreaterEqual(server.metric("trireme_model_evictions_total"), 10)
        self.assertGreaterEqual(server.metric("trireme_model_loads_total", model="c"), 2)

    def test_many_clients_at_random_models_all_get_their_answers(self):
        server = self.serve_copies(*ROOM_FOR_TWO, names=[f"m{i}" for i in range(6)])
        answers = []

        def ask(first):
            for i in range(6):
                answers.append(server.infer(f"m{(first + i) % 6}", ones()))

        clients = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(len(answers), 48)
        for answer in answers:
            self.assert_adds_one(answer)

    def test_a_lazy_server_begins_with_nothing(self):
        server = self.serve_copies("--lazy")
        self.assertTrue(server.ready())
        self.assertEqual(self.in_memory(server), [])
        self.assertEqual(server.ask("GET", "/v2/models/a/ready").status, 200)
        self.assert_adds_one(server.infer("a", ones()))
        self.assertEqual(self.in_memory(server), ["a"])

    def test_what_is_on_demand_can_be_asked_what_it_is(self):
        server = self.serve_copies("--lazy")
        wait_until(lambda: server.ask("GET", "/v2/models/b").status == 200, "the model is described")
        self.assertEqual([spec["name"] for spec in server.ask("GET", "/v2/models/b").json()["inputs"]], ["INPUT0"])
        self.assertEqual(server.ask("GET", "/v2/models/b/config").json()["name"], "b")
        self.assertEqual(self.in_memory(server), [])

    def test_a_request_waits_no_longer_than_it_says(self):
        server = self.serve_copies("--pin", "a", "--pin", "b", *ROOM_FOR_TWO)
        # There is no room, whatever it says.
        late = server.infer("c", ones(), parameters={"timeout": 1})
        self.assertIn(late.status, (504, 507))

    def test_a_model_that_cannot_be_loaded_says_so_to_who_asks(self):
        self.copies("a")
        (self.repository / "broken" / "1").mkdir(parents=True)
        model = bytearray((self.models / "good" / "add" / "1" / "model.onnx").read_bytes())
        (self.repository / "broken" / "1" / "model.onnx").write_bytes(model[:len(model) // 2])
        server = self.serve(self.repository, "--lazy")
        self.assert_refused(server.infer("broken", ones()), 503, "'broken' is not ready: failed")
        self.assert_adds_one(server.infer("a", ones()))

    def test_idle_models_leave(self):
        server = self.serve_copies("--model-idle-timeout", "100ms", "--pin", "a", "--pin", "aa")
        self.assertRegex(server.log(), r'there is no model of this name \(yet\)","model":"aa"')
        self.assertNotIn('of this name (yet)","model":"a"', server.log())
        wait_until(lambda: self.in_memory(server) == ["a"], "the idle ones have left")
        self.assert_adds_one(server.infer("d", ones()))


class NoRoom(MemoryTest):
    def test_who_holds_the_memory_is_said(self):
        server = self.serve_copies("--pin", "a", "--pin", "b", *ROOM_FOR_TWO)
        refused = server.infer("c", ones())
        self.assert_refused(refused, 507, "no room in memory for model 'c' version 1.*a/1 holds .*b/1 holds")
        self.assert_adds_one(server.infer("a", ones()))

    def test_without_loading_on_demand_it_has_failed(self):
        server = self.serve_copies("--load-on-demand", "off", *ROOM_FOR_TWO, names=("a", "b", "c"))
        self.assertEqual(len(self.in_memory(server)), 2)
        out = next(name for name in "abc" if name not in self.in_memory(server))
        self.assert_refused(server.infer(out, ones()), 503, "no room in memory")

    def test_a_load_by_name_that_does_not_fit_is_refused_and_evicts_nobody(self):
        self.copies("a", "b", "c")
        server = self.serve(self.repository, "--model-control-mode", "explicit", *ROOM_FOR_TWO)
        for name in "ab":
            self.assertEqual(server.ask("POST", f"/v2/repository/models/{name}/load").status, 200)
        refused = server.ask("POST", "/v2/repository/models/c/load")
        self.assert_refused(refused, 507, "no room in memory for model 'c'")
        self.assertEqual(self.in_memory(server), ["a", "b"])
        self.assertEqual(server.ask("POST", "/v2/repository/models/a/unload").status, 200)
        wait_until(lambda: server.ask("POST", "/v2/repository/models/c/load").status == 200, "there is room")
        self.assertEqual(self.in_memory(server), ["b", "c"])


class Bodies(MemoryTest):
    def test_leave_the_budget_to_models_once_they_are_answered(self):
        server = self.serve_copies("--budget", "64MiB", "--http-max-input-size", "2MiB", names=["a"])
        body = b" " * 2_000_000
        clients = [threading.Thread(target=server.ask, args=("POST", "/v2/models/a/infer", body)) for _ in range(24)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        wait_until(lambda: server.metric("trireme_memory_other_bytes", device="cpu") < 8 << 20, "the bodies have gone")


class Shared(MemoryTest):
    def test_the_same_files_under_many_names_count_once(self):
        shutil.copytree(self.models / "good" / "square_matmul", self.repository / "one")
        one = self.serve(self.repository)
        used = one.metric("trireme_memory_used_bytes", device="cpu")
        for i in range(9):
            shutil.copytree(self.models / "good" / "square_matmul", self.repository / f"copy{i}")
        ten = self.serve(self.repository)
        self.assertEqual(len(self.in_memory(ten)), 10)
        own = 256 << 10  # of each, whatever its weights are
        shared = used - own
        self.assertLessEqual(ten.metric("trireme_memory_used_bytes", device="cpu"), 10 * own + 2 * shared)


class DeletedVersions(MemoryTest):
    def serve_versions(self, policy):
        shutil.copytree(self.models / "triton" / "versions_all", self.repository / "m")
        (self.repository / "m" / "config.pbtxt").write_text(policy)
        self.socket = self.repository.parent / "admin"
        return self.serve(self.repository, "--lazy", "--admin-socket", self.socket)

    def answers(self, server, count=8):
        body = {"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 4], "data": [0, 0, 0, 0]}]}
        answers = []

        def ask():
            answers.append(server.ask("POST", "/v2/models/m/infer", json.dumps(body).encode()))

        clients = [threading.Thread(target=ask) for _ in range(count)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual([answer.status for answer in answers], [200] * count, answers[0].body)
        return {answer.json()["model_version"] for answer in answers}

    def test_requests_wait_until_the_next_version_is_found(self):
        server = self.serve_versions("version_policy { latest { num_versions: 1 } }\n")
        shutil.rmtree(self.repository / "m" / "3")
        self.assertEqual(self.answers(server), {"2"})

    def test_a_version_that_was_in_memory_is_no_different(self):
        server = self.serve_versions("version_policy { latest { num_versions: 1 } }\n")
        self.assertEqual(self.answers(server), {"3"})
        unloaded = self.run_trireme("models", "unload", "m", "--socket", self.socket)
        self.assertEqual(unloaded.returncode, 0, unloaded.stderr)
        shutil.rmtree(self.repository / "m" / "3")
        self.assertEqual(self.answers(server), {"2"})

    def test_the_next_version_that_is_known_answers(self):
        server = self.serve_versions("version_policy { all { } }\n")
        shutil.rmtree(self.repository / "m" / "3")
        self.assertEqual(self.answers(server), {"2"})


class Labels(MemoryTest):
    CONFIG = ('version_policy {{ all {{ }} }}\n'
              'parameters {{ key: "version_labels" value {{ string_value: "{labels}" }} }}\n')

    def put(self, labels):
        folder = self.repository / "m"
        for version in (1, 2):
            (folder / str(version)).mkdir(parents=True, exist_ok=True)
            source = self.models / "triton" / "versions_all" / str(version) / "model.onnx"
            if not (folder / str(version) / "model.onnx").exists():
                shutil.copy(source, folder / str(version) / "model.onnx")
        written = self.repository.parent / "config.pbtxt"
        written.write_text(self.CONFIG.format(labels=labels))
        written.replace(folder / "config.pbtxt")

    def answer(self, server, label):
        body = {"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 4], "data": [0, 0, 0, 0]}]}
        return server.ask("POST", f"/v2/models/m/versions/{label}/infer", json.dumps(body).encode())

    def test_requests_go_where_labels_lead(self):
        self.put("stable=1,canary=2")
        server = self.serve(self.repository)
        self.assertEqual(self.answer(server, "stable").json()["outputs"][0]["data"][0], 1)
        self.assertEqual(self.answer(server, "stable").json()["model_version"], "1")
        self.assertEqual(self.answer(server, "canary").json()["outputs"][0]["data"][0], 2)
        self.assertEqual(server.ask("GET", "/v2/models/m/versions/canary").json()["versions"], ["2"])
        self.assert_refused(self.answer(server, "nobody"), 404, "'m' version 'nobody' is not found")
        self.put("stable=2")
        wait_until(lambda: self.answer(server, "stable").json()["model_version"] == "2", "the label leads elsewhere")

    def test_a_label_that_is_none_is_a_mistake_in_the_config(self):
        self.put("stable")
        server = self.serve(self.repository, "--exit-on-error=false")
        self.assert_refused(self.answer(server, "stable"), 503, "LABEL=VERSION")
