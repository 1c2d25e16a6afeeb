# SPDX-License-Identifier: Apache-2.0
"""Asks tests/savedmodel/run_saved_model what a SavedModel gives."""
import json
import subprocess

import numpy as np

V2_TYPES = {"float32": "FP32", "float64": "FP64", "int32": "INT32", "int64": "INT64", "uint8": "UINT8", "int8": "INT8",
            "bool": "BOOL", "object": "BYTES"}
NUMPY_TYPES = {v2: name for name, v2 in V2_TYPES.items()}


def elements(array):
    """Numbers as JSON has them; those that it lacks as texts."""
    if array.dtype.kind != "f":
        return array.ravel().tolist()
    return [number if np.isfinite(number) else str(number) for number in array.ravel().tolist()]


class Runner:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, folder, inputs=None, **parameters):
        """The answer as run_saved_model gives it, outputs as arrays."""
        wish = {"model": str(folder), "parameters": parameters}
        if inputs is not None:
            wish["inputs"] = {name: {"type": V2_TYPES[np.asarray(value).dtype.name],
                                     "shape": list(np.shape(value)),
                                     "data": elements(np.asarray(value))} for name, value in inputs.items()}
        self.process.stdin.write(json.dumps(wish) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"run_saved_model ended on {folder}")
        answer = json.loads(line)
        for name, output in answer.get("outputs", {}).items():
            numbers = [float("nan") if number is None else number for number in output["data"]]
            answer["outputs"][name] = np.array(numbers, NUMPY_TYPES[output["type"]]).reshape(output["shape"])
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def difference(got, expected):
    """How far apart, relative to what is largest; infinite if they are of another kind."""
    expected = np.asarray(expected)
    if got.shape != expected.shape or got.dtype != expected.dtype:
        return float("inf")
    if got.dtype.kind == "O" or got.dtype.kind in "biu":
        return 0.0 if np.array_equal(got, expected) else float("inf")
    if not np.array_equal(np.isfinite(got), np.isfinite(expected)):
        return float("inf")
    finite = np.isfinite(expected)
    if not finite.any():
        return 0.0
    return float(np.abs(got[finite] - expected[finite]).max() / max(1e-6, np.abs(expected[finite]).max()))
