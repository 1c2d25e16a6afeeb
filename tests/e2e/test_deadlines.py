# SPDX-License-Identifier: Apache-2.0
"""Deadlines that clients put into headers of HTTP requests, in every dialect."""
import json

from raw_http import infer_body
from serving import ServingTest, ones

ROW = [1.0] * 16
ROWS = json.dumps({"instances": [ROW]}).encode()
DIALECTS = {
    "kserve": ("/v2/models/add/infer", infer_body(ones()), 504),
    "tfserving": ("/v1/models/add:predict", ROWS, 504),
    "torchserve": ("/predictions/add", json.dumps(ROW).encode(), 408),
    "sagemaker": ("/invocations", infer_body(ones()), 504),
}


class Deadlines(ServingTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(self.models / "good" / "add")

    def ask(self, dialect, headers):
        target, body, _ = DIALECTS[dialect]
        return self.server.ask("POST", target, body, headers)

    def test_one_that_has_passed_is_not_run(self):
        for dialect, (_, _, too_late) in DIALECTS.items():
            with self.subTest(dialect):
                answer = self.ask(dialect, {})
                self.assertEqual(answer.status, 200, answer.body)
                runs = self.server.metric("nv_inference_exec_count", model="add")
                self.assertEqual(self.ask(dialect, {"grpc-timeout": "1n"}).status, too_late)
                self.assertEqual(self.server.metric("nv_inference_exec_count", model="add"), runs)

    def test_one_that_is_kept_changes_nothing(self):
        for dialect in DIALECTS:
            for header, value in (("grpc-timeout", "1H"), ("x-envoy-expected-rq-timeout-ms", "3600000"),
                                  ("x-envoy-expected-rq-timeout-ms", "0")):
                with self.subTest(dialect=dialect, header=header, value=value):
                    self.assertEqual(self.ask(dialect, {header: value}).status, 200)

    def test_what_is_no_time_is_a_mistake(self):
        for dialect in DIALECTS:
            for header, value in (("grpc-timeout", "soon"), ("x-envoy-expected-rq-timeout-ms", "80ms")):
                with self.subTest(dialect=dialect, header=header):
                    refused = self.ask(dialect, {header: value})
                    self.assertEqual(refused.status, 400)
                    self.assertIn(f"header {header}: expected", refused.body.decode())
                    self.assertIn(value, refused.body.decode())
        self.assertEqual(self.server.ask("GET", "/v2/models/add", headers={"grpc-timeout": "soon"}).status, 200)
