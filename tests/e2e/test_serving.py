# SPDX-License-Identifier: Apache-2.0
"""What can be served, and what the process tells its caller."""
import shutil
import socket

from serving import ServingTest, ones


class WhatIsServed(ServingTest):
    def ready_models(self, server):
        index = server.ask("POST", "/v2/repository/index", b'{"ready":true}').json()
        return {entry["name"] for entry in index}

    def onnx_file(self, folder, name, model="add"):
        folder.mkdir(parents=True, exist_ok=True)
        return shutil.copy(self.models / "good" / model / "1" / "model.onnx", folder / name)

    def test_one_file_under_its_name(self):
        server = self.serve(self.onnx_file(self.folder(), "plus_one.onnx"))
        self.assertEqual(self.ready_models(server), {"plus_one"})
        self.assert_adds_one(server.infer("plus_one", ones()))

    def test_a_folder_of_files(self):
        folder = self.folder()
        self.onnx_file(folder, "first.onnx")
        self.onnx_file(folder, "second.onnx", "scalar")
        (folder / "notes.txt").write_text("no model")
        server = self.serve(folder)
        self.assertEqual(self.ready_models(server), {"first", "second"})
        self.assert_adds_one(server.infer("first", ones()))

    def test_a_triton_repository(self):
        server = self.serve(self.models / "good")
        self.assertEqual(self.ready_models(server), {path.name for path in (self.models / "good").iterdir()})
        self.assert_adds_one(server.infer("add", ones()))

    def test_one_model_of_a_repository(self):
        server = self.serve(self.models / "good" / "add")
        self.assertEqual(self.ready_models(server), {"add"})

    def test_the_newest_version(self):
        folder = self.folder()
        self.onnx_file(folder / "repository" / "m" / "3", "model.onnx")
        self.onnx_file(folder / "repository" / "m" / "12", "model.onnx")
        server = self.serve(folder / "repository")
        self.assertEqual(server.ask("GET", "/v2/models/m").json()["versions"], ["12"])

    def test_several_paths(self):
        server = self.serve(self.onnx_file(self.folder(), "mine.onnx"), self.models / "good" / "scalar",
                            self.models / "bad")
        self.assertEqual(self.ready_models(server), {"mine", "scalar"})
        self.assert_adds_one(server.infer("mine", ones()))
        self.assertTrue(server.ready())

    def test_it_says_what_serves_where_and_what_to_try(self):
        server = self.serve(self.models / "good" / "add", self.models / "bad" / "empty")
        said = server.stdout()
        self.assertRegex(said, rf"^Trireme serves on http://127\.0\.0\.1:{server.port} "
                               rf"\(gRPC on http://127\.0\.0\.1:{server.grpc_port}, "
                               rf"metrics on http://127\.0\.0\.1:{server.metrics_port}/metrics\)\n")
        self.assertRegex(said, r"\n  add version 1: ready\n")
        self.assertRegex(said, r"\n  empty version 1: failed \(.*the file is empty\)\n")
        self.assertRegex(said, rf"\n  curl -s http://127\.0\.0\.1:{server.port}/v2/models/add/infer -d '")


class ExitCodes(ServingTest):
    def assert_fails(self, result, code, pattern):
        self.assertEqual(result.returncode, code, result)
        self.assertRegex(result.stderr, pattern)

    def serve_in_vain(self, *arguments):
        return self.run_trireme("serve", "--http-port", 0, "--grpc-port", 0, "--metrics-port", 0, *arguments)

    def test_1_when_no_model_can_be_served(self):
        result = self.serve_in_vain(self.models / "bad")
        self.assert_fails(result, 1, "no model can be served")
        self.assertRegex(result.stderr, "the file is empty")

    def test_1_when_the_path_is_not_there(self):
        self.assert_fails(self.serve_in_vain(self.folder() / "nowhere"), 1, "nowhere")

    def test_1_when_the_folder_is_empty(self):
        self.assert_fails(self.serve_in_vain(self.folder()), 1, "no model in folder")

    def test_1_when_the_port_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            result = self.run_trireme("serve", self.models / "good" / "add", "--http-port", port,
                                      "--grpc-port", 0, "--metrics-port", 0)
        self.assert_fails(result, 1, f"127.0.0.1.*{port}.*in use")

    def test_a_server_that_may_stay_without_models_is_not_ready(self):
        server = self.serve(self.models / "bad", "--exit-on-error=false")
        self.assertEqual(server.ask("GET", "/v2/health/live").status, 200)
        self.assertEqual(server.ask("GET", "/v2/health/ready").status, 503)
        self.assertEqual(server.stop(), 0)

    def test_2_for_wrong_usage(self):
        for arguments, pattern in [
                (["serve", "m.onnx", "--max-bach", "8"], "unknown flag '--max-bach'.*--max-batch"),
                (["serve", "m.onnx", "--http-port", "99999"], "--http-port: expected .*65535, found '99999'"),
                (["serve", "m.onnx", "--max-delay", "5"], "--max-delay: expected .*found '5'"),
                (["serve"], "nothing to serve"),
                (["sreve"], "unknown command 'sreve'"),
                ([], "expected a command")]:
            with self.subTest(arguments=arguments):
                self.assert_fails(self.run_trireme(*arguments), 2, rf"\Atrireme: .*{pattern}")

    def test_2_for_an_address_that_other_machines_can_reach(self):
        for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
            with self.subTest(host=host):
                result = self.serve_in_vain(self.models / "good", "--host", host)
                self.assert_fails(result, 2, f"host '{host}' can be reached .*--allow-exposure")

    def test_0_for_help_and_version(self):
        for arguments, pattern in [(["--help"], "Usage: trireme"), (["serve", "--help"], "--http-port"),
                                   (["version"], r"\Atrireme \d+\.\d+\.\d+\n\Z")]:
            with self.subTest(arguments=arguments):
                result = self.run_trireme(*arguments)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertRegex(result.stdout, pattern)
