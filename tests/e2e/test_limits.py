# SPDX-License-Identifier: Apache-2.0
"""Overload is refused early, and clients that are slow, greedy or gone harm nobody else."""
import gzip
import select

from raw_http import NoAnswer, infer_body, message
from serving import ServingTest, ones
from trireme import wait_until

SMALL = ("INPUT0", "FP32", [1, 1], [2])


class TheLine(ServingTest):
    def test_a_full_one_refuses_early_and_says_when_to_come_back(self):
        server = self.serve_one_instance("--max-waiting-requests", 1)
        answers = [connection.read_answer() for connection in self.keep_busy(server, 6)]
        # One may run and one wait; whoever else came while they did was refused.
        refused = [answer for answer in answers if answer.status != 200]
        self.assertGreaterEqual(len(refused), 1)
        self.assertLess(len(refused), 6)
        for answer in refused:
            self.assert_refused(answer, 429, "line of model 'square_matmul' is full.*max-waiting-requests is 1")
            self.assertGreaterEqual(int(answer.header("Retry-After")), 1)
        for answer in answers:
            if answer.status == 200:
                self.assert_busy_answer(answer)
        self.assertEqual(server.metric("trireme_requests_total", code="overloaded"), len(refused))
        self.assertEqual(server.infer("square_matmul", SMALL).status, 200)

    def test_a_full_one_counts_bytes_too(self):
        server = self.serve_one_instance("--max-waiting-bytes", "1KiB")
        answers = [connection.read_answer() for connection in self.keep_busy(server, 6)]
        self.assertIn(429, [answer.status for answer in answers])
        self.assertIn(200, [answer.status for answer in answers])

    def test_a_request_whose_time_is_up_is_not_run(self):
        server = self.serve_one_instance()
        busy = self.keep_busy(server, 3)
        late = server.infer("square_matmul", SMALL, parameters={"timeout": 1})
        self.assert_refused(late, 504, "time ran out while it waited in the line of 'square_matmul'")
        for connection in busy:
            self.assert_busy_answer(connection.read_answer())
        self.assertEqual(server.metric("trireme_requests_total", code="deadline_exceeded"), 1)

    def test_a_request_whose_client_went_away_is_not_run(self):
        server = self.serve_one_instance()
        busy = self.keep_busy(server, 3)
        gone = self.keep_busy(server, 1)[0]
        self.wait_until_accepted(server, 4)
        gone.close()
        wait_until(lambda: server.metric("trireme_requests_total", code="cancelled") == 1, "the request is cancelled")
        for connection in busy:
            self.assert_busy_answer(connection.read_answer())
        self.assertEqual(server.metric("trireme_batch_rows_count", model="square_matmul"), 3)
        self.assertEqual(server.infer("square_matmul", SMALL).status, 200)

    def test_a_client_that_leaves_while_its_request_runs_harms_nobody(self):
        server = self.serve_one_instance()
        running = self.keep_busy(server, 1)[0]
        running.close()
        self.assertEqual(server.infer("square_matmul", SMALL).status, 200)
        self.assertTrue(server.ready())


class SlowClients(ServingTest):
    def test_a_head_must_come_in_time(self):
        server = self.serve(self.models / "good" / "add", "--head-timeout", "100ms")
        slow = self.connect(server)
        slow.send(b"GET /v2 HTTP/1.1\r\nHost:")
        self.assert_refused(slow.read_answer(), 408, "request head: expected within 100 ms")
        self.assertTrue(slow.at_end())

    def test_a_body_must_make_progress(self):
        server = self.serve(self.models / "good" / "add", "--stall-timeout", "100ms")
        slow = self.connect(server)
        slow.send(message("POST", "/v2/models/add/infer", infer_body(ones()))[:-1])
        self.assert_refused(slow.read_answer(), 408, "body: expected progress within 100 ms")
        self.assertTrue(slow.at_end())

    def test_a_body_must_not_trickle(self):
        server = self.serve(self.models / "good" / "add", "--stall-timeout", "500ms")
        slow = self.connect(server)
        body = infer_body(ones()) + b" " * 100_000
        request = message("POST", "/v2/models/add/infer", body)
        slow.send(request[:-len(body)])
        for at in range(1000):
            if select.select([slow.socket], [], [], 0.05)[0]:
                break
            slow.send(body[at:at + 1])
        self.assert_refused(slow.read_answer(), 408, "body: expected .* bytes a second")

    def test_an_idle_connection_is_closed_in_silence(self):
        server = self.serve(self.models / "good" / "add", "--idle-timeout", "100ms")
        idle = self.connect(server)
        with self.assertRaises(NoAnswer):
            idle.read_answer()
        used = self.connect(server)
        self.assert_adds_one(used.infer("add", ones()))
        self.assertTrue(used.at_end())

    def test_an_answer_must_be_taken(self):
        server = self.serve(self.models / "good" / "identity_uint8", "--stall-timeout", "2s")
        size = 32 << 20
        slow = self.connect(server, receive_buffer=4096)
        head = (b'{"inputs":[{"name":"INPUT0","datatype":"UINT8","shape":[1,%d],"parameters":{"binary_data_size":%d}}],'
                b'"parameters":{"binary_data_output":true}}' % (size, size))
        slow.send(message("POST", "/v2/models/identity_uint8/infer", head + bytes(size),
                          {"Inference-Header-Content-Length": len(head)}))
        # The page of the metrics is read on a connection of its own.
        wait_until(lambda: server.metric("trireme_http_connections") == 1, "the slow connection is closed")
        self.assertLess(server.metric("trireme_http_sent_bytes_total"), size)
        self.assertEqual(server.infer("identity_uint8", ("INPUT0", "UINT8", [1, 1], [7])).status, 200)


class Connections(ServingTest):
    def served(self, server):
        """A connection that is served; None if it is refused."""
        connection = self.connect(server)
        if connection.ask("GET", "/v2/health/live").status == 200:
            return connection
        connection.close()
        return None

    def test_one_more_than_allowed_is_refused(self):
        server = self.serve(self.models / "good" / "add", "--max-connections", 3)
        allowed = [self.served(server) for _ in range(3)]
        one_more = self.connect(server)
        self.assert_refused(one_more.read_answer(), 503, "connections: expected at most 3")
        self.assertTrue(one_more.at_end())
        allowed.pop().close()
        allowed.append(wait_until(lambda: self.served(server), "a place is free again"))
        for connection in allowed:
            self.assert_adds_one(connection.infer("add", ones()))

    def test_clients_do_not_shut_out_who_looks_after_the_server(self):
        socket = self.folder() / "admin"
        server = self.serve(self.models / "good" / "add", "--max-connections", 2, "--admin-socket", socket)
        for _ in range(2):
            wait_until(lambda: self.served(server), "a connection is served")
        self.assert_refused(self.connect(server).read_answer(), 503, "at most 2")
        self.assertGreaterEqual(server.metric("trireme_http_connections"), 3)
        listed = self.run_trireme("models", "--socket", socket)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("add", listed.stdout)

    def test_bodies_of_all_together_are_bounded(self):
        server = self.serve(self.models / "good" / "add", "--max-body-in-flight", "1MiB", "--max-body", "1MiB")
        waiting = self.connect(server)
        waiting.send(message("POST", "/v2/models/add/infer", b" " * 1_000_000)[:-10])
        wait_until(lambda: server.metric("trireme_http_received_bytes_total") >= 1_000_000, "a body has nearly arrived")
        body = infer_body(ones()) + b" " * 100_000
        refused = server.ask("POST", "/v2/models/add/infer", body)
        self.assert_refused(refused, 503, "bodies in flight: expected at most 1048576 bytes")
        self.assertIsNotNone(refused.header("Retry-After"))
        waiting.close()
        wait_until(lambda: server.ask("POST", "/v2/models/add/infer", body).status == 200, "there is room again")

    def test_a_body_that_could_never_be_in_flight_is_too_large(self):
        for limit in (["--max-body-in-flight", "1MiB"], ["--budget", "2MiB"]):
            server = self.serve(self.models / "good" / "add", *limit)
            body = infer_body(ones()) + b" " * (2 << 20)
            refused = server.ask("POST", "/v2/models/add/infer", body)
            self.assert_refused(refused, 413, "body: expected at most 1048576 bytes .*half of --budget")
            refused = server.ask("POST", "/v2/models/add/infer", gzip.compress(body), [("Content-Encoding", "gzip")])
            self.assert_refused(refused, 413, "1048576 bytes")
            self.assertEqual(server.ask("POST", "/v2/models/add/infer", body[: 1 << 20]).status, 200)
        body = gzip.compress(infer_body(ones()) + b" " * (1 << 19))
        self.assertEqual(server.ask("POST", "/v2/models/add/infer", body, [("Content-Encoding", "gzip")]).status, 200)


class Http(ServingTest):
    """What HTTP allows and a case file cannot show: several answers, or an answer before the request is whole."""

    def setUp(self):
        self.server = self.serve(self.models / "good" / "add")
        self.connection = self.connect(self.server)

    def test_pipelined_requests_are_answered_in_order(self):
        requests = [message("POST", "/v2/models/add/infer", infer_body(ones(), id=f"request {i}")) for i in range(50)]
        requests[20] = message("GET", "/v2/models/nowhere")
        requests[30] = message("HEAD", "/v2")
        self.connection.send_aside(b"".join(requests))
        for i in range(50):
            answer = self.connection.read_answer(head_only=i == 30)
            if i not in (20, 30):
                self.assertEqual(answer.json()["id"], f"request {i}")
            self.assertEqual(answer.status, 404 if i == 20 else 200)

    def test_a_body_in_chunks_of_one_byte(self):
        body = infer_body(ones(), id="chunked")
        self.connection.send(b"POST /v2/models/add/infer HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.connection.send(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        self.assert_adds_one(self.connection.read_answer())

    def test_a_request_byte_by_byte(self):
        for byte in message("POST", "/v2/models/add/infer", infer_body(ones())):
            self.connection.send(bytes([byte]))
        self.assert_adds_one(self.connection.read_answer())

    def test_a_client_that_asks_first_is_told_to_go_on(self):
        body = infer_body(ones())
        request = message("POST", "/v2/models/add/infer", body, {"Expect": "100-continue"})
        self.connection.send(request[:-len(body)])
        self.assertEqual(self.connection.read_answer().status, 100)
        self.connection.send(body)
        self.assert_adds_one(self.connection.read_answer())

    def test_a_client_that_asks_first_is_told_no(self):
        self.connection.send(b"POST /v2/models/add/infer HTTP/1.1\r\nHost: test\r\nContent-Length: 100000000\r\n"
                             b"Expect: 100-continue\r\n\r\n")
        self.assert_refused(self.connection.read_answer(), 413,
                            r"body: expected at most 67108864 bytes \(--http-max-input-size, --max-body-in-flight or half of --budget\), got Content-Length")

    def test_a_client_that_sends_at_once_is_not_told_to_go_on(self):
        body = infer_body(ones())
        self.connection.send(message("POST", "/v2/models/add/infer", body, {"Expect": "100-continue"}))
        self.assert_adds_one(self.connection.read_answer())

    def test_a_client_that_ends_in_the_middle_is_told(self):
        self.connection.send(message("POST", "/v2/models/add/infer", infer_body(ones()))[:-10])
        self.connection.end_sending()
        self.assert_refused(self.connection.read_answer(), 400, "body: expected .* and the connection's end")

    def test_an_answer_reaches_a_client_that_has_said_everything(self):
        self.connection.send(message("GET", "/v2/models/add"))
        self.connection.end_sending()
        self.assertEqual(self.connection.read_answer().json()["name"], "add")
        self.assertTrue(self.connection.at_end())
