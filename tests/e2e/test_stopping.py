# SPDX-License-Identifier: Apache-2.0
"""Told to stop, the server answers what it has accepted and nothing else, and ends with 0."""
import signal

from raw_http import BadAnswer, infer_body, message
from serving import ServingTest, ones
from trireme import wait_until


class Stopping(ServingTest):
    def wait_until_not_ready(self, connection):
        wait_until(lambda: connection.ask("GET", "/v2/health/ready").status == 503, "the server is not ready any more")

    def test_an_idle_server_ends_at_once(self):
        server = self.serve(self.models / "good" / "add")
        idle = self.connect(server)
        self.assert_adds_one(idle.infer("add", ones()))
        server.terminate()
        self.assertEqual(server.exit_code(patience=20), 0)
        self.assertTrue(idle.at_end())

    def test_interrupting_is_like_terminating(self):
        server = self.serve(self.models / "good" / "add")
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.exit_code(), 0)

    def test_accepted_requests_are_answered_and_new_ones_refused(self):
        server = self.serve_one_instance()
        other = self.connect(server)
        busy = self.keep_busy(server, 4)
        self.wait_until_accepted(server, 4)
        server.terminate()
        self.wait_until_not_ready(other)
        refused = other.infer("square_matmul", ("INPUT0", "FP32", [1, 1], [2]))
        self.assert_refused(refused, 503, "shutting down")
        self.assertIsNotNone(refused.header("Retry-After"))
        self.assertEqual(other.ask("GET", "/v2/health/live").status, 200)
        for connection in busy:
            self.assert_busy_answer(connection.read_answer())
        self.assertEqual(server.exit_code(), 0)

    def test_a_server_that_gives_notice_serves_on_for_a_while(self):
        server = self.serve(self.models / "good" / "add", "--drain-delay", "3s")
        connection = self.connect(server)
        server.terminate()
        self.wait_until_not_ready(connection)
        self.assert_adds_one(connection.infer("add", ones()))
        self.assert_adds_one(server.infer("add", ones()))
        self.assertEqual(server.exit_code(), 0)

    def test_a_server_that_loads_ends(self):
        server = self.serve(self.models / "good", "--load-threads", 1, wait=False)
        self.assertEqual(server.ask("GET", "/v2/health/ready").status, 503)
        self.assertEqual(server.ask("GET", "/v2/health/live").status, 200)
        server.terminate()
        self.assertEqual(server.exit_code(), 0)
        self.assertNotIn("Trireme serves", server.stdout())

    def test_work_beyond_the_time_to_drain_is_left_and_told(self):
        server = self.serve_one_instance("--drain-timeout", "1ms")
        busy = self.keep_busy(server, 4)
        self.wait_until_accepted(server, 4)
        server.terminate()
        self.assertEqual(server.exit_code(), 1)
        self.assertIn("stopped with requests unanswered", server.log())
        with self.assertRaises(BadAnswer):
            busy[-1].read_answer()

    def test_a_large_request_whose_client_has_gone_does_not_outlive_the_server(self):
        log = self.folder() / "access.log"
        server = self.serve(self.models / "good" / "identity_fp32", "--access-log", log)
        size = 4 << 20
        body = infer_body(("INPUT0", "FP32", [1, size], [1.5] * size))
        connection = self.connect(server)
        connection.send(message("POST", "/v2/models/identity_fp32/infer", body))
        wait_until(lambda: server.metric("trireme_http_received_bytes_total") >= len(body), "it has arrived")
        connection.reset()
        server.terminate()
        self.assertEqual(server.exit_code(), 0)

    def test_a_second_interrupt_ends_it_at_once(self):
        server = self.serve_one_instance()
        self.keep_busy(server, 4)
        self.wait_until_accepted(server, 4)
        server.process.send_signal(signal.SIGINT)
        wait_until(lambda: "draining" in server.log(), "the first signal is heard")
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.exit_code(), -signal.SIGINT)

    def test_a_second_sigterm_is_patient(self):
        server = self.serve_one_instance()
        busy = self.keep_busy(server, 2)
        self.wait_until_accepted(server, 2)
        server.terminate()
        wait_until(lambda: "draining" in server.log(), "the first signal is heard")
        server.terminate()
        for connection in busy:
            self.assertEqual(connection.read_answer().status, 200)
        self.assertEqual(server.exit_code(), 0)
