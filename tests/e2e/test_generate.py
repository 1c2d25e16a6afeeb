# SPDX-License-Identifier: Apache-2.0
"""Responses that leave while the model still runs, as server-sent events."""
import json

from raw_http import message
from serving import ServingTest
from trireme import wait_until

# Nobody waits for so long: a test that did would fail by its patience.
NEVER = 60_000


class GenerateTest(ServingTest):
    def serve_repeat(self, *arguments, model="repeat_one"):
        return self.serve(self.models / "decoupled" / model, *arguments)

    def stream(self, server, inputs, model="repeat_one"):
        """A connection whose request is on its way."""
        connection = self.connect(server)
        connection.send(message("POST", f"/v2/models/{model}/generate_stream", json.dumps(inputs).encode()))
        return connection

    def read_event(self, connection):
        """One event that came alone."""
        chunk = connection.read_chunk()
        self.assertRegex(chunk, rb"^data: .*\n\n$")
        return json.loads(chunk.removeprefix(b"data: "))

    def assert_begins(self, connection):
        head = connection.read_head()
        self.assertEqual(head.status, 200, head)
        self.assertEqual(head.header("Content-Type"), "text/event-stream; charset=utf-8")

    def statistics(self, server, model="repeat_one"):
        return server.ask("GET", f"/v2/models/{model}/stats").json()["model_stats"][0]

    def test_the_first_event_arrives_while_the_model_runs(self):
        server = self.serve_repeat()
        connection = self.stream(server, {"IN": [5, 6], "DELAY": [0, NEVER]})
        self.assert_begins(connection)
        self.assertEqual(self.read_event(connection),
                         {"IDX": 0, "OUT": 5, "model_name": "repeat_one", "model_version": "1"})
        self.assertEqual(self.statistics(server)["inference_stats"]["success"]["count"], 0)

    def test_an_instance_is_free_again_when_the_client_closes(self):
        server = self.serve_repeat()
        connection = self.stream(server, {"IN": [5, 6], "DELAY": [0, NEVER]})
        self.assert_begins(connection)
        self.read_event(connection)
        connection.close()
        answer = server.ask("POST", "/v2/models/repeat_one/generate", b'{"IN":9}')
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()["OUT"], 9)
        self.assertEqual(server.metric("nv_inference_request_failure", reason="CANCELED"), 1)
        self.assertEqual(self.statistics(server)["inference_stats"]["fail"]["count"], 1)
        self.assertEqual(self.statistics(server)["inference_stats"]["success"]["count"], 1)

    def test_an_instance_is_free_again_when_the_connection_breaks_before_the_first_event(self):
        server = self.serve_repeat()
        connection = self.stream(server, {"IN": [5], "DELAY": [NEVER]})
        wait_until(lambda: server.metric("trireme_http_received_bytes_total") > 0, "the request has arrived")
        connection.reset()
        answer = server.ask("POST", "/v2/models/repeat_one/generate", b'{"IN":9}')
        self.assertEqual(answer.status, 200, answer)

    def test_a_deadline_in_a_header_is_kept(self):
        server = self.serve_repeat()
        answer = server.ask("POST", "/v2/models/repeat_one/generate", b'{"IN":9}', {"grpc-timeout": "1n"})
        self.assertEqual(answer.status, 504, answer)
        self.assertEqual(server.metric("nv_inference_exec_count"), 0)

    def test_a_stream_that_waits_in_line_is_not_run_once_its_client_is_gone(self):
        server = self.serve_repeat()
        running = self.stream(server, {"IN": [5, 6], "DELAY": [0, NEVER]})
        self.assert_begins(running)
        self.read_event(running)
        waiting = self.stream(server, {"IN": [7]})
        wait_until(lambda: server.metric("nv_inference_pending_request_count") == 1, "the second request waits")
        waiting.close()
        running.close()
        wait_until(lambda: server.metric("nv_inference_request_failure", reason="CANCELED") == 2, "both are cancelled")

    def test_a_stream_holds_up_nobody(self):
        server = self.serve_repeat("--instances", 2, model="repeat")
        streaming = self.stream(server, {"IN": [5, 6], "DELAY": [0, NEVER]}, "repeat")
        self.assert_begins(streaming)
        self.read_event(streaming)
        for i in range(20):
            answer = server.ask("POST", "/v2/models/repeat/generate", json.dumps({"IN": i}).encode())
            self.assertEqual(answer.json()["OUT"], i)

    def test_a_connection_goes_on_after_a_stream(self):
        server = self.serve_repeat()
        connection = self.connect(server)
        for count in (3, 0, 1):
            answer = connection.ask("POST", "/v2/models/repeat_one/generate_stream",
                                    json.dumps({"IN": list(range(count))}).encode())
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.body.count(b"data: "), count)

    def test_a_stream_goes_on_while_its_model_is_unloaded(self):
        server = self.serve_repeat("--model-control-mode", "explicit", "--load-model", "*")
        connection = self.stream(server, {"IN": [5, 6], "DELAY": [0, 300]})
        self.assert_begins(connection)
        self.read_event(connection)
        self.assertEqual(server.ask("POST", "/v2/repository/models/repeat_one/unload").status, 200)
        self.assertEqual(self.read_event(connection)["OUT"], 6)
        self.assertEqual(connection.read_chunk(), b"")
        self.assertEqual(server.ask("POST", "/v2/models/repeat_one/generate", b'{"IN":9}').status, 503)

    def test_a_stream_ends_with_the_server(self):
        server = self.serve_repeat("--drain-timeout", "10ms")
        connection = self.stream(server, {"IN": [5, 6], "DELAY": [0, NEVER]})
        self.assert_begins(connection)
        self.read_event(connection)
        self.assertEqual(server.stop(), 1)  # a request was cut off
        self.assertTrue(connection.at_end())

    def test_check_says_that_a_model_is_decoupled(self):
        done = self.run_trireme("check", self.models / "decoupled", "--json")
        models = {model["name"]: model for model in json.loads(done.stdout)["models"]}
        self.assertEqual({name for name, model in models.items() if model["servable"] and model["decoupled"]},
                         {"repeat", "repeat_text", "repeat_one", "add_decoupled"})
        self.assertEqual(models["repeat"]["backend"], "repeat")
        self.assertIn("any number of responses", self.run_trireme("check", self.models / "decoupled").stdout)
