# SPDX-License-Identifier: Apache-2.0
"""TorchServe's workflows: archives with models in sequence and beside one another, asked as one."""
import io
import json
import shutil
import socket
import tarfile
import threading
import zipfile

from raw_http import message
from test_torchserve import FORM, ROW, TorchServe, TorchServeTest, form
from trireme import wait_until

REGISTERED = "Workflow {} has been registered and scaled successfully."


def spec(models, dag, settings=""):
    """A workflow's YAML file: `models` by name, with a url or with all that is said of one."""
    lines = [f"  {name}: {{url: {said}}}" if ":" not in said else f"  {name}: {{{said}}}"
             for name, said in models.items()]
    return "\n".join(["models:", *([f"  {settings}"] if settings else []), *lines, "dag:",
                      *(f"  {name}: [{', '.join(following)}]" for name, following in dag.items()), ""])


class WorkflowTest(TorchServeTest):
    def setUp(self):
        super().setUp()
        (self.store / "broken.onnx").unlink()
        for name in ("add_sub", "identity_int32", "gather", "square_matmul"):
            shutil.copy(self.models / "good" / name / "1" / "model.onnx", self.store / f"{name}.onnx")
        self.workflows = self.store.parent / "workflow-store"
        self.workflows.mkdir()

    def start(self, *arguments, **options):
        return super().start("--enable-model-api", "--workflow-store", self.workflows, *arguments, **options)

    def manifest(self, name, **said):
        return json.dumps({"createdOn": "01/02/2024 10:00:00", "archiverVersion": "0.2",
                           "workflow": {"workflowName": name, "specFile": "workflow.yaml", **said}})

    def pack(self, name, workflow, files=(), **said):
        """Name of a .war in the workflow store."""
        with zipfile.ZipFile(self.workflows / f"{name}.war", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("WAR-INF/MANIFEST.json", self.manifest(name, **said))
            archive.writestr("workflow.yaml", workflow)
            for path, data in dict(files).items():
                archive.writestr(path, data)
        return f"{name}.war"

    def pack_mar(self, version):
        """An archive of the model add, as bytes."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python3", "model": {
                "modelName": "sum", "modelVersion": version, "serializedFile": "model.onnx",
                "handler": "base_handler"}}))
            archive.write(self.store / "add.onnx", "model.onnx")
        return packed.getvalue()

    def register(self, server, name, *arguments, **said):
        answer = server.manage("POST", f"/workflows?url={self.pack(name, *arguments, **said)}")
        self.assertEqual((answer.status, answer.json()), (200, {"status": REGISTERED.format(name)}), answer)

    def refused(self, server, name, *arguments, **said):
        return server.manage("POST", f"/workflows?url={self.pack(name, *arguments, **said)}")

    def models_of(self, server):
        return [model["modelName"] for model in server.manage("GET", "/models").json()["models"]]


SEQUENCE = spec({"a": "add.onnx", "b": "add.onnx", "c": "add.onnx"}, {"a": ["b"], "b": ["c"]})


class TheLifeOfAWorkflow(WorkflowTest):
    def test_from_its_registration_to_its_end(self):
        server = self.start()
        self.assertEqual(server.manage("GET", "/workflows").json(), {"workflows": []})
        self.register(server, "plus", SEQUENCE)
        self.assertEqual(self.models_of(server), ["plus__a", "plus__b", "plus__c"])
        answer = server.predict("/wfpredict/plus", [ROW])
        self.assertEqual((answer.status, answer.json()), (200, [[value + 3.0 for value in ROW]]))
        self.assertEqual(answer.header("Content-Type"), "application/json")

        self.assertEqual(server.manage("GET", "/workflows").json(),
                         {"workflows": [{"workflowName": "plus", "workflowUrl": "plus.war"}]})
        self.assertEqual(server.manage("GET", "/workflows/plus").json(), [
            {"workflowName": "plus", "workflowUrl": "plus.war", "minWorkers": 1, "maxWorkers": 1, "batchSize": 1,
             "maxBatchDelay": 50, "workflowDag": "{a=[b], b=[c]}"}])

        gone = server.manage("DELETE", "/workflows/plus")
        self.assertEqual((gone.status, gone.json()), (200, {"status": 'Workflow "plus" unregistered'}))
        self.assertEqual(self.models_of(server), [])
        for answer in (server.predict("/wfpredict/plus", [ROW]), server.manage("GET", "/workflows/plus"),
                       server.manage("DELETE", "/workflows/plus")):
            self.assert_failure(answer, 404, "WorkflowNotFoundException", "Workflow not found: plus")
        self.register(server, "plus", SEQUENCE)

    def test_every_form_of_a_request(self):
        server = self.start()
        self.register(server, "plus", SEQUENCE)
        wanted = [value + 3.0 for value in ROW]
        for body, headers, answer in (
                (json.dumps(ROW).encode(), (), wanted),
                (json.dumps({"data": [ROW]}).encode(), (), [wanted]),
                (form(data=json.dumps([ROW])), FORM, [wanted]),
                (json.dumps({"instances": [ROW, ROW]}).encode(), (), {"predictions": [wanted, wanted]})):
            with self.subTest(body=body):
                self.assertEqual(server.predict("/wfpredict/plus", body, headers).json(), answer)
        put = server.curl(server.inference, "PUT", "/wfpredict/plus", json.dumps(ROW).encode())
        self.assertEqual(put.json(), wanted)

    def test_nodes_beside_one_another(self):
        server = self.start()
        self.register(server, "beside", spec(
            {"first": "identity_int32.onnx", "INPUT0": "identity_int32.onnx", "INPUT1": "identity_int32.onnx",
             "last": "add_sub.onnx"}, {"first": ["INPUT0", "INPUT1"], "INPUT1": ["last"], "INPUT0": ["last"]}))
        answer = server.predict("/wfpredict/beside", [ROW])
        self.assertEqual((answer.status, answer.json()),
                         (200, {"OUTPUT0": [[2 * value for value in ROW]], "OUTPUT1": [[0] * 16]}))
        # And several that nothing precedes: each is given the request.
        self.register(server, "two", spec(
            {"INPUT0": "identity_int32.onnx", "INPUT1": "identity_int32.onnx", "last": "add_sub.onnx"},
            {"INPUT0": ["last"], "INPUT1": ["last"]}))
        self.assertEqual(server.predict("/wfpredict/two", [ROW]).json(), answer.json())

    def test_settings_of_its_models(self):
        server = self.start()
        self.register(server, "set", spec(
            {"a": "url: add.onnx, min-workers: 2, max-workers: 3, batch-size: 4, max-batch-delay: 7, timeout-ms: 1500",
             "b": "add.onnx"}, {"a": ["b"]}, settings="batch-size: 8"))
        a, = server.manage("GET", "/models/set__a").json()
        self.assertEqual([a[key] for key in ("minWorkers", "maxWorkers", "batchSize", "maxBatchDelay",
                                             "responseTimeout")], [2, 3, 4, 7, 2])
        self.assertEqual(len(a["workers"]), 2)
        b, = server.manage("GET", "/models/set__b").json()
        self.assertEqual((b["minWorkers"], b["batchSize"]), (1, 8))
        self.assertEqual(server.manage("GET", "/workflows/set").json()[0]["batchSize"], 8)
        self.assertEqual(server.manage("PUT", "/models/set__b?min_worker=3&synchronous=true").status, 200)
        self.assertEqual(server.predict("/wfpredict/set", [ROW]).status, 200)

    def test_models_inside_of_the_archive(self):
        server = self.start()
        files = {"sum.mar": self.pack_mar("1.0"), "models/plain.onnx": (self.store / "add.onnx").read_bytes()}
        self.register(server, "own", spec({"a": "sum.mar", "b": "models/plain.onnx", "c": "add.onnx"},
                                          {"a": ["b"], "b": ["c"]}), files)
        self.assertEqual(server.predict("/wfpredict/own", ROW).json(), [value + 3.0 for value in ROW])
        # What was unpacked is there as long as it may be read again.
        scaled = server.manage("PUT", "/models/own__a?min_worker=2&synchronous=true")
        self.assertEqual(scaled.status, 200, scaled)
        self.assertEqual(server.manage("DELETE", "/workflows/own").status, 200)

    def test_archives_of_every_kind(self):
        server = self.start()
        self.pack("packed", SEQUENCE)
        folder = self.workflows / "folder"
        with zipfile.ZipFile(self.workflows / "packed.war") as archive:
            archive.extractall(folder)
        with tarfile.open(self.workflows / "packed.tar.gz", "w:gz") as archive:
            archive.add(folder, ".")
        for number, url in enumerate(("packed.war", "packed.tar.gz", "folder",
                                      f"file://{self.workflows.resolve()}/packed.war")):
            answer = server.manage("POST", f"/workflows?url={url}&workflow_name=w{number}")
            self.assertEqual((answer.status, answer.json()), (200, {"status": REGISTERED.format(f"w{number}")}), url)
            self.assertEqual(server.predict(f"/wfpredict/w{number}", ROW).status, 200)
        in_body = server.manage("POST", "/workflows", json.dumps({"url": "folder", "workflow_name": "json"}).encode(),
                                {"Content-Type": "application/json"})
        self.assertEqual(in_body.status, 200, in_body)
        page = server.manage("GET", "/workflows?limit=2&next_page_token=1").json()
        self.assertEqual((page["nextPageToken"], [each["workflowName"] for each in page["workflows"]]),
                         ("3", ["w0", "w1"]))

    def test_they_come_back(self):
        snapshot = self.store.parent / "snapshot.cfg"
        server = self.start("--torchserve-snapshot", snapshot)
        server.manage("POST", "/models?url=add.onnx&initial_workers=1")
        self.register(server, "plus", SEQUENCE)
        wait_until(lambda: snapshot.exists() and "plus.war" in snapshot.read_text(), "the snapshot is written")
        self.assertNotIn("plus__a", snapshot.read_text())
        self.assertEqual(server.stop(), 0)
        again = TorchServe(self.program, "--ts-config", snapshot, "--torchserve-snapshot", snapshot)
        self.addCleanup(again.__exit__)
        wait_until(lambda: again.predict("/wfpredict/plus", ROW).status == 200, "the workflow is there again")
        wait_until(lambda: self.models_of(again) == ["add", "plus__a", "plus__b", "plus__c"], "all of it is")
        self.assertEqual(again.manage("DELETE", "/workflows/plus").status, 200)
        wait_until(lambda: "plus" not in snapshot.read_text(), "it is out of the snapshot")

    def test_what_fails_at_the_start_is_kept(self):
        snapshot = self.store.parent / "snapshot.cfg"
        server = self.start("--torchserve-snapshot", snapshot)
        self.register(server, "plus", SEQUENCE)
        wait_until(lambda: snapshot.exists() and "plus.war" in snapshot.read_text(), "the snapshot is written")
        self.assertEqual(server.stop(), 0)
        (self.workflows / "plus.war").rename(self.workflows / "elsewhere.war")
        again = TorchServe(self.program, "--ts-config", snapshot, "--torchserve-snapshot", snapshot)
        self.addCleanup(again.__exit__)
        wait_until(lambda: "Workflow not found at: plus.war" in again.log(), "it has failed")
        again.manage("POST", "/models?url=add.onnx")
        wait_until(lambda: "add.onnx" in snapshot.read_text(), "the snapshot is written anew")
        self.assertIn("plus.war", snapshot.read_text())
        self.assertEqual(again.manage("DELETE", "/workflows/plus").status, 200)
        wait_until(lambda: "plus.war" not in snapshot.read_text(), "it is forgotten")
        self.assertEqual(again.manage("DELETE", "/workflows/plus").status, 404)


class WhatAWorkflowHolds(WorkflowTest):
    def test_its_models_stay(self):
        server = self.start()
        self.register(server, "plus", SEQUENCE)
        self.assert_failure(server.manage("DELETE", "/models/plus__a"), 409, "ConflictStatusException",
                            'Model "plus__a" belongs to workflow "plus": unregister that')
        self.assert_failure(server.manage("POST", "/models?url=add.onnx&model_name=plus__a"), 409,
                            "ConflictStatusException", "Model version 1.0 is already registered for model plus__a")
        (self.store / "other.mar").write_bytes(self.pack_mar("2.0"))
        self.assert_failure(server.manage("POST", "/models?url=other.mar&model_name=plus__a"), 409,
                            "ConflictStatusException", 'Model "plus__a" belongs to workflow "plus"')
        self.assert_failure(self.refused(server, "plus", SEQUENCE), 409, "ConflictStatusException",
                            "Workflow plus is already registered.")
        self.assertEqual(server.predict("/wfpredict/plus", ROW).status, 200)

    def test_all_of_its_models_or_none(self):
        server = self.start()
        (self.store / "broken.onnx").write_bytes(b"this is no model")
        server.manage("POST", "/models?url=add.onnx&model_name=taken__b&initial_workers=1")
        for name, models, status, pattern in (
                ("half", {"a": "add.onnx", "b": "broken.onnx"}, 400, "Workflow Node b failed to register"),
                ("none", {"a": "add.onnx", "b": "none.mar"}, 400, "Model not found at: none.mar"),
                ("out", {"a": "add.onnx", "b": "../b.mar"}, 400, "Relative path is not allowed in url: ../b.mar"),
                ("abroad", {"a": "add.onnx", "b": '"https://example.com/b.mar"'}, 400, "does not match any allowed"),
                ("taken", {"a": "add.onnx", "b": "add.onnx"}, 409, "taken__b")):
            with self.subTest(name=name):
                said = {key: value if ":" not in value else f"url: {value}" for key, value in models.items()}
                answer = self.refused(server, name, spec(said, {"a": ["b"]}))
                self.assertEqual(answer.status, status, answer)
                self.assertRegex(answer.json()["message"], f"^Workflow {name} has failed to register.*{pattern}")
                self.assertEqual(self.models_of(server), ["taken__b"])
                self.assertEqual(server.predict(f"/wfpredict/{name}", ROW).status, 404)
        self.assertEqual(server.predict("/predictions/taken__b", ROW).status, 200)
        # Its names are free again.
        self.register(server, "half", spec({"a": "add.onnx", "b": "add.onnx"}, {"a": ["b"]}))

    def test_requests_on_their_way_are_answered(self):
        server = self.start()
        statuses = []
        for _ in range(3):
            self.register(server, "plus", SEQUENCE)
            has_begun, ends = threading.Event(), threading.Event()

            def ask():
                while not ends.is_set():
                    statuses.append(server.predict("/wfpredict/plus", ROW).status)
                    has_begun.set()

            askers = [threading.Thread(target=ask) for _ in range(4)]
            for asker in askers:
                asker.start()
            has_begun.wait()
            self.assertEqual(server.manage("DELETE", "/workflows/plus").status, 200)
            ends.set()
            for asker in askers:
                asker.join()
        self.assertLessEqual(set(statuses), {200, 404})
        self.assertIn(200, statuses)

    def test_clients_that_go(self):
        server = self.start()
        matrix = json.dumps([[0.5] * 256] * 256).encode()
        self.register(server, "slow", spec({"a": "square_matmul.onnx", "b": "square_matmul.onnx"}, {"a": ["b"]}))
        for _ in range(8):
            with socket.create_connection(("127.0.0.1", server.inference)) as connection:
                connection.sendall(message("POST", "/wfpredict/slow", matrix))
        # It ends when the last of them has ended.
        self.assertEqual(server.manage("DELETE", "/workflows/slow").status, 200)
        self.assertTrue(server.alive)


class WhatFails(WorkflowTest):
    def test_a_mistake_of_the_client(self):
        server = self.start()
        self.register(server, "late", spec({"a": "identity_fp32.onnx", "b": "add.onnx"}, {"a": ["b"]}))
        self.assertEqual(server.predict("/wfpredict/late", [ROW]).status, 200)
        first = server.predict("/wfpredict/late", b"hello")
        self.assertEqual((first.status, first.json()["type"]), (400, "BadRequestException"))
        self.assertRegex(first.json()["message"], "^workflow node a: input 'INPUT0': expected an array")
        second = server.predict("/wfpredict/late", [ROW + [1]])
        self.assertEqual(second.status, 400, second)
        self.assertRegex(second.json()["message"], "^workflow node b: .*16")
        squeezed = server.predict("/wfpredict/late", [ROW], {"Content-Encoding": "gzip"})
        self.assertEqual(squeezed.status, 415)

    def test_values_that_a_node_refuses(self):
        server = self.start()
        self.register(server, "rows", spec({"rows": "gather.onnx", "b": "identity_fp32.onnx"}, {"rows": ["b"]}))
        self.assertEqual(server.predict("/wfpredict/rows", [1, 2]).json(), [[1, 10], [2, 20]])
        failed = server.predict("/wfpredict/rows", [77])
        self.assertEqual(failed.status, 400, failed)
        self.assertRegex(failed.json()["message"], "^workflow node rows: ")
        # Not tried again: it would only be refused again.
        self.assertEqual(server.metric("nv_inference_request_failure", model="rows__rows"), 1)

    def test_a_model_that_somebody_else_unloads(self):
        server = self.start()
        self.register(server, "plus", SEQUENCE)
        self.assertEqual(server.ask("POST", "/v2/repository/models/plus__b/unload", b"{}").status, 200)
        failed = server.predict("/wfpredict/plus", ROW)
        self.assert_failure(failed, 500, "InternalServerException",
                            "Failed to execute workflow Node after 1 attempts : Error executing b: "
                            "Model not found: plus__b")
        self.assertEqual(server.manage("DELETE", "/workflows/plus").status, 200)
        self.register(server, "plus", SEQUENCE)

    def test_one_of_those_beside_one_another(self):
        server = self.start()
        self.register(server, "either", spec(
            {"INPUT0": "identity_int32.onnx", "INPUT1": "gather.onnx", "last": "add_sub.onnx"},
            {"INPUT0": ["last"], "INPUT1": ["last"]}))
        for _ in range(20):
            failed = server.predict("/wfpredict/either", [ROW])
            self.assertEqual(failed.status, 400, failed)
            self.assertRegex(failed.json()["message"], "^workflow node INPUT1: ")

    def test_a_node_that_takes_too_long(self):
        server = self.start()
        for retries in (0, 2):
            self.register(server, f"slow{retries}", spec(
                {"first": "identity_fp32.onnx",
                 "a": f"url: square_matmul.onnx, timeout-ms: 1, retry-attempts: {retries}"}, {"first": ["a"]}))
            failed = server.predict(f"/wfpredict/slow{retries}", [[0.5] * 256] * 256)
            self.assertEqual((failed.status, failed.json()["type"]), (500, "InternalServerException"))
            self.assertRegex(failed.json()["message"], f"^Failed to execute workflow Node after {retries + 1} attempts : "
                             "Error executing a: (no answer within 1 ms|the request's time ran out)")

    def test_a_node_without_workers(self):
        server = self.start()
        self.register(server, "plus", SEQUENCE)
        self.assertEqual(server.manage("PUT", "/models/plus__b?min_worker=0").status, 202)
        refused = server.predict("/wfpredict/plus", ROW)
        self.assertEqual((refused.status, refused.json()["type"]), (503, "ServiceUnavailableException"), refused)


class WhatIsNoWorkflow(WorkflowTest):
    def test_without_the_api(self):
        server = TorchServe(self.program, self.store)
        self.addCleanup(server.__exit__)
        self.assert_failure(server.manage("POST", "/workflows?url=w.war"), 400, "BadRequestException",
                            "Registering new workflows is disabled.")
        self.assert_failure(server.manage("DELETE", "/workflows/w"), 405, "MethodNotAllowedException",
                            "Requested method is not allowed, please refer to API document.")

    def test_urls(self):
        server = self.start()
        (self.store.parent / "outside.war").write_bytes(b"PK")
        for target, status, message_ in (
                ("/workflows", 400, "Parameter url is required."),
                ("/workflows?url=", 404, "empty url"),
                ("/workflows?url=no.war", 404, "Workflow not found at: no.war"),
                ("/workflows?url=../outside.war", 404, "Relative path is not allowed in url: ../outside.war"),
                ("/workflows?url=/etc/hostname", 404, "Given URL /etc/hostname does not match any allowed URL(s)")):
            answer = server.manage("POST", target)
            self.assertEqual((answer.status, answer.json()["message"]), (status, message_), target)
        named = server.manage("POST", f"/workflows?url={self.pack('w', SEQUENCE)}&workflow_name=a%2Fb")
        self.assertEqual(named.status, 400, named)

    def test_functions_in_python(self):
        server = self.start()
        answer = self.refused(server, "py", spec({"m": "add.onnx"}, {"pre_processing": ["m"], "m": ["aggregate"]}),
                              {"functions.py": "def pre_processing(data, context): return data"},
                              handler="functions.py")
        self.assertEqual((answer.status, answer.json()["type"]), (400, "InvalidWorkflowException"))
        self.assertRegex(answer.json()["message"], '"pre_processing", "aggregate" are functions of "functions.py", '
                                                   "which needs a Python worker: not served yet")

    def test_archives_that_mean_harm(self):
        server = self.start()
        self.register(server, "plus", SEQUENCE)

        def archive(name, **files):
            with zipfile.ZipFile(self.workflows / name, "w", zipfile.ZIP_DEFLATED) as packed:
                for path, data in files.items():
                    packed.writestr(path, data)

        def linked(name, target):
            with tarfile.open(self.workflows / name, "w:gz") as packed:
                entry = tarfile.TarInfo("workflow.yaml")
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                packed.addfile(entry)

        manifest = {"WAR-INF/MANIFEST.json": self.manifest("w")}
        bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
        (self.workflows / "text.war").write_bytes(b"this is no archive")
        (self.workflows / "empty.war").write_bytes(b"")
        (self.workflows / "cut.war").write_bytes((self.workflows / "plus.war").read_bytes()[:-30])
        archive("nothing.war")
        archive("plain.war", **{"workflow.yaml": SEQUENCE})
        archive("above.war", **manifest, **{"workflow.yaml": SEQUENCE, "../../evil": "x"})
        archive("root.war", **manifest, **{"workflow.yaml": SEQUENCE, "/tmp/evil": "x"})
        archive("no_spec.war", **manifest)
        archive("json.war", **{"WAR-INF/MANIFEST.json": "{", "workflow.yaml": SEQUENCE})
        archive("passwd.war", **{"WAR-INF/MANIFEST.json": self.manifest("w", specFile="/etc/passwd")})
        archive("up.war", **{"WAR-INF/MANIFEST.json": self.manifest("w", specFile="../../../etc/passwd")})
        archive("bomb.war", **manifest, **{"workflow.yaml": bomb})
        archive("big.war", **manifest, **{"workflow.yaml": SEQUENCE, "zeros": bytes(200 << 20)})
        archive("circle.war", **manifest,
                **{"workflow.yaml": spec({"a": "add.onnx", "b": "add.onnx"}, {"a": ["b"], "b": ["a"]})})
        archive("name.war", **{"WAR-INF/MANIFEST.json": self.manifest("a/../b"), "workflow.yaml": SEQUENCE})
        linked("link.war", "/etc/passwd")
        for path in sorted(self.workflows.glob("*.war")):
            if path.name == "plus.war":
                continue
            with self.subTest(path=path.name):
                answer = server.manage("POST", f"/workflows?url={path.name}")
                self.assertEqual(answer.status, 400, answer)
                self.assertNotIn("root:", answer.json()["message"])
        self.assertEqual([each["workflowName"] for each in server.manage("GET", "/workflows").json()["workflows"]],
                         ["plus"])
        self.assertEqual(server.predict("/wfpredict/plus", ROW).status, 200)

    def test_keys(self):
        keys = self.store.parent / "keys"
        secrets = {}
        for name, arguments in (("boss", ("--role", "admin", "--role", "infer", "--model", "*")),
                                ("asker", ("--role", "infer", "--model", "one"))):
            added = self.run_trireme("keys", "add", keys, name, *arguments)
            self.assertEqual(added.returncode, 0, added.stderr)
            secrets[name] = {"Authorization": f"Bearer {added.stdout.strip()}"}
        server = self.start("--keys", keys)
        for name in ("one", "two"):
            target = f"/workflows?url={self.pack(name, SEQUENCE)}"
            self.assertEqual(server.manage("POST", target).status, 401)
            self.assertEqual(server.manage("POST", target, headers=secrets["asker"]).status, 403)
            registered = server.manage("POST", target, headers=secrets["boss"])
            self.assertEqual(registered.status, 200, registered)
        self.assertEqual(server.predict("/wfpredict/one", ROW).status, 401)
        self.assertEqual(server.predict("/wfpredict/one", ROW, secrets["asker"]).status, 200)
        self.assertEqual(server.predict("/wfpredict/two", ROW, secrets["asker"]).status, 403)
        listed = server.manage("GET", "/workflows", headers=secrets["asker"]).json()["workflows"]
        self.assertEqual([each["workflowName"] for each in listed], ["one"])
        self.assertEqual(server.manage("DELETE", "/workflows/one", headers=secrets["asker"]).status, 403)
        self.assertEqual(server.manage("DELETE", "/workflows/one", headers=secrets["boss"]).status, 200)
