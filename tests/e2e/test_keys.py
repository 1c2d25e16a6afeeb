# SPDX-License-Identifier: Apache-2.0
"""Who may do what, by a file of keys: over REST and gRPC, and while the file changes."""
import json

import grpc

from grpc_client import Client, add_request, kserve
from raw_http import Connection
from serving import ServingTest, ones
from trireme import wait_until

INFER = {"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 16], "data": [1.0] * 16}]}


class KeysTest(ServingTest):
    def setUp(self):
        self.file = self.folder() / "keys"
        self.web = self.add("web", "--role", "infer", "--model", "add", "--tenant", "shop")
        self.prometheus = self.add("prometheus", "--role", "metrics")
        self.ops = self.add("ops", "--role", "admin", "--model", "*")

    def add(self, name, *arguments):
        """A new key, as `trireme keys` makes it."""
        result = self.run_trireme("keys", "add", self.file, name, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def remove(self, name):
        self.assertEqual(self.run_trireme("keys", "remove", self.file, name).returncode, 0)

    def serve_with_keys(self, *arguments):
        good = self.models / "good"
        return self.serve(good / "add", good / "scalar", "--keys", self.file, *arguments)

    def status(self, server, method, path, key=None, body=b"", scheme="Authorization"):
        headers = {} if key is None else {scheme: f"Bearer {key}" if scheme == "Authorization" else key}
        return server.ask(method, path, body, headers).status


class Rest(KeysTest):
    def test_each_key_opens_what_it_is_for(self):
        server = self.serve_with_keys()
        infer = json.dumps(INFER).encode()
        for method, path, body, expected in [
                ("GET", "/v2/health/live", b"", {None: 200, "wrong": 200, self.prometheus: 200}),
                ("GET", "/v2/health/ready", b"", {None: 200}),
                ("GET", "/v2", b"", {None: 401, "wrong": 401, self.web: 200, self.prometheus: 403, self.ops: 200}),
                ("POST", "/v2/models/add/infer", infer,
                 {None: 401, self.web: 200, self.prometheus: 403, self.ops: 200}),
                ("POST", "/v2/models/scalar/infer", b"", {self.web: 403, self.ops: 400}),
                ("POST", "/v2/models/none/infer", infer, {self.web: 403, self.ops: 404}),
                ("GET", "/v2/models/scalar", b"", {self.web: 403, self.ops: 200}),
                ("POST", "/v2/repository/models/add/unload", b"", {self.web: 403, self.prometheus: 403}),
                ("POST", "/v2/logging", b"{}", {self.web: 403, self.ops: 200}),
                ("GET", "/metrics", b"", {None: 401, self.web: 403, self.prometheus: 200, self.ops: 200})]:
            for key, status in expected.items():
                with self.subTest(path=path, key=key):
                    self.assertEqual(self.status(server, method, path, key, body), status)

    def test_either_header_will_do(self):
        server = self.serve_with_keys()
        self.assertEqual(self.status(server, "GET", "/v2", self.web, scheme="X-Api-Key"), 200)
        answer = server.ask("GET", "/v2")
        self.assertEqual(answer.header("WWW-Authenticate"), "Bearer")
        self.assertEqual(answer.error(),
                         "expected an API key (Authorization: Bearer KEY, or X-Api-Key: KEY), found none")

    def test_a_body_without_a_key_is_not_read(self):
        server = self.serve_with_keys()
        with server.connect() as connection:
            connection.send(b"POST /v2/models/add/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
            self.assertEqual(connection.read_answer().status, 401)

    def test_the_metrics_port_asks_too(self):
        server = self.serve_with_keys()
        for key, status in ((None, 401), (self.web, 403), (self.prometheus, 200)):
            with Connection(server.metrics_port) as connection:
                headers = {} if key is None else {"X-Api-Key": key}
                self.assertEqual(connection.ask("GET", "/metrics", b"", headers).status, status)

    def test_others_models_are_not_shown(self):
        server = self.serve_with_keys()
        names = {key: {model["name"] for model in server.ask("POST", "/v2/repository/index", b"",
                                                             {"X-Api-Key": key}).json()}
                 for key in (self.web, self.ops)}
        self.assertEqual(names, {self.web: {"add"}, self.ops: {"add", "scalar"}})

    def test_no_key_is_told_to_anybody(self):
        server = self.serve_with_keys("--access-log", "-", "--log-verbose", "1")
        for key in (self.web, "hunter2"):
            self.status(server, "GET", "/v2/models/scalar", key)
        answer = server.ask("GET", "/v2", b"", {"X-Api-Key": "hunter2"})
        self.assertNotIn("hunter2", answer.body.decode())
        server.stop()
        told = server.log() + server.stdout() + self.file.read_text()
        for key in (self.web, self.ops, "hunter2"):
            self.assertNotIn(key, told)


    def test_the_settings_of_a_model_are_its_admins(self):
        team = self.add("team", "--role", "admin", "--model", "add*")
        server = self.serve_with_keys()
        client = Client(server.grpc_port)
        self.addCleanup(client.channel.close)
        for model, status, code in (("add", 200, None), ("scalar", 403, grpc.StatusCode.PERMISSION_DENIED),
                                    ("", 403, grpc.StatusCode.PERMISSION_DENIED)):
            with self.subTest(model=model):
                path = f"/v2/models/{model}/trace/setting" if model else "/v2/trace/setting"
                self.assertEqual(self.status(server, "POST", path, team, b'{"trace_rate":"7"}'), status)
                request = kserve().TraceSettingRequest(model_name=model)
                request.settings["trace_rate"].value.append("7")
                try:
                    client.call("TraceSetting", request, metadata=(("x-api-key", team),))
                    self.assertIsNone(code)
                except grpc.RpcError as error:
                    self.assertEqual(error.code(), code)

    def test_the_access_log_says_who_asked(self):
        file = self.folder() / "access.log"
        server = self.serve_with_keys("--access-log", file)
        for key, status in ((self.web, 200), (self.prometheus, 403), ("hunter2", 401)):
            self.assertEqual(self.status(server, "GET", "/v2/models/add", key), status)
        server.stop()
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        told = [(line["principal"], line["status"]) for line in lines if line["path"] == "/v2/models/add"]
        self.assertEqual(told, [("web", 200), ("prometheus", 403), ("", 401)])


class Changes(KeysTest):
    def test_a_key_that_is_taken_away_opens_nothing_on_connections_that_are_open(self):
        server = self.serve_with_keys()
        connection = self.connect(server)
        ask = lambda: connection.ask("GET", "/v2/models/add", b"", {"X-Api-Key": self.web}).status
        self.assertEqual(ask(), 200)
        self.remove("web")
        wait_until(lambda: ask() == 401, "the key is refused")

    def test_a_key_that_is_added_works_without_a_restart(self):
        server = self.serve_with_keys()
        key = self.add("new", "--role", "infer", "--model", "*")
        wait_until(lambda: self.status(server, "GET", "/v2", key) == 200, "the key is known")
        self.assertIn('"file of keys read again"', server.log())

    def test_a_file_that_has_become_wrong_changes_nothing(self):
        server = self.serve_with_keys()
        good = self.file.read_text()
        self.file.write_text(good + "web root *\n")
        wait_until(lambda: "file of keys cannot be taken" in server.log(), "the log says so")
        self.assertRegex(server.log(), r"keys:5: roles: expected infer, admin or metrics")
        self.assertEqual(self.status(server, "GET", "/v2", self.web), 200)

    def test_a_server_does_not_start_on_a_file_that_is_wrong(self):
        self.file.write_text("web root *\n")
        result = self.run_trireme("serve", self.models / "good" / "add", "--keys", self.file, "--http-port", 0,
                                  "--grpc-port", 0, "--metrics-port", 0)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"cannot start.*keys:1: roles: expected infer, admin or metrics")

    def test_a_file_that_others_may_read_is_said(self):
        self.file.chmod(0o644)
        self.assertIn("others may read it", self.serve_with_keys().log())


class Grpc(KeysTest):
    def client(self, server):
        client = Client(server.grpc_port)
        self.addCleanup(client.channel.close)
        return client

    def code(self, call):
        try:
            call()
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    def test_each_key_opens_what_it_is_for(self):
        client = self.client(self.serve_with_keys())
        code = grpc.StatusCode
        for method, request, expected in [
                ("ServerLive", None, {None: code.OK, "wrong": code.OK}),
                ("ServerReady", None, {None: code.OK}),
                ("ServerMetadata", None, {None: code.UNAUTHENTICATED, "wrong": code.UNAUTHENTICATED,
                                          self.web: code.OK, self.prometheus: code.PERMISSION_DENIED}),
                ("ModelInfer", add_request(), {None: code.UNAUTHENTICATED, self.web: code.OK,
                                               self.prometheus: code.PERMISSION_DENIED, self.ops: code.OK}),
                ("ModelMetadata", kserve().ModelMetadataRequest(name="scalar"),
                 {self.web: code.PERMISSION_DENIED, self.ops: code.OK}),
                ("RepositoryModelUnload", kserve().RepositoryModelUnloadRequest(model_name="add"),
                 {self.web: code.PERMISSION_DENIED}),
                ("LogSettings", None, {self.web: code.PERMISSION_DENIED, self.ops: code.OK})]:
            for key, status in expected.items():
                with self.subTest(method=method, key=key):
                    metadata = () if key is None else (("authorization", f"Bearer {key}"),)
                    self.assertEqual(self.code(lambda: client.call(method, request, metadata=metadata)), status)

    def test_the_probe_of_health_needs_none_and_reflection_needs_one(self):
        client = self.client(self.serve_with_keys())
        self.assertEqual(client.health("Check").status, 1)
        self.assertEqual(self.code(lambda: list(client.reflect([{"list_services": ""}]))),
                         grpc.StatusCode.UNAUTHENTICATED)

    def test_a_stream_ends_at_the_first_message_for_anothers_model(self):
        client = self.client(self.serve_with_keys())
        theirs = add_request()
        theirs.model_name = "scalar"
        answers = client.stream([add_request(), theirs, add_request()], metadata=(("x-api-key", self.web),))
        with self.assertRaises(grpc.RpcError) as caught:
            list(answers)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.PERMISSION_DENIED)

    def test_a_stream_ends_at_the_next_message_once_its_key_is_taken_away(self):
        server = self.serve_with_keys()
        client = self.client(server)

        def requests():
            yield add_request()
            self.remove("web")
            wait_until(lambda: self.status(server, "GET", "/v2", self.web) == 401, "the key is refused")
            yield add_request()

        answers = client.stream(requests(), metadata=(("x-api-key", self.web),))
        self.assertEqual(next(answers).error_message, "")
        with self.assertRaises(grpc.RpcError) as caught:
            next(answers)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAUTHENTICATED)

    def test_calls_have_lines_in_the_access_log(self):
        log = self.folder() / "access.log"
        server = self.serve_with_keys("--access-log", log)
        client = self.client(server)
        client.infer(add_request(), metadata=(("x-api-key", self.web), ("x-request-id", "7")))
        self.assertEqual(self.code(lambda: client.infer(add_request())), grpc.StatusCode.UNAUTHENTICATED)
        lines = wait_until(lambda: [json.loads(line) for line in log.read_text().splitlines()
                                    if line.endswith("}")][1:2] and
                           [json.loads(line) for line in log.read_text().splitlines()], "both lines are written")
        path = "/inference.GRPCInferenceService/ModelInfer"
        self.assertEqual([(line["path"], line["grpc_status"]) for line in lines],
                         [(path, "OK"), (path, "UNAUTHENTICATED")])
        self.assertEqual(lines[0]["request_id"], "7")
        self.assertGreater(lines[0]["bytes"], 64)


class Exposure(ServingTest):
    def test_an_address_that_others_reach_needs_keys(self):
        for flag in ("--http-address", "--grpc-address", "--metrics-address"):
            result = self.run_trireme("serve", self.models / "good" / "add", flag, "0.0.0.0")
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr, r"host '0\.0\.0\.0' can be reached from other machines.*--keys")

    def test_what_is_open_is_said_in_the_log(self):
        server = self.serve(self.models / "good" / "add", "--metrics-address", "0.0.0.0", "--allow-exposure")
        self.assertRegex(server.log(), r"host '0\.0\.0\.0' can be reached from other machines, and nobody is asked")
        self.assert_adds_one(server.infer("add", ones()))
