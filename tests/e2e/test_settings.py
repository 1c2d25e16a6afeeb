# SPDX-License-Identifier: Apache-2.0
"""Flags, variables and the config file set the same things, and the first of them that does decides."""
import os
import subprocess

from raw_http import Connection
from serving import ServingTest, ones
from trireme import wait_until, without_settings


class Settings(ServingTest):
    def config(self, text):
        file = self.folder() / "server.yaml"
        file.write_text(text)
        return file

    def serves_into(self, server, log):
        """The access log is a setting whose effect can be seen."""
        self.assert_adds_one(server.infer("add", ones()))
        wait_until(lambda: log.exists() and log.read_text(), f"a line is in {log}")

    def test_a_file_sets_everything(self):
        log = self.folder() / "access.log"
        file = self.config(f"""
            # A server for a test.
            paths: [{self.models}/good/add, {self.models}/good/scalar]
            http-port: 0
            metrics_port: 0
            grpc_port: 0
            log-form: json
            max-waiting-requests: 7
            access-log: {log}
        """)
        server = self.serve("--config", file, where=())
        self.serves_into(server, log)
        self.assertEqual(server.ask("GET", "/v2/models/scalar").status, 200)

    def test_variables_set_everything_but_the_models(self):
        log = self.folder() / "access.log"
        server = self.serve(self.models / "good" / "add", where=(), environment={
            "TRIREME_HTTP_PORT": "0", "TRIREME_METRICS_PORT": "0", "TRIREME_GRPC_PORT": "0", "TRIREME_LOG_FORM": "json",
            "TRIREME_ACCESS_LOG": str(log)})
        self.serves_into(server, log)

    def test_a_variable_names_the_file(self):
        log = self.folder() / "access.log"
        file = self.config(f"access-log: {log}\n")
        server = self.serve(self.models / "good" / "add", environment={"TRIREME_CONFIG": str(file)})
        self.serves_into(server, log)

    def test_flags_come_before_variables_and_those_before_the_file(self):
        folder = self.folder()
        file = self.config(f"access-log: {folder}/of_file\n")
        environment = {"TRIREME_ACCESS_LOG": f"{folder}/of_variable"}
        server = self.serve(self.models / "good" / "add", "--config", file, environment=environment)
        self.serves_into(server, folder / "of_variable")
        server = self.serve(self.models / "good" / "add", "--config", file, "--access-log", folder / "of_flag",
                            environment=environment)
        self.serves_into(server, folder / "of_flag")
        self.assertFalse((folder / "of_file").exists())

    def test_what_is_wrong_is_named_with_its_place(self):
        model = self.models / "good" / "add"
        for text, pattern in [("http-port: 0\nmax-bach: 8\n", r"server\.yaml:2: unknown key 'max-bach'.*max-batch"),
                              ("http-port: many\n", r"server\.yaml:1: http-port: expected .*found 'many'"),
                              ("http-port: [1, 2]\n", r"server\.yaml:1: http-port: expected a value, found a list"),
                              ("- http-port\n", r"server\.yaml:1: expected lines such as"),
                              ("{\n", r"server\.yaml:\d: not YAML")]:
            with self.subTest(text=text):
                result = self.run_trireme("serve", model, "--config", self.config(text))
                self.assertEqual(result.returncode, 2, result)
                self.assertRegex(result.stderr, rf"\Atrireme: .*{pattern}")
        result = self.run_trireme("serve", model, environment={"TRIREME_MAX_BATCH": "-1"})
        self.assertEqual(result.returncode, 2, result)
        self.assertRegex(result.stderr, r"\Atrireme: TRIREME_MAX_BATCH: expected .*found '-1'")
        result = self.run_trireme("serve", model, "--config", self.folder() / "nowhere.yaml")
        self.assertEqual(result.returncode, 2, result)
        self.assertRegex(result.stderr, r"nowhere\.yaml: expected a YAML file, found no such file")


class Triton(ServingTest):
    """The flags, variables and keys of Triton's scripts."""

    def test_its_command_line_works_and_what_has_no_use_is_said_in_one_line(self):
        server = self.serve("--model-repository", self.models / "good" / "add", f"--model-store={self.models}/good/scalar",
                            "--model-control-mode=none", "--strict-readiness=true", "--rate-limit=off",
                            "--backend-config=onnxruntime,default-max-batch-size=4", "--log-verbose=1",
                            "--pinned-memory-pool-byte-size=0", "--exit-timeout-secs=5", "--http-thread-count=1",
                            "--log-info=True")
        self.assert_adds_one(server.infer("add", ones()))
        self.assertEqual(server.ask("GET", "/v2/models/scalar").status, 200)
        lines = [line for line in server.log().splitlines() if "accepted without effect" in line]
        self.assertEqual(len(lines), 1)
        for flag in ("--strict-readiness", "--rate-limit", "--backend-config", "--pinned-memory-pool-byte-size"):
            self.assertIn(flag, lines[0])
        self.assertNotIn("--log-info", lines[0])

    def test_a_file_and_variables_work_too(self):
        file = self.folder() / "server.yaml"
        file.write_text(f"model_repository: [{self.models}/good/add]\nmodel-control-mode: poll\n"
                        f"repository_poll_secs: 0.5\ngrpc-port: 0\nlog-format: json\n")
        server = self.serve("--config", file, where=(), environment={"TRIREME_HTTP_PORT": "0",
                                                                     "TRIREME_METRICS_PORT": "0",
                                                                     "TRIREME_STRICT_READINESS": "false"})
        self.assert_adds_one(server.infer("add", ones()))
        self.assertRegex(server.log(), "accepted without effect: --strict-readiness")

    def test_what_would_promise_protection_is_refused(self):
        for flag in ("--http-restricted-api=model-repository:key=secret", "--grpc-header-forward-pattern=.*",
                     "--http-header-forward-pattern=.*", "--grpc-restricted-protocol=health:key=secret"):
            with self.subTest(flag=flag):
                result = self.run_trireme("serve", self.models / "good" / "add", flag)
                self.assertEqual(result.returncode, 2, result)
                self.assertRegex(result.stderr, r"\Atrireme: --[a-z-]+: this server does not have it: ")

    def test_a_listener_may_stay_closed(self):
        log = self.folder() / "log"
        command = [self.program, "serve", str(self.models / "good" / "add"), "--http-port", "0",
                   "--allow-metrics=false", "--allow-grpc=false",
                   "--log-format", "json", "--log-file", str(log)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              env=without_settings(os.environ)) as process:
            try:
                welcome = process.stdout.readline()
                self.assertRegex(welcome, r"^Trireme serves on http://127\.0\.0\.1:\d+\n$")
                with Connection(int(welcome.rsplit(":", 1)[1])) as connection:
                    self.assert_adds_one(connection.infer("add", ones()))
                    self.assertEqual(connection.ask("GET", "/metrics").status, 404)
            finally:
                process.terminate()
            self.assertEqual(process.wait(60), 0)
        self.assertRegex(log.read_text(), '"listening","http":"http://[^"]*","grpc":"","metrics":""')

    def test_a_log_file_is_appended_to_and_said_if_it_cannot_be(self):
        log = self.folder() / "log"
        log.write_text("before\n")
        result = self.run_trireme("serve", self.models / "bad", "--http-port=0", "--grpc-port=0",
                                  "--metrics-port=0", "--log-file", log)
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertRegex(log.read_text(), r'(?s)\Abefore\n\{.*"no model can be served')
        result = self.run_trireme("serve", self.models / "bad", "--log-file", self.folder() / "no" / "such.log")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "log file cannot be opened.*such.log.*No such file")
