# SPDX-License-Identifier: Apache-2.0
"""Tensors that do not travel, over REST and gRPC."""
import array
import json
import mmap
import os

import grpc
from grpc_client import Client, infer_request, kserve
from serving import BUSY_SHIFT, ServingTest, ones, shift_matrix

ONES_TWOS = array.array("f", [1.0, 2.0] * 8)
PLUS_ONE = array.array("f", [2.0, 3.0] * 8)


class Memory:
    """A client's own, in /dev/shm, where shm_open(3) has it."""

    def __init__(self, test, size, name="m"):
        self.key = f"/trireme-e2e-{os.getpid()}-{name}"
        self.file = open(f"/dev/shm{self.key}", "w+b")
        test.addCleanup(self.remove)
        self.resize(size)
        self.bytes = mmap.mmap(self.file.fileno(), size)

    def resize(self, size):
        os.ftruncate(self.file.fileno(), size)

    def remove(self):
        self.file.close()
        os.unlink(f"/dev/shm{self.key}")


def in_memory(region, offset, size):
    return {"shared_memory_region": region, "shared_memory_offset": offset, "shared_memory_byte_size": size}


class SharedMemoryTest(ServingTest):
    def serve_sharing(self, *arguments):
        return self.serve(self.models / "good" / "add", self.models / "triton" / "simple_string",
                          "--allow-client-shm", "on", *arguments)

    def register(self, server, memory, region="r", offset=0, size=4096):
        body = json.dumps({"key": memory.key, "offset": offset, "byte_size": size}).encode()
        return server.ask("POST", f"/v2/systemsharedmemory/region/{region}/register", body)

    def infer(self, server, source, target=None, name="add"):
        request = {"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 16], "parameters": source}]}
        if target:
            request["outputs"] = [{"name": "OUTPUT0", "parameters": target}]
        return server.ask("POST", f"/v2/models/{name}/infer", json.dumps(request).encode())

    def test_tensors_are_read_and_written_in_place(self):
        server, memory = self.serve_sharing(), Memory(self, 4096)
        self.assertEqual(self.register(server, memory, offset=64, size=1024).status, 200)
        memory.bytes[128:192] = ONES_TWOS.tobytes()
        answer = self.infer(server, in_memory("r", 64, 64), in_memory("r", 256, 64))
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()["outputs"], [{"name": "OUTPUT0", "datatype": "FP32", "shape": [1, 16]}])
        self.assertEqual(memory.bytes[320:384], PLUS_ONE.tobytes())
        status = server.ask("GET", "/v2/systemsharedmemory/status").json()
        self.assertEqual(status, [{"name": "r", "key": memory.key, "offset": 64, "byte_size": 1024}])

    def test_ranges_outside_of_the_region_are_refused(self):
        server, memory = self.serve_sharing(), Memory(self, 4096)
        self.assertEqual(self.register(server, memory, size=8192).status, 400)
        self.assertEqual(self.register(server, memory).status, 200)
        self.assertEqual(self.register(server, memory).status, 409)  # the name is taken
        for offset, size in ((4090, 64), (2 ** 63, 64), (2 ** 64 - 1, 64), (0, 63), (0, 68)):
            answer = self.infer(server, in_memory("r", offset, size))
            self.assertEqual(answer.status, 400, answer)
        self.assertEqual(self.infer(server, in_memory("r", 0, 64), in_memory("r", 0, 60)).status, 400)
        self.assertEqual(self.infer(server, in_memory("nobody", 0, 64)).status, 404)
        self.assertEqual(self.infer(server, in_memory("r", 0, 64)).status, 200)

    def test_memory_that_shrinks_is_refused_and_does_no_harm(self):
        server, memory = self.serve_sharing(), Memory(self, 2 * 4096)
        self.assertEqual(self.register(server, memory, size=2 * 4096).status, 200)
        memory.resize(4096)
        self.assertEqual(self.infer(server, in_memory("r", 4096, 64)).status, 400)
        self.assertEqual(self.infer(server, in_memory("r", 0, 64)).status, 200)

    def test_what_is_unregistered_is_gone(self):
        server, memory = self.serve_sharing(), Memory(self, 4096)
        self.register(server, memory)
        self.assertEqual(server.ask("POST", "/v2/systemsharedmemory/region/r/unregister").status, 200)
        self.assertEqual(self.infer(server, in_memory("r", 0, 64)).status, 404)
        self.assertEqual(server.ask("GET", "/v2/systemsharedmemory/region/r/status").status, 404)

    def test_over_grpc(self):
        server, memory = self.serve_sharing(), Memory(self, 4096)
        client = Client(server.grpc_port)
        self.addCleanup(client.channel.close)
        messages = kserve()
        client.call("SystemSharedMemoryRegister",
                    messages.SystemSharedMemoryRegisterRequest(name="r", key=memory.key, byte_size=4096))
        memory.bytes[:64] = ONES_TWOS.tobytes()
        request = infer_request("add", "INPUT0", "FP32", [1, 16])
        for tensor, offset in ((request.inputs[0], 0), (request.outputs.add(name="OUTPUT0"), 64)):
            tensor.parameters["shared_memory_region"].string_param = "r"
            tensor.parameters["shared_memory_offset"].int64_param = offset
            tensor.parameters["shared_memory_byte_size"].int64_param = 64
        answer = client.infer(request)
        self.assertEqual([len(raw) for raw in answer.raw_output_contents], [0])
        self.assertEqual(memory.bytes[64:128], PLUS_ONE.tobytes())
        regions = client.call("SystemSharedMemoryStatus", messages.SystemSharedMemoryStatusRequest()).regions
        self.assertEqual(regions["r"].byte_size, 4096)
        client.call("SystemSharedMemoryUnregister", messages.SystemSharedMemoryUnregisterRequest())
        with self.assertRaises(grpc.RpcError) as caught:
            client.infer(request)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_an_output_may_lie_on_an_input(self):
        size, page = 256, 4096
        matrix = shift_matrix(size, 1)
        server, memory = self.serve_sharing(self.models / "good" / "square_matmul"), Memory(self, 4 * len(matrix))
        self.register(server, memory, "whole", size=4 * len(matrix))
        self.register(server, memory, "part", offset=page, size=2 * len(matrix))
        for region, offset, at in (("whole", page, page), ("whole", page + 4, page + 4), ("part", 64, page + 64)):
            memory.bytes[page:page + len(matrix)] = matrix
            tensor = {"name": "INPUT0", "datatype": "FP32", "shape": [size, size],
                      "parameters": in_memory("whole", page, len(matrix))}
            output = {"name": "OUTPUT0", "parameters": in_memory(region, offset, len(matrix))}
            answer = server.ask("POST", "/v2/models/square_matmul/infer",
                                json.dumps({"inputs": [tensor], "outputs": [output]}).encode())
            self.assertEqual(answer.status, 200, answer)
            self.assertTrue(memory.bytes[at:at + len(matrix)] == shift_matrix(size, BUSY_SHIFT), (region, offset))

    def test_what_must_not_change_under_a_model(self):
        server, memory = self.serve_sharing(self.models / "good" / "top_k"), Memory(self, 4096)
        self.register(server, memory)
        memory.bytes[:64] = array.array("f", [0.5, 7.0, -1.0, 9.0, *[0.25] * 4, 8.0, *[0.0] * 7]).tobytes()
        request = {"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 16],
                               "parameters": in_memory("r", 0, 64)}],
                   "outputs": [{"name": "OUTPUT0", "parameters": in_memory("r", 128, 12)},
                               {"name": "OUTPUT1", "parameters": in_memory("r", 192, 24)}]}
        answer = server.ask("POST", "/v2/models/top_k/infer", json.dumps(request).encode())
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(memory.bytes[128:140], array.array("f", [9.0, 8.0, 7.0]).tobytes())
        self.assertEqual(memory.bytes[192:216], array.array("q", [3, 8, 1]).tobytes())

    def test_strings_are_written_to_memory(self):
        server, memory = self.serve_sharing(self.models / "good" / "identity_bytes"), Memory(self, 4096)
        self.register(server, memory)
        for shape, data, expected in (([1, 2], ["a", "bc"], b"\1\0\0\0a\2\0\0\0bc"), ([1, 0], [], b"")):
            request = {"inputs": [{"name": "INPUT0", "datatype": "BYTES", "shape": shape, "data": data}],
                       "outputs": [{"name": "OUTPUT0", "parameters": in_memory("r", 64, 64)}]}
            answer = server.ask("POST", "/v2/models/identity_bytes/infer", json.dumps(request).encode())
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(memory.bytes[64:64 + len(expected)], expected)

    def test_regions_leave_descriptors_for_others(self):
        few = 400
        self.program = self.folder() / "with_few_descriptors"
        self.program.write_text(f'#!/bin/sh\nulimit -n {few}\nexec "{type(self).program}" "$@"\n')
        self.program.chmod(0o755)
        server, memory = self.serve_sharing(), Memory(self, 4096)
        client = self.connect(server)
        statuses = []
        for i in range(few):
            body = json.dumps({"key": memory.key, "offset": 0, "byte_size": 64}).encode()
            statuses.append(client.ask("POST", f"/v2/systemsharedmemory/region/r{i}/register", body).status)
        self.assertEqual(statuses, [200] * (few // 4) + [429] * (few - few // 4))
        self.assert_adds_one(server.infer("add", ones()))

    def test_off_unless_switched_on(self):
        server, memory = self.serve(self.models / "good" / "add"), Memory(self, 4096)
        answer = self.register(server, memory)
        self.assertEqual(answer.status, 400)
        self.assertIn("--allow-client-shm=true", answer.json()["error"])
        self.assertEqual(self.infer(server, in_memory("r", 0, 64)).status, 400)
