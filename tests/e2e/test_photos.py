# SPDX-License-Identifier: Apache-2.0
"""Real photos, a real model, and the same answer whichever way they come: needs the data in TRIREME_TEST_DATA."""
import base64
import json
import os
import shutil
import struct
import unittest
from pathlib import Path

from grpc_client import Client, kserve
from raw_http import Connection
from serving import ServingTest
from test_torchserve import FORM, FREE_PORTS, first_text, text_field

import grpc

DATA = Path(os.environ.get("TRIREME_TEST_DATA", "/nowhere"), "imagenet")
# The network takes the owl for a grouse, whoever decodes it.
PHOTOS = {"cat_720p": "Egyptian cat", "hot_dog": "hotdog, hot dog, red hot", "parrot": "macaw",
          "owl": "ruffed grouse, partridge, Bonasa umbellus"}
TRANSFORM = """
transform:
  image: {normalise: minus_one_to_one}
  classes: {labels: labels.txt}
"""


def post(port, target, body, headers=()):
    with Connection(port) as connection:
        answer = connection.ask("POST", target, body, headers)
    assert answer.status == 200, answer
    return answer


def only_element(data):
    """Of a BYTES tensor."""
    length, = struct.unpack_from("<I", data)
    assert len(data) == 4 + length
    return data[4:].decode()


@unittest.skipUnless(DATA.is_dir(), "TRIREME_TEST_DATA names no folder with imagenet/")
class PhotosTest(ServingTest):
    def setUp(self):
        folder = self.folder() / "mobilenet"
        (folder / "1").mkdir(parents=True)
        shutil.copy(DATA / "mobilenet_v2_imagenet_fp32.onnx", folder / "1" / "model.onnx")
        shutil.copy(DATA / "imagenet_labels.txt", folder / "labels.txt")
        (folder / "trireme.yaml").write_text(TRANSFORM)
        self.server = self.serve(folder, "--dialects", "kserve,torchserve,sagemaker", "--sagemaker-port", "0",
                                 where=FREE_PORTS)
        self.torchserve, _, _, self.torchserve_grpc, _ = self.server.torchserve_ports

    # KServe V2

    def as_json(self, photo):
        body = {"inputs": [{"name": "input", "datatype": "BYTES", "shape": [1],
                            "data": [base64.b64encode(photo).decode()]}]}
        return self.in_v2(post(self.server.port, "/v2/models/mobilenet/infer", json.dumps(body).encode()))

    def in_binary_form(self, photo):
        tensor = struct.pack("<I", len(photo)) + photo
        head = json.dumps({"inputs": [{"name": "input", "datatype": "BYTES", "shape": [1, 1],
                                       "parameters": {"binary_data_size": len(tensor)}}]}).encode()
        return self.in_v2(post(self.server.port, "/v2/models/mobilenet/infer", head + tensor,
                               {"Inference-Header-Content-Length": len(head)}))

    def as_a_raw_body(self, photo):
        return self.in_v2(post(self.server.port, "/v2/models/mobilenet/infer", photo,
                               {"Inference-Header-Content-Length": 0}))

    def in_v2(self, answer):
        output, = answer.json()["outputs"]
        self.assertEqual((output["name"], output["datatype"], output["shape"]), ("classes", "BYTES", [1]))
        return output["data"][0]

    def over_grpc(self, photo):
        request = kserve().ModelInferRequest(model_name="mobilenet",
                                             raw_input_contents=[struct.pack("<I", len(photo)) + photo])
        request.inputs.add(name="input", datatype="BYTES", shape=[1])
        with Client(self.server.grpc_port) as client:
            answer = client.unary("ModelInfer", kserve().ModelInferResponse)(request, timeout=60)
        return only_element(answer.raw_output_contents[0])

    # TorchServe

    def as_torchserves_body(self, photo):
        return post(self.torchserve, "/predictions/mobilenet", photo).body

    def as_a_field_of_a_form(self, photo):
        part = b'--b\r\nContent-Disposition: form-data; name="data"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        return post(self.torchserve, "/predictions/mobilenet", part + photo + b"\r\n--b--\r\n", FORM).body

    def as_an_instance(self, photo):
        body = {"instances": [{"b64": base64.b64encode(photo).decode()}]}
        answer = post(self.torchserve, "/v1/models/mobilenet:predict", json.dumps(body).encode()).json()
        return json.dumps(answer["predictions"][0])

    def over_torchserves_grpc(self, photo):
        request = text_field(1, "mobilenet") + text_field(3, text_field(1, "data") + text_field(2, photo))
        with grpc.insecure_channel(f"127.0.0.1:{self.torchserve_grpc}") as channel:
            method = "/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions"
            return first_text(channel.unary_unary(method)(request, timeout=60))

    # SageMaker

    def as_sagemakers_body(self, photo):
        return post(self.server.sagemaker_port, "/invocations", photo, {"Content-Type": "image/jpeg"}).body

    def as_sagemakers_bytes(self, photo):
        return post(self.server.sagemaker_port, "/invocations", photo, {"Content-Type": "application/octet-stream"}).body

    WAYS = (as_json, in_binary_form, as_a_raw_body, over_grpc, as_torchserves_body, as_a_field_of_a_form, as_an_instance,
            over_torchserves_grpc, as_sagemakers_body, as_sagemakers_bytes)

    def test_every_way_gives_the_right_class_with_the_same_probabilities(self):
        for name, label in PHOTOS.items():
            photo = (DATA / f"{name}.jpg").read_bytes()
            wanted = list(json.loads(self.as_json(photo)).items())
            self.assertEqual((wanted[0][0], len(wanted)), (label, 5))
            for way in self.WAYS:
                with self.subTest(photo=name, way=way.__name__):
                    self.assertEqual(list(json.loads(way(self, photo)).items()), wanted)


if __name__ == "__main__":
    unittest.main()
