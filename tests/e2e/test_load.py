# SPDX-License-Identifier: Apache-2.0
"""Many clients at once: every answer belongs to its request, whatever ran in the same batch."""
import concurrent.futures
import random
import threading

from raw_http import infer_body, message
from serving import ServingTest
from trireme import wait_until

CLIENTS = 8
REQUESTS = 60


def ask_add(connection, chance):
    rows = chance.randint(1, 3)
    values = [chance.randint(-1000, 1000) / 8 for _ in range(16 * rows)]
    answer = connection.infer("add", ("INPUT0", "FP32", [rows, 16], values))
    return answer, 200, [value + 1 for value in values]


def ask_add_sub(connection, chance):
    left, right = ([chance.randint(-9999, 9999) for _ in range(16)] for _ in range(2))
    answer = connection.infer("add_sub", ("INPUT0", "INT32", [1, 16], left), ("INPUT1", "INT32", [1, 16], right),
                              outputs=[{"name": "OUTPUT1"}])
    return answer, 200, [a - b for a, b in zip(left, right)]


def ask_gather(connection, chance):
    """Now and then with an index that the model refuses; that is nobody else's fault."""
    indexes = [chance.randint(0, 3 if chance.random() < 0.8 else 9) for _ in range(chance.randint(1, 4))]
    answer = connection.infer("gather", ("INPUT0", "INT64", [len(indexes)], indexes))
    rows = [[float(index), 10.0 * index] for index in indexes]
    return answer, 200 if max(indexes) <= 3 else 400, [value for row in rows for value in row]


def ask_centre(connection, chance):
    """A model whose rows depend on one another: company in its batch would show."""
    values = [chance.randint(-99, 99) for _ in range(4)]
    answer = connection.infer("centre", ("INPUT0", "FP32", [2, 4], values + [value + 2 for value in values]))
    return answer, 200, [-1] * 4 + [1] * 4


def ask_identity_bytes(connection, chance):
    texts = [chance.choice("aé€😀") * chance.randint(0, 300) for _ in range(2)]
    return connection.infer("identity_bytes", ("INPUT0", "BYTES", [1, 2], texts)), 200, texts


def ask_identity_fp32(connection, chance):
    """Of any width: requests of different widths cannot share a batch."""
    values = [chance.randint(-99, 99) for _ in range(chance.randint(1, 3))]
    return connection.infer("identity_fp32", ("INPUT0", "FP32", [1, len(values)], values)), 200, values


KINDS = [ask_add, ask_add, ask_add_sub, ask_gather, ask_centre, ask_identity_bytes, ask_identity_fp32]


class Load(ServingTest):
    def act_as_client(self, server, seed):
        """What went wrong; nothing if every answer was right."""
        chance = random.Random(seed)
        with server.connect() as connection:
            for _ in range(REQUESTS):
                ask = chance.choice(KINDS)
                answer, status, data = ask(connection, chance)
                if answer.status != status:
                    return f"{ask.__name__}: expected {status}, got {answer}"
                if status == 200 and answer.json()["outputs"][0]["data"] != data:
                    return f"{ask.__name__}: expected {data}, got {answer}"
        return None

    def assert_every_answer_right(self, *arguments):
        server = self.serve(self.models / "good", *arguments)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
            wrong = [problem for problem in clients.map(lambda seed: self.act_as_client(server, seed), range(CLIENTS))
                     if problem]
        self.assertEqual(wrong, [])
        codes = {code: server.metric("trireme_requests_total", code=code) for code in ("ok", "invalid_argument")}
        self.assertEqual(sum(codes.values()), CLIENTS * REQUESTS)
        self.assertGreater(codes["invalid_argument"], 0)
        self.assertEqual(server.metric("trireme_requests_total"), CLIENTS * REQUESTS)
        self.assertEqual(server.stop(), 0)

    def test_as_it_comes(self):
        self.assert_every_answer_right()

    def test_in_batches(self):
        self.assert_every_answer_right("--max-batch", 8, "--max-delay", "2ms")

    def test_in_batches_of_any_age_on_many_instances(self):
        self.assert_every_answer_right("--max-batch", 4, "--instances", 4, "--run-inline", "off", "--loops", 4)

    def test_requests_that_wait_together_run_together(self):
        server = self.serve(self.models / "good" / "add", "--max-batch", 8, "--max-delay", "30s", "--instances", 1,
                            "--run-inline", "off")
        # The batch is full when the last of eight rows has come, long before its time.
        connections = [self.connect(server) for _ in range(6)]
        rows = [1, 2, 1, 1, 2, 1]
        for i, connection in enumerate(connections):
            connection.send(message("POST", "/v2/models/add/infer",
                                    infer_body(("INPUT0", "FP32", [rows[i], 16], [i] * 16 * rows[i]))))
        for i, connection in enumerate(connections):
            output = connection.read_answer().json()["outputs"][0]
            self.assertEqual((output["shape"], output["data"]), ([rows[i], 16], [i + 1] * 16 * rows[i]))
        self.assertEqual(server.metric("trireme_batch_rows_count"), 1)
        self.assertEqual(server.metric("trireme_batch_rows_sum"), 8)

    def test_one_bad_request_in_a_batch_fails_alone(self):
        server = self.serve(self.models / "good" / "gather", "--max-batch", 4, "--max-delay", "30s", "--instances", 1,
                            "--run-inline", "off")
        connections = [self.connect(server) for _ in range(4)]
        indexes = [0, 1, 77, 3]
        for index, connection in zip(indexes, connections):
            connection.send(message("POST", "/v2/models/gather/infer", infer_body(("INPUT0", "INT64", [1], [index]))))
        for index, connection in zip(indexes, connections):
            answer = connection.read_answer()
            if index == 77:
                self.assert_refused(answer, 400, "idx=77")
            else:
                self.assertEqual(answer.json()["outputs"][0]["data"], [index, 10 * index])

    def test_clients_that_come_and_go_leave_nothing_behind(self):
        server = self.serve(self.models / "good" / "add")
        request = message("POST", "/v2/models/add/infer", infer_body(("INPUT0", "FP32", [1, 16], [0] * 16)))

        def come_and_go():
            # All of them together are fewer than the connections that a server allows at a time.
            for _ in range(80):
                for cut in (1, 60, -1, None):
                    with server.connect() as connection:
                        connection.send(request[:cut])

        restless = [threading.Thread(target=come_and_go) for _ in range(3)]
        for thread in restless:
            thread.start()
        with server.connect() as connection:
            for i in range(200):
                answer = connection.infer("add", ("INPUT0", "FP32", [1, 16], [i] * 16))
                self.assertEqual(answer.json()["outputs"][0]["data"], [i + 1] * 16)
        for thread in restless:
            thread.join()
        wait_until(lambda: server.metric("trireme_http_connections") == 1, "nobody else is connected")
        self.assertEqual(server.stop(), 0)
