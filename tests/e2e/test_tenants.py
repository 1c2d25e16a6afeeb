# SPDX-License-Identifier: Apache-2.0
"""Tenants and their quotas: by key and by header, over every protocol, and what an aggressor is spared."""
import json

import grpc

from grpc_client import Client, add_request
from raw_http import infer_body, message
from serving import ServingTest, busy_request, ones

# One request may be had, and then none for as long as any test takes.
ONCE = "0.0001/s"
ROW = [1.0] * 16


class Tenants(ServingTest):
    def serve_tenants(self, *arguments):
        return self.serve(self.models / "good" / "add", "--tenant-header", "X-Tenant", *arguments)

    def infer(self, server, tenant=None, target="/v2/models/add/infer", body=None):
        headers = {} if tenant is None else {"x-tenant": tenant}
        return server.ask("POST", target, body or infer_body(ones()), headers)

    def refused(self, server, tenant):
        return server.metric("trireme_tenant_refused_total", tenant=tenant)

    def test_each_has_his_own_quota(self):
        server = self.serve_tenants("--quota", f"shop={ONCE}", "--quota", f"lab={ONCE}")
        self.assertEqual(self.infer(server, "shop").status, 200)
        refused = self.infer(server, "shop")
        self.assertEqual(refused.status, 429)
        self.assertRegex(refused.error(), r"^tenant 'shop' is over the quota of 0.0001/s; try again in \d+ ms$")
        self.assertGreater(int(refused.header("Retry-After")), 9000)
        self.assertEqual(self.infer(server, "lab").status, 200)
        for _ in range(3):
            self.assertEqual(self.infer(server, "somebody").status, 200)
            self.assertEqual(self.infer(server).status, 200)
        self.assertEqual(server.ask("GET", "/v2/models/add", headers={"x-tenant": "shop"}).status, 200)
        self.assertEqual((self.refused(server, "shop"), self.refused(server, "lab")), (1, 0))
        self.assertEqual(server.metric("trireme_requests_total", code="overloaded"), 0)

    def test_those_without_one_have_that_of_all(self):
        server = self.serve_tenants("--quota", f"*={ONCE}", "--quota", "shop=1000/s")
        for tenant in ("a", "b", None):
            self.assertEqual(self.infer(server, tenant).status, 200, tenant)
            self.assertEqual(self.infer(server, tenant).status, 429, tenant)
        self.assertEqual(self.infer(server, "shop").status, 200)
        self.assertEqual((self.refused(server, "other"), self.refused(server, "shop")), (3, 0))

    def test_the_quota_may_be_a_map_in_the_config_file(self):
        file = self.folder() / "server.yaml"
        file.write_text(f'tenant_header: x-tenant\nquotas:\n  shop: {ONCE}\n  "*": 1000/s,2cpu\n')
        server = self.serve(self.models / "good" / "add", "--config", file)
        self.assertEqual([self.infer(server, "shop").status for _ in range(2)], [200, 429])
        self.assertEqual(self.infer(server, "lab").status, 200)

    def test_the_body_of_one_who_is_over_it_is_not_waited_for(self):
        server = self.serve_tenants("--quota", "shop=0/s")
        head = message("POST", "/v2/models/add/infer", headers={"x-tenant": "shop", "Expect": "100-continue"})
        with server.connect() as connection:
            connection.send(head.replace(b"Content-Length: 0", b"Content-Length: 60000000"))
            answer = connection.read_answer()
        self.assertEqual(answer.status, 429)
        self.assertEqual(answer.error(), "tenant 'shop' is over the quota of 0/s")

    def test_a_header_that_names_nobody_is_a_mistake(self):
        server = self.serve_tenants("--quota", "*=1000/s")
        for value in ("", "x" * 129, "caf\u00e9".encode().decode("latin-1")):
            with self.subTest(value=value[:10]):
                refused = self.infer(server, value)
                self.assertEqual(refused.status, 400)
                self.assertIn("header 'x-tenant': expected the name of a tenant, 1 to 128 printable", refused.error())
        with server.connect() as connection:
            twice = message("POST", "/v2/models/add/infer", infer_body(ones()), {"x-tenant": "a"})
            connection.send(twice.replace(b"x-tenant: a", b"x-tenant: a\r\nX-TENANT: b"))
            self.assertIn("found it more than once", connection.read_answer().error())
            connection.send_aside(message("POST", "/v2/models/add/infer", b"{}", {"x-tenant": "x" * (1 << 20)}))
            self.assertEqual(connection.read_answer().status, 431)
        self.assertEqual(self.infer(server, "x" * 128).status, 200)

    def test_a_keys_tenant_goes_before_the_header(self):
        file = self.folder() / "keys"
        keys = {}
        for name, more in (("web", ("--tenant", "shop")), ("plain", ())):
            made = self.run_trireme("keys", "add", file, name, "--role", "infer", "--model", "*", *more)
            keys[name] = made.stdout.strip()
        server = self.serve_tenants("--keys", file, "--quota", f"shop={ONCE}", "--quota", f"lab={ONCE}")

        def ask(key, tenant):
            headers = {"Authorization": f"Bearer {keys[key]}", "x-tenant": tenant}
            return server.ask("POST", "/v2/models/add/infer", infer_body(ones()), headers)

        self.assertEqual([ask("web", "lab").status for _ in range(2)], [200, 429])
        self.assertIn("tenant 'shop'", ask("web", "lab").error())
        self.assertEqual([ask("plain", "lab").status for _ in range(2)], [200, 429])

    def test_over_grpc(self):
        server = self.serve_tenants("--quota", f"shop={ONCE}", "--quota", f"lab={ONCE}")
        with Client(server.grpc_port) as client:
            client.infer(add_request(), metadata=[("x-tenant", "shop")])
            with self.assertRaises(grpc.RpcError) as refused:
                client.infer(add_request(), metadata=[("x-tenant", "shop")])
            self.assertEqual(refused.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertIn("tenant 'shop' is over the quota", refused.exception.details())
            trailers = dict(refused.exception.trailing_metadata())
            self.assertGreater(int(trailers["grpc-retry-pushback-ms"]), 1_000_000)
            with self.assertRaises(grpc.RpcError) as mistaken:
                client.infer(add_request(), metadata=[("x-tenant", "x" * 129)])
            self.assertEqual(mistaken.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
            # Each message of a stream counts.
            answers = list(client.stream([add_request()] * 3, metadata=[("x-tenant", "lab")]))
            self.assertEqual([answer.error_message == "" for answer in answers], [True, False, False])
            self.assertIn("tenant 'lab' is over the quota", answers[-1].error_message)
            client.infer(add_request())

    def test_over_the_other_protocols(self):
        server = self.serve_tenants(*(word for name in ("tf", "ts", "sm")
                                      for word in ("--quota", f"{name}={ONCE}")))
        rows = json.dumps({"instances": [ROW]}).encode()
        for tenant, target, body, number, quote in (
                ("tf", "/v1/models/add:predict", rows, 429, "'"),
                ("ts", "/predictions/add", json.dumps(ROW).encode(), 503, r"\u0027"),  # as its Java writes it
                ("sm", "/invocations", infer_body(ones()), 429, "'")):
            with self.subTest(tenant=tenant):
                self.assertEqual(self.infer(server, tenant, target, body).status, 200)
                refused = self.infer(server, tenant, target, body)
                self.assertEqual(refused.status, number)
                self.assertIn(f"{tenant}' is over the quota of 0.0001/s".replace("'", quote), refused.body.decode())
                self.assertGreater(int(refused.header("Retry-After")), 9000)

    def test_processor_time_is_what_runs_took(self):
        server = self.serve(self.models / "good" / "square_matmul", "--tenant-header", "x-tenant",
                            "--quota", "shop=0.001cpu", "--max-waiting-requests", 64)
        request = busy_request().replace(b"Host: test", b"Host: test\r\nx-tenant: shop", 1)
        with server.connect() as connection:
            connection.send(request)
            self.assertEqual(connection.read_answer().status, 200)
            connection.send(request)
            refused = connection.read_answer()
        self.assertEqual(refused.status, 429)
        self.assertRegex(refused.error(), r"^tenant 'shop' is over the quota of 0.001cpu; try again in \d+ ms$")
        with server.connect() as connection:
            connection.send(busy_request())
            self.assertEqual(connection.read_answer().status, 200)

    def test_who_cannot_be_told_apart_cannot_have_one(self):
        failed = self.run_trireme("serve", self.models / "good" / "add", "--quota", "shop=1/s")
        self.assertEqual(failed.returncode, 2)
        self.assertIn("quota: expected --keys or --tenant-header beside it, or nobody is tenant 'shop'", failed.stderr)
        failed = self.run_trireme("serve", self.models / "good" / "add", "--quota", "shop")
        self.assertIn("--quota: expected TENANT=QUOTA, as in shop=100/s, found 'shop'", failed.stderr)
