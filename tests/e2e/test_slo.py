# SPDX-License-Identifier: Apache-2.0
"""A goal of the server's: who would be answered too late is told so at once, in the words of his protocol."""
import array
import json
import shutil
import threading

import grpc

from grpc_client import Client, infer_request
from serving import BUSY_SHIFT, BUSY_SIZE, ServingTest, busy_request, ones, shift_matrix
from trireme import wait_until

# Shorter than any run of the busy model: then no more may wait than are answered in the time of three runs.
GOAL = "p99=1ms"
PREDICTED = (r"model 'square_matmul' would answer in [\d.]+ m?s, and the goal is p99=1ms: \d+ requests? waits?, "
             r"a run takes [\d.]+ m?s; try again later")
# One that was let in, and then overtaken by what took longer than expected.
GIVEN_UP = (r"the request waited in the line of 'square_matmul' for so long that its answer would miss the model's "
            r"goal, and others wait; try again later")


def rows_of(tensor):
    numbers = array.array("f", tensor).tolist()
    return [numbers[at:at + BUSY_SIZE] for at in range(0, len(numbers), BUSY_SIZE)]


class Crowd:
    """People who ask again as soon as they have their answers, so that there is always a line, until the `with` ends."""

    def __init__(self, server, people=8):
        self.done, self.answers, self.failures = threading.Event(), [], []
        self.threads = [threading.Thread(target=self._come, args=(server,)) for _ in range(people)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _come(self, server):
        try:
            with server.connect() as connection:
                self._ask(connection)
        except Exception as failure:  # of the test's thread, who is to hear of it
            self.failures.append(failure)

    def _ask(self, connection):
        while not self.done.is_set():
            connection.send(busy_request())
            answer = connection.read_answer()
            self.answers.append(answer)
            if answer.status != 200:
                self.done.wait(0.01)  # else the refused would take the processors that the model needs
        if connection.ask("GET", "/v2/models/square_matmul").json()["name"] != "square_matmul":
            raise AssertionError("a request was answered twice")


class SloTest(ServingTest):
    def serve_busy(self, *arguments):
        """With one run behind it, so that it is known how long they take."""
        server = self.serve_one_instance(*arguments)
        with server.connect() as connection:
            connection.send(busy_request())
            self.assert_busy_answer(connection.read_answer())
        return server

    def ask_until_refused(self, ask):
        """Other answers are what the model gives."""
        def refused():
            status, answer = ask()
            return None if status in (200, grpc.StatusCode.OK) else answer
        return wait_until(refused, "one is refused")


class Refusals(SloTest):
    def test_every_request_is_answered_once_or_refused(self):
        server = self.serve_busy("--slo", GOAL)
        with Crowd(server) as crowd:
            wait_until(lambda: server.metric("trireme_predicted_late_total") >= 20 and
                       server.metric("nv_inference_request_success") >= 4, "some are answered and some refused")
        refused = [answer for answer in crowd.answers if answer.status != 200]
        for answer in crowd.answers:
            if answer.status == 200:
                self.assert_busy_answer(answer)
            else:
                self.assert_refused(answer, 429, f"^({PREDICTED}|{GIVEN_UP})$")
                self.assertGreaterEqual(int(answer.header("Retry-After")), 1)
        self.assertGreater(sum("would answer" in answer.error() for answer in refused), 0)
        self.assertEqual(server.metric("nv_inference_request_success"), 1 + len(crowd.answers) - len(refused))
        self.assertEqual(server.metric("trireme_requests_total", code="overloaded"), len(refused))
        self.assertEqual(server.metric("nv_inference_pending_request_count"), 0)

    def test_in_the_words_of_each_dialect(self):
        rows = rows_of(shift_matrix(BUSY_SIZE, 1))
        flat = [number for row in rows for number in row]
        inputs = {"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [BUSY_SIZE, BUSY_SIZE], "data": flat}]}
        server = self.serve_busy("--slo", GOAL)
        with Crowd(server):
            for target, body, status in (("/v2/models/square_matmul/infer", inputs, 429),
                                         ("/v1/models/square_matmul:predict", {"inputs": rows}, 429),
                                         ("/predictions/square_matmul", rows, 503),
                                         ("/invocations", inputs, 429)):
                with self.subTest(target=target):
                    body = json.dumps(body).encode()

                    def ask():
                        answer = server.ask("POST", target, body)
                        self.assertIn(answer.status, (200, status), answer)
                        return answer.status, answer
                    answer = self.ask_until_refused(ask)
                    # TorchServe's Java writes some characters by their numbers.
                    text = answer.body.decode().replace(r"\u0027", "'").replace(r"\u003d", "=")
                    self.assertRegex(text, f"{PREDICTED}|{GIVEN_UP}")
                    self.assertGreaterEqual(int(answer.header("Retry-After")), 1)

    def test_over_grpc(self):
        server = self.serve_busy("--slo", GOAL)
        request = infer_request("square_matmul", "INPUT0", "FP32", [BUSY_SIZE] * 2, raw=shift_matrix(BUSY_SIZE, 1))
        with Crowd(server), Client(server.grpc_port) as client:
            def ask():
                try:
                    answer = client.infer(request)
                except grpc.RpcError as error:
                    return error.code(), error
                self.assertTrue(answer.raw_output_contents[0] == shift_matrix(BUSY_SIZE, BUSY_SHIFT))
                return grpc.StatusCode.OK, answer
            refused = self.ask_until_refused(ask)
            self.assertEqual(refused.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertRegex(refused.details(), f"^({PREDICTED}|{GIVEN_UP})$")
            self.assertGreaterEqual(int(dict(refused.trailing_metadata())["grpc-retry-pushback-ms"]), 1)

    def test_nobody_is_refused_without_a_goal(self):
        server = self.serve_busy()
        for connection in self.keep_busy(server, 5):
            self.assert_busy_answer(connection.read_answer())
        self.assertEqual(server.metric("trireme_predicted_late_total"), 0)


class WhereAGoalIsSaid(SloTest):
    def goals(self, server):
        return {name: value for name, value in server.metrics().items() if name.startswith("trireme_slo_seconds")}

    def assert_goals(self, server, **seconds):
        """In all, by model: (quantile, seconds)."""
        wanted = {f'trireme_slo_seconds{{model="{model}",version="1",quantile="{quantile}"}}': goal
                  for model, (quantile, goal) in seconds.items()}
        wait_until(lambda: len(self.goals(server)) >= len(wanted), "the goals are shown")  # once a second
        self.assertEqual(self.goals(server), wanted)

    def copy(self, repository, name, text=None):
        (repository / name / "1").mkdir(parents=True)
        shutil.copy(self.models / "good" / "add" / "1" / "model.onnx", repository / name / "1")
        if text is not None:
            (repository / name / "trireme.yaml").write_text(text)

    def why(self, server):
        """What `trireme models --why` says of the server's models, by name: {what: text}."""
        socket = json.loads(next(line for line in server.log().splitlines() if '"admin_socket"' in line))
        result = self.run_trireme("models", "--socket", socket["admin_socket"], "--why")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        models = {}
        for block in result.stdout.split("\n\n"):
            head, *lines = block.splitlines()
            models[head.split(" version ")[0]] = {line[2:12].strip(): line[12:] for line in lines if line[2] != " "}
            models[head.split(" version ")[0]]["all"] = block
        return models

    def test_of_all_models_and_of_one(self):
        good = self.models / "good"
        server = self.serve(good / "add", good / "scalar", "--slo", "p95=5s", "--slo", "scalar:p99=250ms")
        self.assert_goals(server, add=(0.95, 5), scalar=(0.99, 0.25))

    def test_of_one_of_two_models(self):
        good = self.models / "good"
        server = self.serve(good / "add", good / "square_matmul", "--slo", f"square_matmul:{GOAL}")
        self.assert_goals(server, square_matmul=(0.99, 0.001))
        self.assert_adds_one(server.infer("add", ones()))
        why = self.why(server)
        self.assertIn("no goal is set", why["add"]["goal"])
        self.assertRegex(why["square_matmul"]["goal"], "^p99=1ms: ")

    def test_a_models_own_file_says_goal_weight_and_cache(self):
        repository = self.folder() / "repository"
        self.copy(repository, "own", "slo: p90=2s\nweight: 2\ncache: 1MiB\n")
        self.copy(repository, "plain")
        self.copy(repository, "heavy", "weight: 1000\n")
        server = self.serve(repository, "--slo", "p99=7s")
        self.assert_goals(server, own=(0.9, 2), plain=(0.99, 7))
        for model in ("own", "plain"):
            for _ in range(2):
                self.assert_adds_one(server.infer(model, ones()))
        why = self.why(server)
        self.assertEqual(why["own"]["weight"], "2 times the processor time of others")
        self.assertNotIn("weight", why["plain"])
        self.assertEqual(server.metric("nv_cache_num_hits_per_model", model="own"), 1)
        self.assertEqual(server.metric("nv_cache_num_hits_per_model", model="plain"), 0)
        self.assertRegex(server.log(), r"trireme\.yaml:1: weight: expected [^\"]*0\.01 to 100, found [^\"]*1000")

    def test_the_command_line_goes_before_a_models_own_file(self):
        repository = self.folder() / "repository"
        self.copy(repository, "own", "slo: p90=2s\n")
        self.assert_goals(self.serve(repository, "--slo", "own:p50=3s", "--slo", "p99=7s"), own=(0.5, 3))

    def test_a_name_that_no_model_has_is_warned_of_once(self):
        good = self.models / "good"
        goals = ("--slo", "typo:p99=100ms", "--slo", "add:p99=100ms")
        for more in ((), ("--model-control-mode=explicit", "--load-model=scalar")):
            with self.subTest(more):
                server = self.serve(good / "add", good / "scalar", *goals, *more)
                said = [json.loads(line) for line in server.log().splitlines() if "--slo: there is no model" in line]
                self.assertEqual([(line["level"], line["model"]) for line in said], [("WARN", "typo")])

    def test_what_is_no_goal_is_a_mistake(self):
        for wrong in ("100ms", "p100=1s", "p99=", "p99=2h", "add:100ms"):
            with self.subTest(wrong):
                failed = self.run_trireme("serve", self.models / "good" / "add", "--slo", wrong)
                self.assertEqual(failed.returncode, 2)
                self.assertIn("slo: expected ", failed.stderr)

    def test_models_why_says_what_was_measured_and_decided(self):
        server = self.serve_busy("--slo", GOAL)
        with Crowd(server):
            wait_until(lambda: server.metric("trireme_predicted_late_total") >= 3, "some are refused")
        why = self.why(server)["square_matmul"]
        self.assertRegex(why["goal"], r"^p99=1ms: \d.*% of the last answers were late.*; \d+ requests were refused "
                                      r"because they would have been late")
        self.assertRegex(why["all"], r"\n {12}it cannot be kept: a run of one row takes [\d.]+ m?s")
        self.assertRegex(why["batch"], "^a run has the rows of one request: as it was set$")
        self.assertEqual(why["runs"], "one run at a time, with one processor each")
        self.assertRegex(why["load"], r"^\S+ rows a second come$")
        self.assertRegex(why["all"], r"(?m)^ +ROWS +PROCESSORS +RUN +NINE IN TEN +ROWS/S +SEEN$")
        self.assertRegex(why["all"], r"(?m)^ +1 +one +[\d.]+ m?s +<= [\d.]+ m?s +[\d.]+ +\d+$")
