# SPDX-License-Identifier: Apache-2.0
"""Models on several devices. The GPUs are those of a CUDA driver that is none (src/shared_memory/testing/fake_cuda.cc);
the models are of the backend `repeat`, which runs anywhere."""
import json
import re
import shutil
from collections import Counter

from serving import ServingTest, ones

# A model without a file takes 256 KiB, and models may have 90 % of a GPU.
ROOM_FOR_ONE = 400 << 10
ROOM_FOR_TWO = 700 << 10
SLICE = "MIG-02020202-0202-0202-0202-020202020202"


class DevicesTest(ServingTest):
    def setUp(self):
        self.repository = self.folder() / "repository"
        driver = self.folder()
        (driver / "libcuda.so.1").symlink_to(self.program.parent / "libtrireme_fake_cuda.so")
        self.environment = {"LD_LIBRARY_PATH": str(driver), "XDG_RUNTIME_DIR": str(self.folder())}

    def gpus(self, *gpus):
        self.environment["FAKE_CUDA_GPUS"] = ",".join(map(str, gpus))

    def add_model(self, name, config=""):
        shutil.copytree(self.models / "decoupled" / "repeat_one", self.repository / name)
        file = self.repository / name / "config.pbtxt"
        text = re.sub(r"(?m)^(name:|instance_group).*$", "", file.read_text())
        file.write_text(text + "\n" + config)

    def serve_here(self, *arguments):
        return self.serve(self.repository, *arguments, environment=self.environment)

    def run_here(self, *arguments):
        return self.run_trireme(*arguments, environment=self.environment)

    def index(self, server):
        return {entry["name"]: entry for entry in server.ask("POST", "/v2/repository/index").json()}

    def devices(self, server):
        return {name: entry.get("device") for name, entry in self.index(server).items() if entry["state"] == "READY"}

    def repeat(self, server, name):
        answer = server.ask("POST", f"/v2/models/{name}/generate", b'{"IN":9}')
        self.assertEqual((answer.status, answer.json().get("OUT")), (200, 9), answer)


def parameter(key, value):
    return f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n'


class Placement(DevicesTest):
    def test_models_go_where_most_is_free(self):
        self.gpus(ROOM_FOR_ONE, f"mig:{ROOM_FOR_TWO}")
        for name in "abc":
            self.add_model(name)
        server = self.serve_here()
        self.assertEqual(Counter(self.devices(server).values()), {SLICE: 2, "cuda:0": 1})
        for name in "abc":
            self.repeat(server, name)
        self.assertEqual(server.metric("trireme_memory_budget_bytes", device="cuda:0"), ROOM_FOR_ONE // 10 * 9)
        self.assertEqual(server.metric("trireme_memory_used_bytes", device="cuda:0"), 256 << 10)
        self.assertEqual(server.metric("trireme_memory_used_bytes", device=SLICE), 512 << 10)
        self.assertEqual(server.metric("trireme_model_memory_bytes", device=SLICE), 512 << 10)

    def test_pins_and_copies(self):
        self.gpus(ROOM_FOR_TWO, ROOM_FOR_TWO, ROOM_FOR_TWO)
        self.add_model("on_two", "instance_group { kind: KIND_GPU gpus: [0, 2] }")
        self.add_model("on_cpu", "instance_group { kind: KIND_CPU }")
        self.add_model("on_one", parameter("device", "cuda:1"))
        self.add_model("thrice", parameter("device", "gpu") + parameter("copies", "3"))
        server = self.serve_here()
        self.assertEqual(self.devices(server), {"on_two": "cuda:0, cuda:2", "on_cpu": "cpu", "on_one": "cuda:1",
                                                "thrice": "cuda:0, cuda:1, cuda:2"})
        for _ in range(3):
            self.repeat(server, "thrice")
        memory = server.ask("GET", "/v2/models/on_two/stats").json()["model_stats"][0]["memory_usage"]
        self.assertEqual([(usage["type"], usage["id"]) for usage in memory], [("CPU", 0), ("GPU", 0), ("GPU", 2)])
        group = server.ask("GET", "/v2/models/on_two/config").json()["instance_group"][0]
        self.assertEqual((group["kind"], group["gpus"]), ("KIND_GPU", [0, 2]))
        socket = f"{self.environment['XDG_RUNTIME_DIR']}/trireme/{server.process.pid}.sock"
        self.environment["TRIREME_SOCKET"] = socket
        listed = {model["name"]: model["device"]
                  for model in json.loads(self.run_here("models", "--json").stdout)["models"]}
        self.assertEqual(listed["thrice"], "cuda:0, cuda:1, cuda:2")

    def test_on_one_device_alone_somebody_goes(self):
        self.gpus(ROOM_FOR_ONE, ROOM_FOR_ONE)
        self.add_model("a", parameter("device", "cuda:0"))
        self.add_model("b", parameter("device", "cuda:1"))
        self.add_model("c", parameter("device", "cuda:1"))
        server = self.serve_here()
        self.assertEqual(self.devices(server), {"a": "cuda:0", "b": "cuda:1"})
        self.repeat(server, "c")
        self.assertEqual(self.devices(server), {"a": "cuda:0", "c": "cuda:1"})
        self.assertEqual(server.metric("trireme_model_evictions_total"), 1)

    def test_an_onnx_model_goes_to_the_cpu_where_its_runtime_has_no_gpu_build(self):
        self.gpus(ROOM_FOR_TWO)
        shutil.copytree(self.models / "good" / "add", self.repository / "add")
        shutil.copytree(self.models / "good" / "add", self.repository / "gpu_only")
        (self.repository / "gpu_only" / "config.pbtxt").write_text("instance_group { kind: KIND_GPU }")
        server = self.serve_here()
        self.assertEqual(self.devices(server), {"add": "cpu"})
        self.assert_adds_one(server.infer("add", ones()))
        self.assertIn("libonnxruntime_providers_cuda.so", server.log())
        self.assertRegex(self.index(server)["gpu_only"]["reason"],
                         "not on cuda:0: libonnxruntime_providers_cuda.so is not beside .* install the GPU build")


class Choosing(DevicesTest):
    def setUp(self):
        super().setUp()
        self.gpus(ROOM_FOR_TWO, ROOM_FOR_TWO)
        self.add_model("a")

    def test_devices_may_be_named(self):
        server = self.serve_here("--devices", "cpu, cuda:1", "--budget", "cuda:1=1MiB")
        self.assertEqual(self.devices(server), {"a": "cuda:1"})
        self.assertEqual(server.metric("trireme_memory_budget_bytes", device="cuda:1"), 1 << 20)
        self.assertEqual(server.metric("trireme_memory_budget_bytes", device="cuda:0"), 0)

    def test_the_cpu_alone(self):
        self.assertEqual(self.devices(self.serve_here("--devices", "cpu")), {"a": "cpu"})

    def test_what_is_not_there_is_wrong_usage(self):
        for arguments, text in [(("--devices", "cuda:2"), "which has cpu, cuda:0, cuda:1, found cuda:2"),
                                (("--budget", "cuda:2=1GiB"), "which has cpu, cuda:0, cuda:1, found cuda:2"),
                                (("--devices", "cuda:0", "--budget", "cuda:1=1GiB"), "which has cuda:0, found cuda:1"),
                                (("--budget", "cuda:0=1MiB", "--budget", "cuda:0=2MiB"),
                                 "--budget: expected one for each device, found another one for cuda:0"),
                                (("--devices", "gpu"), "expected cpu, cuda:N or MIG-<uuid>")]:
            with self.subTest(arguments):
                result = self.run_here("serve", self.repository, "--http-port", 0, "--grpc-port", 0, "--metrics-port",
                                       0, *arguments)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(text, result.stderr)

    def test_a_device_that_contradicts_the_instance_group_fails_the_model_alone(self):
        self.add_model("torn", "instance_group { kind: KIND_CPU }\n" + parameter("device", "cuda:1"))
        server = self.serve_here()
        self.assertEqual(self.devices(server), {"a": "cuda:0"})
        self.assertRegex(self.index(server)["torn"]["reason"],
                         r'parameters\["device"\]: expected what instance_group says: cpu, found "cuda:1"')

    def test_a_gpu_that_is_not_there_fails_the_model_alone(self):
        self.add_model("far", "instance_group { kind: KIND_GPU gpus: [5] }")
        server = self.serve_here()
        self.assertEqual(self.devices(server), {"a": "cuda:0"})
        self.assertRegex(self.index(server)["far"]["reason"],
                         r"instance_group\[0\]\.gpus: expected .* which has cpu, cuda:0, cuda:1, found 5")
        report = self.run_here("check", self.repository)
        self.assertEqual(report.returncode, 1, report.stdout)
        self.assertIn("instance_group[0].gpus", report.stdout)
