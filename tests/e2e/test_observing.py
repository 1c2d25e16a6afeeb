# SPDX-License-Identifier: Apache-2.0
"""What the server tells of itself is true: metrics add up, and every request has its line in the access log."""
import json
import subprocess

from grpc_client import PATIENCE_SECONDS, Client, add_request, messages
from raw_http import Connection, infer_body, message
from serving import ONES, ServingTest, ones
from trireme import wait_until

STAGES = ("decode", "queue", "input", "compute", "output", "encode")


class Metrics(ServingTest):
    def setUp(self):
        self.server = self.serve(self.models / "good" / "add", self.models / "good" / "scalar")

    def page(self, port):
        with Connection(port) as connection:
            return connection.ask("GET", "/metrics")

    def test_the_metrics_are_one_answer_of_known_length(self):
        """A page of many models is larger than what may be unsent of one whose end nobody knows."""
        answer = self.page(self.server.metrics_port)
        self.assertEqual(answer.header("Content-Length"), str(len(answer.body)))

    def test_the_reader_that_matters_accepts_the_page_on_both_ports(self):
        self.server.infer("add", ones())
        self.server.infer("add")
        for port in (self.server.port, self.server.metrics_port):
            answer = self.page(port)
            self.assertEqual(answer.status, 200)
            self.assertRegex(answer.header("Content-Type"), r"^text/plain; version=0\.0\.4")
            checked = subprocess.run(["promtool", "check", "metrics"], input=answer.body, capture_output=True)
            # 1 would be a page that it cannot read. Names that it would have chosen otherwise are Triton's.
            self.assertIn(checked.returncode, (0, 3))
            remarks = (checked.stdout + checked.stderr).splitlines()
            self.assertEqual([remark for remark in remarks if not remark.startswith(b"nv_")], [])

    def test_requests_add_up(self):
        with self.server.connect() as connection:
            for rows in (1, 2, 3, 1):
                self.assert_adds_one(connection.infer("add", ones(rows)), rows)
            for _ in range(3):
                self.assertEqual(connection.infer("add", ("INPUT0", "FP32", [1, 1], [1])).status, 400)
            self.assertEqual(connection.infer("nowhere", ones()).status, 404)
        metric = self.server.metric
        self.assertEqual(metric("trireme_requests_total", model="add", version="1", code="ok"), 4)
        self.assertEqual(metric("trireme_requests_total", model="add", code="invalid_argument"), 3)
        self.assertEqual(metric("trireme_requests_total"), 7)
        self.assertEqual(metric("trireme_request_duration_seconds_count", model="add"), 7)
        self.assertEqual(metric("trireme_batch_rows_sum", model="add"), 7)
        self.assertEqual(metric("trireme_batch_rows_count", model="add"), 4)
        for stage in STAGES:
            self.assertEqual(metric("trireme_request_stage_seconds_count", model="add", stage=stage), 4, stage)
        stages = sum(metric("trireme_request_stage_seconds_sum", model="add", stage=stage) for stage in STAGES[:-1])
        self.assertLessEqual(stages, metric("trireme_request_duration_seconds_sum", model="add") + 1e-9)

    def test_http_adds_up(self):
        before = self.server.metrics()
        sent = message("GET", "/v2/models/add")
        with self.server.connect() as connection:
            for _ in range(5):
                connection.send(sent)
                received = connection.read_answer()
            connection.send(b"NONSENSE\r\n\r\n")
            connection.read_answer()
        after = self.server.metrics()
        grown = {name: after[name] - before[name] for name in after if name.startswith("trireme_http_")}
        # The page itself is asked for once between the two looks.
        self.assertEqual(grown["trireme_http_requests_total"], 5 + 1)
        self.assertEqual(grown["trireme_http_bad_requests_total"], 1)
        self.assertEqual(grown["trireme_http_connections_accepted_total"], 2)
        self.assertEqual(grown["trireme_http_received_bytes_total"],
                         5 * len(sent) + len(b"NONSENSE\r\n\r\n") + len(message("GET", "/metrics")))
        self.assertGreater(grown["trireme_http_sent_bytes_total"], 5 * len(received.body))

    def test_a_request_that_is_not_for_the_metrics_port_is_not_answered_there(self):
        with Connection(self.server.metrics_port) as connection:
            self.assert_refused(connection.infer("add", ones()), 404, "no such path '/v2/models/add/infer'")


class AccessLog(ServingTest):
    def serve_logged(self, *arguments):
        self.file = self.folder() / "access.log"
        return self.serve(self.models / "good" / "add", "--access-log", self.file, *arguments)

    def lines(self, count):
        """The lines, once there are as many; each is an object of its own."""
        wait_until(lambda: self.file.read_text().count("\n") >= count, f"{count} lines are written")
        lines = [json.loads(line) for line in self.file.read_text().splitlines()]
        self.assertEqual(len(lines), count)
        return lines

    def test_has_a_line_for_every_request(self):
        server = self.serve_logged()
        with server.connect() as connection:
            served = connection.infer("add", ones(), id="mine-1")
            connection.ask("GET", "/v2/models/add", headers={"X-Request-Id": "mine-2"})
            connection.infer("add", ("INPUT0", "FP32", [1, 1], [1]))
            connection.ask("GET", "/nowhere")
        lines = self.lines(4)
        self.assertEqual([(line["method"], line["path"], line["status"], line["request_id"]) for line in lines],
                         [("POST", "/v2/models/add/infer", 200, "mine-1"), ("GET", "/v2/models/add", 200, "mine-2"),
                          ("POST", "/v2/models/add/infer", 400, ""), ("GET", "/nowhere", 404, "")])
        self.assertEqual(lines[0]["bytes"], len(served.body))
        self.assertEqual(lines[0]["stages"], served.header("Server-Timing"))
        self.assertRegex(lines[0]["peer"], r"^127\.0\.0\.1:\d+$")
        self.assertGreater(lines[0]["ms"], 0)

    def test_nothing_that_a_client_sends_breaks_a_line(self):
        server = self.serve_logged()
        forged = '"}\n{"message":"forged"}\r\n\t\x1b[31m\x00\x7f'
        with server.connect() as connection:
            connection.infer("add", ones(), id=forged)
            connection.ask("GET", "/v2/models/x%0a%0d%22y?%0a", headers={"X-Request-Id": 'a"\\\t' + "b" * 5000})
            connection.send(b"GET /v2 HTTP/1.1\r\nHost: test\r\nX-Request-Id: \xff\xfe{\r\n\r\n")
            connection.read_answer()
            connection.infer(forged.encode().hex(), (forged, "FP32", [1], [1]))
        lines = self.lines(4)
        self.assertEqual([line["message"] for line in lines], ["request"] * 4)
        self.assertEqual(lines[1]["path"], "/v2/models/x%0a%0d%22y")
        self.assertLessEqual(len(lines[1]["request_id"]), 512)
        self.assertTrue(lines[1]["request_id"].startswith('a"\\\tbbb'))
        for line in server.log().splitlines():
            json.loads(line)

    def test_has_the_refusals_under_load_too(self):
        self.file = self.folder() / "access.log"
        server = self.serve_one_instance("--max-waiting-requests", 1, "--access-log", self.file)
        answers = [connection.read_answer().status for connection in self.keep_busy(server, 4)]
        infers = wait_until(lambda: self.infer_lines(len(answers)), "every request has its line")
        self.assertEqual(sorted(line["status"] for line in infers), sorted(answers))

    def infer_lines(self, count):
        # The test looks at the metrics page as well.
        lines = [json.loads(line) for line in self.file.read_text().splitlines() if line.endswith("}")]
        infers = [line for line in lines if line["path"].endswith("/infer")]
        return infers if len(infers) == count else None

    def test_may_go_where_the_log_goes(self):
        server = self.serve(self.models / "good" / "add", "--access-log", "-")
        server.infer("add", ones(), id="in-the-log")
        wait_until(lambda: '"request_id":"in-the-log"' in server.log(), "the line is in the log")

    def test_is_all_there_when_the_server_has_ended(self):
        server = self.serve_logged()
        with server.connect() as connection:
            for i in range(300):
                connection.send(message("POST", "/v2/models/add/infer", infer_body(ones(), id=str(i))))
                connection.read_answer()
        self.assertEqual(server.stop(), 0)
        lines = [json.loads(line) for line in self.file.read_text().splitlines()]
        self.assertEqual([line["request_id"] for line in lines], [str(i) for i in range(300)])

    def test_that_cannot_be_opened_is_said_at_once(self):
        result = self.run_trireme("serve", self.models / "good" / "add", "--http-port", 0, "--grpc-port", 0,
                                  "--metrics-port", 0,
                                  "--access-log", self.folder() / "no" / "such.log")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "access log cannot be opened.*such.log.*No such file")

class ServerTiming(ServingTest):
    TIMING = "^" + ", ".join(rf"{stage};dur=\d+\.\d{{3}}" for stage in STAGES) + "$"

    def calls(self, server):
        """The timing of an inference, by how it was asked."""
        rows = json.dumps({"instances": [ONES]}).encode()
        for target, body in (("/v2/models/add/infer", infer_body(ones())),
                             ("/v2/models/add/generate", json.dumps({"INPUT0": ONES}).encode()),
                             ("/v1/models/add:predict", rows), ("/predictions/add", json.dumps(ONES).encode()),
                             ("/invocations", json.dumps([ONES]).encode())):
            answer = server.ask("POST", target, body, {"Content-Type": "application/json"})
            self.assertEqual(answer.status, 200, answer)
            yield target, answer.header("Server-Timing")
        with Client(server.grpc_port) as client:
            _, call = client.infer_method().with_call(add_request(), timeout=PATIENCE_SECONDS)
            yield "ModelInfer", dict(call.trailing_metadata()).get("server-timing")
            tf, serving = messages("tensorflow"), messages("tensorflow_serving")
            request = serving.PredictRequest()
            request.model_spec.name = "add"
            tensor = tf.TensorProto(dtype=1, float_val=ONES)
            for size in (1, 16):
                tensor.tensor_shape.dim.add(size=size)
            request.inputs["INPUT0"].CopyFrom(tensor)
            predict = client.unary("Predict", serving.PredictResponse, "tensorflow.serving.PredictionService")
            _, call = predict.with_call(request, timeout=PATIENCE_SECONDS)
            yield "Predict", dict(call.trailing_metadata()).get("server-timing")

    def test_every_protocol_says_where_the_time_went(self):
        server = self.serve(self.models / "good" / "add")
        for how, timing in self.calls(server):
            with self.subTest(how=how):
                self.assertRegex(timing or "", self.TIMING)

    def test_it_can_be_left_out(self):
        server = self.serve(self.models / "good" / "add", "--server-timing", "off")
        for how, timing in self.calls(server):
            with self.subTest(how=how):
                self.assertIsNone(timing)

    def test_the_access_log_has_that_of_calls(self):
        file = self.folder() / "access.log"
        server = self.serve(self.models / "good" / "add", "--access-log", file)
        with Client(server.grpc_port) as client:
            client.infer(add_request())
        wait_until(lambda: "grpc_status" in file.read_text(), "the line is written")
        line = next(json.loads(line) for line in file.read_text().splitlines() if "grpc_status" in line)
        self.assertRegex(line["stages"], self.TIMING)


class LoadGauges(ServingTest):
    def test_they_follow_the_load(self):
        server = self.serve(self.models / "good" / "square_matmul")
        # Models are looked at every second; what came before the first time is not what comes now.
        wait_until(lambda: any(name.startswith("trireme_model_load_ratio") for name in server.metrics()), "it is shown")
        self.assertEqual(server.metric("trireme_model_load_ratio", model="square_matmul"), 0)
        self.assertLess(server.metric("trireme_load_ratio"), 0.9)
        connections = self.keep_busy(server, 16)
        wait_until(lambda: server.metric("trireme_model_load_ratio", model="square_matmul") > 0, "the load shows")
        ratio = server.metric("trireme_load_ratio")
        self.assertGreater(ratio, 0)
        self.assertGreater(server.metric("trireme_replicas_wanted"), 0)
        for connection in connections:
            connection.close()
