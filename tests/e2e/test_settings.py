# SPDX-License-Identifier: Apache-2.0
"""Flags, variables and the config file set the same things, and the first of them that does decides."""
from serving import ServingTest, ones
from trireme import wait_until


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
            "TRIREME_HTTP_PORT": "0", "TRIREME_METRICS_PORT": "0", "TRIREME_LOG_FORM": "json",
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
        self.assertRegex(result.stderr, r"nowhere\.yaml: expected a YAML file, found nothing")
