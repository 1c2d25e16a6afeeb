# SPDX-License-Identifier: Apache-2.0
"""gRPC, as Python's clients speak it."""
import array
import concurrent.futures
import threading

import grpc

from grpc_client import Client, PATIENCE_SECONDS, add_request, infer_request, kserve
from serving import BUSY_SHIFT, BUSY_SIZE, ServingTest, shift_matrix
from trireme import wait_until

SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3

# A connection of its own.
LOCAL = ("grpc.use_local_subchannel_pool", 1)

# An output of 16 floats a row.
ROW_BYTES = 64


def plus_one(raw):
    return array.array("f", (value + 1 for value in array.array("f", raw))).tobytes()


def busy_infer():
    return infer_request("square_matmul", "INPUT0", "FP32", [BUSY_SIZE, BUSY_SIZE], shift_matrix(BUSY_SIZE, 1))


class GrpcTest(ServingTest):
    def client(self, server, *options):
        client = Client(server.grpc_port, *options)
        self.addCleanup(client.channel.close)
        return client

    def serve_add(self, *arguments):
        return self.serve(self.models / "good" / "add", *arguments)

    def assert_adds(self, request, answer):
        self.assertEqual(answer.raw_output_contents[0], plus_one(request.raw_input_contents[0]))
        self.assertEqual(answer.outputs[0].shape, request.inputs[0].shape)
        self.assertEqual(answer.id, request.id)

    def assert_fails(self, code, pattern, call, *arguments, **options):
        with self.assertRaises(grpc.RpcError) as caught:
            call(*arguments, **options)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        self.assertRegex(caught.exception.details(), pattern)
        return caught.exception


class Calls(GrpcTest):
    def test_many_small_ones_in_turn(self):
        client = self.client(self.serve_add())
        for i in range(300):
            request = add_request(first=i, id=str(i))
            self.assert_adds(request, client.infer(request))

    def test_sizes(self):
        client = self.client(self.serve_add())
        for size in (1, 16 << 10, 64 << 10, 600_000, 1 << 20, 5 << 20, 20 << 20):
            request = add_request(rows=max(1, size // ROW_BYTES))
            self.assert_adds(request, client.infer(request))

    def test_many_at_once(self):
        server = self.serve_add()
        for channels in (1, 8):
            # Channels with the same options share a connection unless they say otherwise.
            methods = [self.client(server, ("grpc.use_local_subchannel_pool", 1)).infer_method()
                       for _ in range(channels)]
            requests = [add_request(rows=1 + i % 300, first=i, id=str(i)) for i in range(400)]
            calls = [methods[i % channels].future(request, timeout=PATIENCE_SECONDS)
                     for i, request in enumerate(requests)]
            for request, call in zip(requests, calls):
                self.assert_adds(request, call.result())

    def test_large_ones_at_once(self):
        client = self.client(self.serve_add())
        requests = [add_request(rows=(4 << 20) // ROW_BYTES, first=i) for i in range(12)]
        calls = [client.infer_method().future(request, timeout=PATIENCE_SECONDS) for request in requests]
        for request, call in zip(requests, calls):
            self.assert_adds(request, call.result())

    def test_from_several_threads(self):
        server = self.serve_add()
        client = self.client(server)

        def work(number):
            for i in range(50):
                request = add_request(rows=1 + (number * i) % 100, first=number)
                self.assert_adds(request, client.infer(request))

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))

    def test_beside_http_on_either_port(self):
        server = self.serve_add()
        with Client(server.port) as client:
            request = add_request()
            self.assert_adds(request, client.infer(request))

    def test_cold_methods(self):
        client = self.client(self.serve_add())
        self.assertTrue(client.call("ServerLive").live)
        self.assertTrue(client.call("ServerReady").ready)
        self.assertTrue(client.call("ModelReady", kserve().ModelReadyRequest(name="add")).ready)
        metadata = client.call("ModelMetadata", kserve().ModelMetadataRequest(name="add"))
        self.assertEqual(metadata.inputs[0].name, "INPUT0")

    def test_a_stream(self):
        client = self.client(self.serve_add())
        requests = [add_request(rows=1 + i % 40, first=i, id=str(i)) for i in range(100)]
        answers = {answer.infer_response.id: answer.infer_response for answer in client.stream(requests)}
        for request in requests:
            self.assert_adds(request, answers[request.id])

    def test_a_stream_of_large_messages(self):
        client = self.client(self.serve_add())
        requests = [add_request(rows=(3 << 20) // ROW_BYTES, first=i, id=str(i)) for i in range(20)]
        answers = {answer.infer_response.id: answer.infer_response for answer in client.stream(requests)}
        for request in requests:
            self.assert_adds(request, answers[request.id])

    def test_a_stream_may_wait(self):
        client = self.client(self.serve_add())
        go_on = threading.Event()

        def requests():
            yield add_request(id="first")
            go_on.wait(PATIENCE_SECONDS)
            yield add_request(id="second")

        answers = client.stream(requests())
        self.assertEqual(next(answers).infer_response.id, "first")
        go_on.set()
        self.assertEqual([answer.infer_response.id for answer in answers], ["second"])


class Compression(GrpcTest):
    def test_of_requests(self):
        client = self.client(self.serve_add())
        for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
            for rows in (1, 1000, (5 << 20) // ROW_BYTES):
                request = add_request(rows=rows)
                self.assert_adds(request, client.infer(request, compression=compression))

    def test_of_streams(self):
        client = self.client(self.serve_add())
        requests = [add_request(rows=1 + 3000 * (i % 7), id=str(i)) for i in range(30)]
        answers = list(client.stream(requests, compression=grpc.Compression.Gzip))
        self.assertEqual(len(answers), len(requests))
        by_id = {answer.infer_response.id: answer.infer_response for answer in answers}
        for request in requests:
            self.assert_adds(request, by_id[request.id])

    def test_is_bounded_by_what_comes_out(self):
        client = self.client(self.serve_add("--http-max-input-size", 1 << 20))
        request = infer_request("add", "INPUT0", "FP32", [(4 << 20) // ROW_BYTES, 16], bytes(4 << 20))
        self.assert_fails(grpc.StatusCode.RESOURCE_EXHAUSTED, "--http-max-input-size", client.infer, request,
                          compression=grpc.Compression.Gzip)
        self.assert_adds(add_request(), client.infer(add_request()))


class Metadata(GrpcTest):
    def test_of_ones_own_is_let_through(self):
        client = self.client(self.serve_add())
        request = add_request()
        metadata = [("my-header", "value"), ("my-header", "another"), ("my-bytes-bin", bytes(range(256))),
                    ("empty-bin", b"")]
        self.assert_adds(request, client.infer(request, metadata=metadata))

    def test_too_much_of_it_costs_the_call_alone(self):
        client = self.client(self.serve_add(), ("grpc.max_metadata_size", 1 << 20))
        with self.assertRaises(grpc.RpcError):
            client.infer(add_request(), metadata=[("large", "x" * 100_000)])
        self.assert_adds(add_request(), client.infer(add_request()))


class Mistakes(GrpcTest):
    def test_are_told_apart(self):
        client = self.client(self.serve_add("--http-max-input-size", 1 << 20))
        code = grpc.StatusCode
        self.assert_fails(code.NOT_FOUND, "none", client.infer,
                          infer_request("none", "INPUT0", "FP32", [1, 16], bytes(64)))
        self.assert_fails(code.INVALID_ARGUMENT, "INPUT0", client.infer,
                          infer_request("add", "WRONG", "FP32", [1, 16], bytes(64)))
        self.assert_fails(code.INVALID_ARGUMENT, "INT32", client.infer,
                          infer_request("add", "INPUT0", "INT32", [1, 16], bytes(64)))
        self.assert_fails(code.INVALID_ARGUMENT, "INPUT0", client.infer,
                          infer_request("add", "INPUT0", "FP32", [1, 16], bytes(63)))
        self.assert_fails(code.RESOURCE_EXHAUSTED, r"1048576 bytes \(--http-max-input-size, --max-body-in-flight or half of --budget\)", client.infer,
                          add_request(rows=(2 << 20) // ROW_BYTES))
        self.assert_adds(add_request(), client.infer(add_request()))

    def raw(self, client, path, message, **options):
        return client.channel.unary_unary(path)(message, timeout=PATIENCE_SECONDS, **options)

    def test_arrive_however_much_they_name(self):
        client = self.client(self.serve_add())
        self.assert_fails(grpc.StatusCode.NOT_FOUND, "unknown model: 'm{256}\.\.\.'", client.infer,
                          infer_request("m" * 100_000, "x", "FP32", [1], b"1234"))

    def test_of_those_who_know_other_methods(self):
        client = self.client(self.serve_add())
        for path in ("/inference.GRPCInferenceService/NoSuchMethod", "/no.such.Service/ModelInfer", "/nothing"):
            self.assert_fails(grpc.StatusCode.UNIMPLEMENTED, ".", self.raw, client, path, b"")

    def test_of_those_who_send_something_else(self):
        client = self.client(self.serve_add())
        for method in ("ModelInfer", "ModelReady", "ModelMetadata"):
            self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, ".", self.raw, client,
                              f"/inference.GRPCInferenceService/{method}", b"\xff\xff\xff garbage")

    def test_of_those_who_send_no_message_or_two(self):
        client = self.client(self.serve_add())
        method = client.channel.stream_unary("/inference.GRPCInferenceService/ServerLive")
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "expected one message, got none", method, iter(()),
                          timeout=PATIENCE_SECONDS)
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "expected one message, got more", method,
                          iter((b"", b"", b"")), timeout=PATIENCE_SECONDS)


class Ends(GrpcTest):
    def test_deadlines(self):
        server = self.serve_one_instance()
        client = self.client(server)
        busy = [client.infer_method().future(busy_infer(), timeout=PATIENCE_SECONDS) for _ in range(30)]
        # Seen by the server too, while it waits in line.
        self.assert_fails(grpc.StatusCode.DEADLINE_EXCEEDED, ".", client.infer, busy_infer(), timeout=0.05)
        self.assertEqual(busy[0].result().raw_output_contents[0], shift_matrix(BUSY_SIZE, BUSY_SHIFT))
        for call in busy:
            call.cancel()
        self.assertTrue(client.call("ServerLive").live)

    def test_cancelled_calls_are_not_run(self):
        server = self.serve_one_instance()
        client = self.client(server)
        calls = [client.infer_method().future(busy_infer(), timeout=PATIENCE_SECONDS) for _ in range(6)]
        for call in calls[1:]:
            call.cancel()
        self.assertEqual(calls[0].result().raw_output_contents[0], shift_matrix(BUSY_SIZE, BUSY_SHIFT))
        last = client.infer(busy_infer())
        self.assertEqual(last.raw_output_contents[0], shift_matrix(BUSY_SIZE, BUSY_SHIFT))
        runs = client.call("ModelStatistics", kserve().ModelStatisticsRequest(name="square_matmul"))
        self.assertLess(runs.model_stats[0].execution_count, 7)

    def test_a_cancelled_stream_leaves_the_connection_as_it_is(self):
        client = self.client(self.serve_add())
        for _ in range(20):
            hold = threading.Event()

            def requests():
                yield add_request(id="only")
                hold.wait(PATIENCE_SECONDS)

            answers = client.stream(requests())
            self.assertEqual(next(answers).infer_response.id, "only")
            answers.cancel()
            hold.set()
        self.assert_adds(add_request(), client.infer(add_request()))

    def test_streams_that_take_no_answers_keep_no_memory_from_others(self):
        server = self.serve(self.models / "good" / "identity_fp32", "--max-body-in-flight", "16MiB", "--stall-timeout",
                            "2s")
        requests = [infer_request("identity_fp32", "INPUT0", "FP32", [1, 1 << 18], bytes(1 << 20))] * 100
        streams = [self.client(server, LOCAL).stream(requests) for _ in range(8)]
        large = infer_request("identity_fp32", "INPUT0", "FP32", [1, 7 << 18], bytes(7 << 20))
        client = self.client(server, LOCAL)

        def is_refused():
            try:
                client.infer(large)
                return False
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED, error)
                return True

        wait_until(is_refused, "they hold it all")
        # Before their deadlines end them.
        wait_until(lambda: not is_refused(), "they hold nothing", PATIENCE_SECONDS / 2)
        for stream in streams:
            stream.cancel()

    def test_a_server_that_dies(self):
        server = self.serve_one_instance()
        client = self.client(server)
        call = client.infer_method().future(busy_infer(), timeout=PATIENCE_SECONDS)
        wait_until(lambda: server.metric("trireme_http_received_bytes_total") >= 4 * BUSY_SIZE * BUSY_SIZE,
                   "the request has arrived")
        server.process.kill()
        self.assert_fails(grpc.StatusCode.UNAVAILABLE, ".", call.result)

    def test_a_server_that_stops_answers_what_it_has(self):
        server = self.serve_one_instance()
        client = self.client(server)
        calls = [client.infer_method().future(busy_infer(), timeout=PATIENCE_SECONDS) for _ in range(3)]
        self.wait_until_accepted(server, len(calls))
        server.terminate()
        for call in calls:
            self.assertEqual(call.result().raw_output_contents[0], shift_matrix(BUSY_SIZE, BUSY_SHIFT))
        self.assertEqual(server.exit_code(), 0)


class Health(GrpcTest):
    def test_check(self):
        client = self.client(self.serve_add())
        for service in ("", "inference.GRPCInferenceService"):
            self.assertEqual(client.health("Check", service).status, SERVING)
        self.assert_fails(grpc.StatusCode.NOT_FOUND, "some.Service", client.health, "Check", "some.Service")

    def test_watch(self):
        server = self.serve_add("--drain-delay", "1s")
        client = self.client(server)
        watch = client.health("Watch")
        unknown = client.health("Watch", "some.Service")
        self.assertEqual(next(watch).status, SERVING)
        self.assertEqual(next(unknown).status, SERVICE_UNKNOWN)
        server.terminate()
        self.assertEqual(next(watch).status, NOT_SERVING)
        self.assert_fails(grpc.StatusCode.UNAVAILABLE, ".", next, watch)
        self.assert_fails(grpc.StatusCode.UNAVAILABLE, ".", next, unknown)
        self.assertEqual(server.exit_code(), 0)

    def test_watches_of_those_who_go_are_forgotten(self):
        server = self.serve_add()
        client = self.client(server)
        for _ in range(1500):
            watch = client.health("Watch")
            self.assertEqual(next(watch).status, SERVING)
            watch.cancel()
        self.assertEqual(client.health("Check").status, SERVING)


class Reflection(GrpcTest):
    def test_both_versions(self):
        client = self.client(self.serve_add())
        for version in ("v1", "v1alpha"):
            answers = list(client.reflect([{"list_services": ""},
                                           {"file_containing_symbol": "inference.GRPCInferenceService"},
                                           {"file_by_filename": "no_such.proto"}], version))
            services = [service.name for service in answers[0].list_services_response.service]
            for name in ("inference.GRPCInferenceService", "grpc.health.v1.Health",
                         f"grpc.reflection.{version}.ServerReflection"):
                self.assertIn(name, services)
            self.assertEqual(answers[2].error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0])
            self.assertEqual(self.file_names(answers[1]), {"proto/grpc_service.proto", "proto/model_config.proto"})

    def test_every_service_is_described(self):
        client = self.client(self.serve_add())
        listed = next(iter(client.reflect([{"list_services": ""}]))).list_services_response.service
        for service in listed:
            answer = next(iter(client.reflect([{"file_containing_symbol": service.name}])))
            self.assertTrue(self.file_names(answer), service.name)

    @staticmethod
    def file_names(answer):
        from google.protobuf.descriptor_pb2 import FileDescriptorProto
        return {FileDescriptorProto.FromString(file).name
                for file in answer.file_descriptor_response.file_descriptor_proto}
