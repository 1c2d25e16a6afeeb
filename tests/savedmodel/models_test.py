#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole SavedModels as TF 1 and TF 2 lay them out, and what is wrong with broken ones: models_test.py
RUN_SAVED_MODEL"""
import os
import re
import struct
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import saved_model as sm
from runner import Runner, difference

FLOAT, INT64, TEXT = sm.Type(1), sm.Type(9), sm.Type(7)
RANDOM = np.random.default_rng(11)


def floats(*dims):
    return RANDOM.standard_normal(dims).astype(np.float32)


def v1_model(variables, **more):
    """x * a + b, in TF 1's form: references, and a saver beside them. `variables` maps each to where it is stored."""
    nodes = [sm.placeholder("x", np.float32, (-1, 3)), sm.const("save/filename", "model")]
    for name, (key, slice_) in variables.items():
        nodes += [sm.node(name, "VariableV2", dtype=FLOAT, shape=sm.Shape((3,))),
                  sm.node(name + "/read", "Identity", [name], T=FLOAT),
                  sm.const(f"save/{name}/names", [key]), sm.const(f"save/{name}/slices", [slice_]),
                  sm.node(f"save/{name}/restore", "RestoreV2",
                          ["save/filename", f"save/{name}/names", f"save/{name}/slices"], dtypes=[FLOAT]),
                  sm.node(f"save/{name}/assign", "Assign", [name, f"save/{name}/restore"], T=FLOAT)]
    first, second = variables
    nodes += [sm.node("mul", "Mul", ["x", first + "/read"], T=FLOAT),
              sm.node("add", "Add", ["mul", second + "/read", "^save/all"], T=FLOAT),
              sm.node("save/all", "NoOp", [f"^save/{name}/assign" for name in variables])]
    signature = sm.signature({"in": ("x:0", 1, (-1, 3))}, {"out": ("add:0", 1, (-1, 3))})
    return sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature}, restore_op="save/all", **more))


def v2_model(objects=True):
    """Dense layers in TF 2's form: functions in functions, and variables by handles that go in as arguments."""
    dense = sm.function("dense", [("inputs", 1), ("kernel", sm.RESOURCE), ("bias", sm.RESOURCE)],
                        {"result": "out:output:0"}, [
        sm.node("k", "ReadVariableOp", ["kernel"], dtype=FLOAT), sm.node("b", "ReadVariableOp", ["bias"], dtype=FLOAT),
        sm.node("product", "MatMul", ["inputs", "k:value:0"], T=FLOAT),
        sm.node("sum", "BiasAdd", ["product:product:0", "b:value:0"], T=FLOAT),
        sm.node("relu", "Relu", ["sum:output:0"], T=FLOAT),
        sm.node("done", "NoOp", ["^k", "^b"]),
        sm.node("out", "Identity", ["relu:activations:0", "^done"], T=FLOAT)])
    handles = ["k0", "b0", "k1", "b1"]
    model = sm.function("model", [("x", 1)] + [(each, sm.RESOURCE) for each in handles],
                        {"y": "second:output:0", "hidden": "first:output:0"}, [
        sm.node("first", "StatefulPartitionedCall", ["x", "k0", "b0"], f=sm.Function("dense")),
        sm.node("second", "PartitionedCall", ["first:output:0", "k1", "b1"], f=sm.Function("dense"))])
    keys = [f"layer-{i // 2}/{'kernel' if i % 2 == 0 else 'bias'}/.ATTRIBUTES/VARIABLE_VALUE" for i in range(4)]
    restore_body = [sm.const("names", keys), sm.const("slices", [""] * 4),
                    sm.node("restore", "RestoreV2", ["file", "names", "slices"], dtypes=[FLOAT] * 4)]
    for i, handle in enumerate(handles):
        restore_body += [sm.node(f"value{i}", "Identity", [f"restore:tensors:{i}"], T=FLOAT),
                         sm.node(f"assign{i}", "AssignVariableOp", [handle, f"value{i}:output:0"], dtype=FLOAT)]
    restore = sm.function("restore", [("file", 7)] + [(each, sm.RESOURCE) for each in handles], {"done": "file"},
                          restore_body)
    nodes = [sm.placeholder("serving_x", np.float32, (-1, 4)), sm.placeholder("saver_filename", object, ())]
    # Two variables may have one name: only what restores them knows them apart.
    names = ["dense/kernel", "dense/bias"] * 2
    if objects:
        names = [f"d{i // 2}/{'kernel' if i % 2 == 0 else 'bias'}" for i in range(4)]
    nodes += [sm.node(f"handle{i}", "VarHandleOp", dtype=FLOAT, shared_name=names[i]) for i in range(4)]
    handle_names = [f"handle{i}" for i in range(4)]
    nodes += [sm.node("call", "StatefulPartitionedCall", ["serving_x"] + handle_names, f=sm.Function("model"))]
    restore_op = None
    if not objects:
        restore_op = "restore_call"
        nodes += [sm.node("restore_call", "StatefulPartitionedCall", ["saver_filename"] + handle_names,
                          f=sm.Function("restore"))]
    signature = sm.signature({"x": ("serving_x:0", 1, (-1, 4))},
                             {"y": ("call:0", 1, (-1, 2)), "hidden": ("call:1", 1, (-1, 5))})
    graph = sm.meta_graph(nodes, {"serving_default": signature, "__saved_model_init_op": sm.signature({}, {})},
                          [dense, model, restore], restore_op=restore_op)
    values = dict(zip(keys, [floats(4, 5), floats(5), floats(5, 2), floats(2)]))
    if objects:
        tensors = [sm.data(2, sm.data(1, "VARIABLE_VALUE") + sm.data(2, name) + sm.data(3, key))
                   for name, key in zip(names, keys)]
        values["_CHECKPOINTABLE_OBJECT_GRAPH"] = np.array(b"".join(sm.data(1, each) for each in tensors), object)
    return sm.saved_model(graph), values, keys


def layers(x, *parameters):
    for kernel, bias in zip(parameters[::2], parameters[1::2]):
        x = np.maximum(x @ kernel + bias, 0)
    return x


class Models(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "m"
        self.addCleanup(self.folder.cleanup)

    def assertNear(self, got, expected, most=1e-5):
        self.assertLess(difference(got, expected), most, f"{got}\n{expected}")

    def refusal(self, inputs=None, **parameters):
        answer = RUNNER.ask(self.path, inputs, **parameters)
        self.assertIn("error", answer)
        return answer["error"]

    def test_tf1_variables_are_found_through_the_saver(self):
        a, b, x = floats(3), floats(3), floats(2, 3)
        for how in ({}, {"compressed": True}, {"shards": 2}):
            sm.write(self.path, v1_model({"a": ("stored/a", ""), "b": ("stored/b", "")}),
                     {"stored/a": a, "stored/b": b, "c": b}, **how)
            answer = RUNNER.ask(self.path, {"in": x})
            self.assertNear(answer["outputs"]["out"], x * a + b)
            self.assertEqual(answer["signature"],
                             {"inputs": [["in", "FP32", [-1, 3]]], "outputs": [["out", "FP32", [-1, 3]]]})

    def test_parts_of_partitioned_variables_are_found(self):
        a, b, x = floats(3), floats(3), floats(2, 3)

        def slice_key(name, begin, length):  # of one dimension, small numbers
            return b"\0" + name.encode() + b"\0\1" + b"\1\1" + bytes([0x80 | begin, 0x80 | length])

        def slice_(begin, length):
            return sm.data(1, sm.number(1, begin) + sm.number(2, length))

        whole = sm.number(1, 1) + sm.data(2, sm.shape((6,))) + sm.data(7, slice_(0, 3)) + sm.data(7, slice_(3, 3))
        both = {"one": ("w", "6 0,3"), "two": ("w", "6 3,3")}
        sm.write(self.path, v1_model(both))
        variables = self.path / "variables"
        variables.mkdir()
        entries = [(b"", sm.number(1, 1)), (b"w", whole)]
        for i, part in enumerate((a, b)):
            entries.append((slice_key("w", 3 * i, 3), sm.bundle_entry(part, 0, 12 * i, 12, sm.crc32c(part.tobytes()))))
        (variables / "variables.index").write_bytes(sm.table(entries))
        (variables / "variables.data-00000-of-00001").write_bytes(a.tobytes() + b.tobytes())
        self.assertNear(RUNNER.ask(self.path, {"in": x})["outputs"]["out"], x * a + b)
        sm.write(self.path, v1_model({"one": ("w", "6 0,2"), "two": ("w", "6 3,3")}))
        self.assertIn("the part 6 0,2 of 'w'", self.refusal())

    def test_tf2_variables_are_found_by_their_objects_or_what_restores_them(self):
        x = floats(3, 4)
        for objects in (True, False):
            model, values, keys = v2_model(objects)
            sm.write(self.path, model, values)
            answer = RUNNER.ask(self.path, {"x": x})
            parameters = [values[key] for key in keys]
            self.assertNear(answer["outputs"]["y"], layers(x, *parameters))
            self.assertNear(answer["outputs"]["hidden"], layers(x, *parameters[:2]))

    def test_signature_and_tags_are_chosen(self):
        nodes = [sm.placeholder("x", np.float32, (-1,)), sm.node("neg", "Neg", ["x"]), sm.node("exp", "Exp", ["x"])]
        signatures = {name: sm.signature({"x": ("x:0", 1, (-1,))}, {name: (name + ":0", 1, (-1,))})
                      for name in ("neg", "exp")}
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, signatures),
                                           sm.meta_graph(nodes, {"exp": signatures["exp"]},
                                                                                          tags=("serve", "tpu"))))
        x = floats(4)
        self.assertNear(RUNNER.ask(self.path, {"x": x}, signature="neg")["outputs"]["neg"], -x)
        self.assertNear(RUNNER.ask(self.path, {"x": x}, tags="tpu,serve")["outputs"]["exp"], np.exp(x))
        # Nobody's choice: the first that can be converted.
        self.assertNear(RUNNER.ask(self.path, {"x": x})["outputs"]["exp"], np.exp(x))
        self.assertIn("there is no signature 'log': there is 'exp', 'neg'", self.refusal(signature="log"))
        self.assertIn("no graph has the tags {train}: there is {serve}, {serve, tpu}", self.refusal(tags="train"))

    def test_without_a_default_the_first_that_can_be_converted_is_served(self):
        nodes = [sm.placeholder("x", np.float32, (-1,)), sm.node("neg", "Neg", ["x"]), sm.node("fancy", "Fancy", ["x"])]
        signatures = {name: sm.signature({"x": ("x:0", 1, (-1,))}, {"y": (node + ":0", 1, (-1,))})
                      for name, node in (("a", "fancy"), ("b", "neg"), ("c", "fancy"))}
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, signatures)))
        x = floats(4)
        self.assertNear(RUNNER.ask(self.path, {"x": x})["outputs"]["y"], -x)
        del signatures["b"]
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, signatures)))
        self.assertIn("signature 'a': operators that cannot be converted: Fancy", self.refusal())
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {})))
        self.assertIn("there is no signature in it", self.refusal())

    def test_messages_may_be_called_floats(self):
        nodes = [sm.placeholder("text", object, (-1,)), sm.const("names", np.array([], object)), sm.const("a", ["a"]),
                 sm.const("default_a", np.float32([0])), sm.const("half", np.float32(0.5)),
                 sm.node("parse", "ParseExample", ["text", "names", "a", "default_a"], Nsparse=0, Ndense=1,
                         sparse_types=[], Tdense=[FLOAT], dense_shapes=[sm.Shape((1,))]),
                 sm.node("y", "Mul", ["parse:0", "half"], T=FLOAT)]
        signature = sm.signature({"inputs": ("text:0", 1, (-1,))}, {"outputs": ("y:0", 1, (-1, 1))},
                                 "tensorflow/serving/regress")
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"tensorflow/serving/regress": signature})))
        answer = RUNNER.ask(self.path, {"a": np.float32([[3], [5]])})
        self.assertNear(answer["outputs"]["outputs"], np.float32([[1.5], [2.5]]))

    def test_features_of_examples_become_inputs(self):
        keys = [sm.const("names", np.array([], object)), sm.const("none", np.array([], object)),
                sm.const("dense", ["a", "b"]), sm.const("default_a", np.float32([0.5, 0.5])),
                sm.const("default_b", np.array([], np.int64))]
        parse = sm.node("parse", "ParseExampleV2", ["text", "names", "none", "dense", "none", "default_a", "default_b"],
                        Tdense=[FLOAT, INT64], dense_shapes=[sm.Shape((2,)), sm.Shape((1,))])
        nodes = [sm.placeholder("text", object, (-1,))] + keys + [parse, sm.node("b", "Cast", ["parse:1"], DstT=FLOAT),
                                                                 sm.node("sum", "AddV2", ["parse:0", "b"], T=FLOAT)]
        signature = sm.signature({"inputs": ("text:0", 7, None)}, {"scores": ("sum:0", 1, (-1, 2))})
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"classify": signature})))
        a, b = floats(3, 2), np.int64([[1], [2], [3]])
        answer = RUNNER.ask(self.path, {"a": a, "b": b})
        self.assertNear(answer["outputs"]["scores"], a + b.astype(np.float32))
        self.assertEqual(answer["features"], [
            {"key": "a", "input": "a", "type": "FP32", "shape": [2], "has_default": True},
            {"key": "b", "input": "b", "type": "INT64", "shape": [1], "has_default": False}])

    def test_sparse_and_ragged_features_are_refused_by_name(self):
        keys = [sm.const("names", np.array([], object)), sm.const("sparse", ["words"]), sm.const("dense", ["a"]),
                sm.const("ragged", ["tags"]), sm.const("default_a", np.array([], np.float32))]
        parse = sm.node("parse", "ParseExampleV2", ["text", "names", "sparse", "dense", "ragged", "default_a"],
                        Tdense=[FLOAT], sparse_types=[FLOAT], ragged_value_types=[FLOAT], num_sparse=1,
                        dense_shapes=[sm.Shape((1,))])
        nodes = [sm.placeholder("text", object, (-1,))] + keys + [parse, sm.node("dense_words", "SparseToDense", ["parse:1"]),
                                                                  sm.node("tags", "Identity", ["parse:4"], T=FLOAT)]
        inputs, rows = {"inputs": ("text:0", 7, None)}, (-1, 1)
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {
            "dense": sm.signature(inputs, {"y": ("parse:3", 1, rows)}),
            "sparse": sm.signature(inputs, {"words": ("dense_words:0", 1, rows)}),
            "ragged": sm.signature(inputs, {"tags": ("tags:0", 1, rows)}),
            "straight": sm.signature(inputs, {"words": ("parse:1", 1, rows)})})))
        self.assertEqual(RUNNER.ask(self.path, {"a": floats(2, 1)}, signature="dense")["features"][0]["key"], "a")
        for signature, pattern in (("sparse", "SparseToDense: it takes sparse feature 'words'"),
                                   ("ragged", "Identity: it takes ragged feature 'tags'"),
                                   ("straight", "output 'words': it takes sparse feature 'words'")):
            self.assertIn(pattern, self.refusal(signature=signature))

    def test_convolutions_follow_one_another_without_transposes(self):
        channels = [3, 8, 8, 16]
        nodes = [sm.placeholder("x", np.float32, (-1, 16, 16, 3))]
        last = "x"
        for i in range(3):
            nodes += [sm.const(f"w{i}", floats(3, 3, channels[i], channels[i + 1])),
                      sm.node(f"conv{i}", "Conv2D", [last, f"w{i}"], strides=[1, 1, 1, 1], padding="SAME"),
                      sm.const(f"bias{i}", floats(channels[i + 1])),
                      sm.node(f"add{i}", "BiasAdd", [f"conv{i}", f"bias{i}"], T=FLOAT)]
            for j, value in enumerate((floats(channels[i + 1]), floats(channels[i + 1]), floats(channels[i + 1]),
                                       np.abs(floats(channels[i + 1])) + 1)):
                nodes.append(sm.const(f"n{i}_{j}", value))
            nodes += [sm.node(f"norm{i}", "FusedBatchNormV3", [f"add{i}"] + [f"n{i}_{j}" for j in range(4)],
                              is_training=False),
                      sm.node(f"relu{i}", "Relu6", [f"norm{i}"])]
            last = f"relu{i}"
        nodes += [sm.node("twice", "AddV2", [last, last]), sm.node("cat", "ConcatV2", ["twice", last, "three"]),
                  sm.const("three", np.int32(3)), sm.const("sides", np.int32([1, 2])),
                  sm.node("pool", "MaxPool", ["cat"], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"),
                  sm.node("mean", "Mean", ["pool", "sides"], keep_dims=False), sm.const("dense", floats(32, 5)),
                  sm.node("logits", "MatMul", ["mean", "dense"]), sm.node("y", "Softmax", ["logits"])]
        signature = sm.signature({"x": ("x:0", 1, (-1, 16, 16, 3))},
                                 {"y": ("y:0", 1, (-1, 5)), "pool": ("pool:0", 1, (-1, 8, 8, 32))})
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature})))
        answer = RUNNER.ask(self.path, {"x": floats(2, 16, 16, 3)})
        self.assertEqual(answer["nodes"]["Transpose"], 2)  # of what comes in, and of the image that goes out
        self.assertEqual(answer["outputs"]["pool"].shape, (2, 8, 8, 32))
        self.assertNear(answer["outputs"]["y"].sum(1), np.float32([1, 1]))

    def test_convolutions_of_blocks_are_dilated_ones(self):
        """As TF 1 and Keras write them; beside each the same as one operator."""
        for channels, op, filters in ((6, "Conv2D", floats(3, 3, 6, 8)), (8, "DepthwiseConv2dNative", floats(3, 3, 8, 1))):
            how = {"strides": [1, 1, 1, 1], "data_format": "NHWC"}
            nodes = [sm.placeholder("x", np.float32, (-1, 13, 14, channels)), sm.const("w", filters),
                     sm.const("blocks", np.int32([2, 3])), sm.const("margins", np.int32([[2, 3], [3, 4]])),
                     sm.const("crops", np.int32([[0, 1], [0, 1]])),
                     sm.node("cut", "SpaceToBatchND", ["x", "blocks", "margins"]),
                     sm.node("conv", op, ["cut", "w"], padding="VALID", dilations=[1, 1, 1, 1], **how),
                     sm.node("y", "BatchToSpaceND", ["conv", "blocks", "crops"]),
                     sm.node("z", op, ["x", "w"], padding="SAME", dilations=[1, 2, 3, 1], **how)]
            outputs = {name: (name + ":0", 1, None) for name in "yz"}
            signature = sm.signature({"x": ("x:0", 1, (-1, 13, 14, channels))}, outputs)
            sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature})))
            answer = RUNNER.ask(self.path, {"x": floats(2, 13, 14, channels)})
            self.assertNear(answer["outputs"]["y"], answer["outputs"]["z"])
            self.assertEqual(answer["outputs"]["y"].shape, (2, 13, 14, 8))
            self.assertEqual((answer["nodes"].get("Reshape", 0), answer["nodes"]["Conv"]), (0, 2))
            # Where the blocks themselves are wanted too, they are made.
            outputs["cut"] = ("cut:0", 1, None)
            signature = sm.signature({"x": ("x:0", 1, (-1, 13, 14, channels))}, outputs)
            sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature})))
            answer = RUNNER.ask(self.path, {"x": floats(2, 13, 14, channels)})
            self.assertEqual(answer["outputs"]["cut"].shape, (12, 9, 7, channels))

    def test_all_that_cannot_be_converted_is_named(self):
        nodes = [sm.placeholder("x", np.float32, (-1,)), sm.node("a", "FancyOp", ["x"]), sm.node("b", "FancyOp", ["a"]),
                 sm.node("c", "While", ["b"]), sm.node("d", "Neg", ["c"]), sm.node("e", "OtherOp", ["x"]),
                 sm.node("f", "AddV2", ["d", "e"])]
        signature = sm.signature({"x": ("x:0", 1, (-1,))}, {"y": ("f:0", 1, None)})
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature})))
        # What lies behind control flow is not looked at.
        self.assertRegex(self.refusal(), r"signature 's': .*OtherOp \(node 'e'\); While \(node 'c'\)")
        nodes[3] = sm.node("c", "Exp", ["b"])
        signature = sm.signature({"x": ("x:0", 1, (-1,))}, {"y": ("f:0", 1, None)})
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature})))
        self.assertRegex(self.refusal(), r"FancyOp \(node 'a' and 1 more\); OtherOp \(node 'e'\)")

    def test_circles_are_refused(self):
        signature = sm.signature({"x": ("x:0", 1, (-1,))}, {"y": ("y:0", 1, None)})
        x = sm.placeholder("x", np.float32, (-1,))
        for nodes, functions, why in [
                ([x, sm.node("a", "AddV2", ["x", "b"]), sm.node("b", "Neg", ["a"]), sm.node("y", "Neg", ["b"])], [],
                 "circle"),
                ([x, sm.node("y", "PartitionedCall", ["x"], f=sm.Function("f"))],
                 [sm.function("f", [("v", 1)], {"r": "again:output:0"},
                              [sm.node("again", "PartitionedCall", ["v"], f=sm.Function("f"))])],
                 "calls itself"),
                ([x, sm.node("y", "PartitionedCall", ["y"], f=sm.Function("f"))],
                 [sm.function("f", [("v", 1)], {"r": "v"}, [])], "circle")]:
            sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature}, functions)))
            self.assertIn(why, self.refusal())

    def test_functions_that_grow_without_bound_end_soon(self):
        """Each calls the next one twice: 2^40 nodes, if nobody counted."""
        functions = [sm.function(f"f{i}", [("v", 1)], {"r": "sum:z:0"}, [
            sm.node("a", "PartitionedCall", ["v"], f=sm.Function(f"f{i + 1}")),
            sm.node("b", "PartitionedCall", ["a:output:0"], f=sm.Function(f"f{i + 1}")),
            sm.node("sum", "AddV2", ["a:output:0", "b:output:0"])]) for i in range(40)]
        functions.append(sm.function("f40", [("v", 1)], {"r": "n:y:0"}, [sm.node("n", "Neg", ["v"])]))
        nodes = [sm.placeholder("x", np.float32, (-1,)), sm.node("y", "PartitionedCall", ["x"], f=sm.Function("f0"))]
        signature = sm.signature({"x": ("x:0", 1, (-1,))}, {"y": ("y:0", 1, None)})
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature}, functions)))
        self.assertIn("more than", self.refusal())

    def test_variables_are_what_the_graph_says_of_them(self):
        for op, stored, shape, pattern in (
                ("VariableV2", np.int32([1, 2, 3]), (3,),
                 r"variable 'v' is DT_FLOAT \[3\] in the graph, and entry 'v' of .*, is DT_INT32 \[3\]"),
                ("VarHandleOp", floats(2), (3,), r"variable 'v' is DT_FLOAT \[3\] in the graph, .* DT_FLOAT \[2\]"),
                ("VarHandleOp", floats(2, 3), (3,), r"DT_FLOAT \[2,3\]"),
                ("VarHandleOp", floats(3), (-1,), None), ("Variable", floats(3), (), None)):
            variable = sm.node("v", op, dtype=FLOAT, shape=sm.Shape(shape), shared_name="v")
            read = sm.node("read", "ReadVariableOp", ["v"], dtype=FLOAT) if op == "VarHandleOp" else \
                sm.node("read", "Identity", ["v"], T=FLOAT)
            nodes = [sm.placeholder("x", np.float32, (3,)), variable, read, sm.node("y", "AddV2", ["x", "read"], T=FLOAT)]
            signature = sm.signature({"x": ("x:0", 1, (3,))}, {"y": ("y:0", 1, (3,))})
            sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature})), {"v": stored})
            if pattern:
                self.assertRegex(self.refusal(), pattern)
            else:
                x = floats(3)
                self.assertNear(RUNNER.ask(self.path, {"x": x})["outputs"]["y"], x + stored)

    def test_signatures_that_no_request_can_fill_are_refused(self):
        for count, pattern in ((1024, None), (1025, "it has 1025 outputs: expected at most 1024")):
            nodes = [sm.placeholder("x", np.float32, (-1,)), sm.node("y", "Neg", ["x"])]
            signature = sm.signature({"x": ("x:0", 1, (-1,))}, {f"y{i}": ("y:0", 1, (-1,)) for i in range(count)})
            sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"serving_default": signature})))
            if pattern:
                self.assertIn(pattern, self.refusal())
            else:
                x = floats(2)
                self.assertNear(RUNNER.ask(self.path, {"x": x})["outputs"]["y1023"], -x)

    def test_names_that_two_have_are_named(self):
        x, exp, neg = (sm.placeholder("x", np.float32, (-1,)), sm.node("y", "Exp", ["x"]), sm.node("y", "Neg", ["x"]))
        signature = sm.signature({"x": ("x:0", 1, (-1,))}, {"y": ("y:0", 1, (-1,))})
        sm.write(self.path, sm.saved_model(sm.meta_graph([x, exp, neg], {"serving_default": signature})))
        self.assertIn("saved_model.pb: two nodes are called 'y'", self.refusal())
        body = [sm.node("z", "Exp", ["a"], T=FLOAT)]
        functions = [sm.function("f", [("a", 1)], {"b": "z:y:0"}, body)] * 2
        sm.write(self.path, sm.saved_model(sm.meta_graph([x, exp], {"serving_default": signature}, functions)))
        self.assertIn("saved_model.pb: two functions are called 'f'", self.refusal())

    def test_broken_variables_are_named(self):
        a = floats(3)
        model = v1_model({"a": ("a", ""), "b": ("b", "")})
        sm.write(self.path, model, {"a": a, "b": a})
        index, data = self.path / "variables/variables.index", self.path / "variables/variables.data-00000-of-00001"
        good_index, good_data = index.read_bytes(), data.read_bytes()

        data.write_bytes(good_data[:12] + b"?" + good_data[13:])
        self.assertRegex(self.refusal(), r"variables.data-00000-of-00001: entry 'b': .*checksum")
        data.write_bytes(good_data[:20])
        self.assertRegex(self.refusal(),
                         r"entry 'b': it should lie in variables/variables.data-00000-of-00001 from byte 12, "
                         r"12 bytes, and that file has 20")
        data.unlink()
        self.assertRegex(self.refusal(),
                         r"entry 'a': it should lie in variables/variables.data-00000-of-00001: cannot be opened: No such file")
        data.write_bytes(good_data)
        index.write_bytes(good_index[:3] + b"?" + good_index[4:])
        self.assertRegex(self.refusal(), r"variables.index: the block at byte 0 does not have its checksum")
        index.write_bytes(good_index[:-1])
        self.assertRegex(self.refusal(), r"variables.index: it does not end as an index of variables does")
        sm.write_variables(self.path, {"a": a})
        self.assertIn("variables.index has no entry 'b'", self.refusal())
        index.unlink()
        self.assertIn("variables.index has no entry", self.refusal())

    def test_broken_graphs_are_errors(self):
        whole = v1_model({"a": ("a", ""), "b": ("b", "")})
        sm.write(self.path, whole, {"a": floats(3), "b": floats(3)})
        for size in (0, 1, 5, len(whole) // 2, len(whole) - 1):
            (self.path / "saved_model.pb").write_bytes(whole[:size])
            self.assertIn("saved_model.pb", self.refusal())

    def test_types_that_nobody_knows_are_named(self):
        x = sm.placeholder("x", np.float32, (-1,))
        outputs = {"y": ("y:0", 1, None)}
        for nodes, info, why in [
                ([x, sm.node("c", "Const", dtype=sm.Type(99), value=sm.Tensor(np.float32([1]))),
                  sm.node("y", "Cast", ["x"], DstT=sm.Type(99))], ("x:0", 1, (-1,)), "Cast"),
                ([x, sm.node("y", "Neg", ["x"])], ("x:0", 99, (-1,)), "input 'x' is of data type 99")]:
            signature = sm.signature({"x": info}, outputs)
            sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature})))
            self.assertIn(why, self.refusal())

    def test_control_flow_is_refused_by_name(self):
        x = sm.placeholder("x", np.float32, (-1,))
        for op in ("If", "StatelessWhile", "Switch", "Merge", "Enter", "TensorListReserve"):
            nodes = [x, sm.node("flow", op, ["x"]), sm.node("y", "Neg", ["flow"])]
            signature = sm.signature({"x": ("x:0", 1, (-1,))}, {"y": ("y:0", 1, None)})
            sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature})))
            self.assertIn(f"signature 's': operators that cannot be converted: {op} (node 'flow')", self.refusal())

    def test_a_node_of_a_great_many_attributes_is_refused(self):
        """Each that is asked for is looked for among them, in each call of the function that it is in."""
        many = {f"a{i}": 1 for i in range(10_001)}
        nodes = [sm.placeholder("x", np.float32, (-1,)), sm.node("y", "Neg", ["x"], **many)]
        signature = sm.signature({"x": ("x:0", 1, (-1,))}, {"y": ("y:0", 1, None)})
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature})))
        self.assertIn("node 'y' has more than 10000 attributes", self.refusal())

    def test_constants_of_functions_are_there_once(self):
        """However often they are called: an initialiser of 40 KB, not of 800."""
        big = floats(100, 100)
        body = [sm.const("w", big), sm.node("p", "MatMul", ["v", "w:output:0"])]
        calls = [sm.node(f"c{i}", "PartitionedCall", [f"c{i - 1}" if i else "x"], f=sm.Function("f")) for i in range(20)]
        nodes = [sm.placeholder("x", np.float32, (-1, 100)), *calls]
        signature = sm.signature({"x": ("x:0", 1, (-1, 100))}, {"y": ("c19:0", 1, None)})
        functions = [sm.function("f", [("v", 1)], {"r": "p:product:0"}, body)]
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature}, functions)))
        answer = RUNNER.ask(self.path)
        self.assertNotIn("error", answer, answer.get("error"))
        self.assertEqual((answer["nodes"]["MatMul"], answer["weight_bytes"]), (20, 40_000))

    def test_a_million_nodes_end_soon(self):
        nodes = [sm.placeholder("n0", np.float32, (-1,))]
        nodes += [sm.node(f"n{i}", "Neg", [f"n{i - 1}"]) for i in range(1, 1_000_000)]
        signature = sm.signature({"x": ("n0:0", 1, (-1,))}, {"y": ("n999999:0", 1, None)})
        sm.write(self.path, sm.saved_model(sm.meta_graph(nodes, {"s": signature})))
        self.assertIn("more than", self.refusal())


def plain_bundle(folder):
    """The float variables of a SavedModel whose index is plain, by key."""
    index = (folder / "variables/variables.index").read_bytes()
    data = next((folder / "variables").glob("*.data-*")).read_bytes()

    def varint(bytes_, at):
        value = shift = 0
        while True:
            byte = bytes_[at]
            at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value, at

    def entries(offset, size):
        block, at, key = index[offset:offset + size], 0, b""
        end = len(block) - 4 - 4 * struct.unpack("<I", block[-4:])[0]
        while at < end:
            shared, at = varint(block, at)
            own, at = varint(block, at)
            length, at = varint(block, at)
            key = key[:shared] + block[at:at + own]
            at += own
            yield key, block[at:at + length]
            at += length

    at = 0
    numbers = []
    for _ in range(4):
        number, at = varint(index[-48:], at)
        numbers.append(number)
    found = {}
    for _, handle in entries(*numbers[2:]):
        offset, at = varint(handle, 0)
        size, _ = varint(handle, at)
        for key, message in entries(offset, size):
            fields, at = {}, 0
            while at < len(message):
                tag, at = varint(message, at)
                if tag & 7 == 0:
                    fields[tag >> 3], at = varint(message, at)
                elif tag & 7 == 2:
                    length, at = varint(message, at)
                    fields[tag >> 3] = message[at:at + length]
                    at += length
                else:
                    at += 4
            if key and fields.get(1) == 1:
                told = re.findall(rb"\x12.(\x08[\x80-\xff]*[\x00-\x7f])", fields.get(2, b""), re.S)
                dims = [varint(each, 1)[0] for each in told]
                values = data[fields.get(4, 0):fields.get(4, 0) + fields.get(5, 0)]
                found[key.decode()] = np.frombuffer(values, np.float32).reshape(dims)
    return found


@unittest.skipUnless(os.environ.get("TRIREME_TEST_DATA"), "TRIREME_TEST_DATA names no folder of models")
class RealModels(unittest.TestCase):
    def setUp(self):
        self.models = Path(os.environ["TRIREME_TEST_DATA"]) / "savedmodel"

    def test_halves(self):
        for name, add, x in [("half_plus_two_cpu", 2, floats(3, 1)), ("half_plus_three", 3, floats(3, 1)),
                             ("half_plus_two_tf2_cpu", 2, np.float32([5]))]:
            answer = RUNNER.ask(self.models / name / "1", {"x": x})
            self.assertNotIn("error", answer, answer.get("error"))
            self.assertLess(difference(answer["outputs"]["y"], x / 2 + np.float32(add)), 1e-6)

    def test_examples(self):
        for name, signature in [("half_plus_two_cpu", "classify_x_to_y"), ("half_plus_two_tf2_cpu", "classify_x_to_y")]:
            # Of all features that are parsed, those that another signature takes too.
            wanted = RUNNER.ask(self.models / name / "1", signature=signature)["signature"]["inputs"]
            inputs = {key: np.zeros((2, 1), np.float32) for key, _, _ in wanted} | {"x": np.float32([[4], [6]])}
            answer = RUNNER.ask(self.models / name / "1", inputs, signature=signature)
            self.assertNotIn("error", answer, answer.get("error"))
            self.assertEqual(answer["features"][0]["key"], "x")
            self.assertLess(difference(answer["outputs"]["scores"], np.float32([[4], [5]])), 1e-6)

    def test_what_changes_variables_is_refused(self):
        folder = self.models / "counter" / "1"
        self.assertIn("AssignAdd", RUNNER.ask(folder, signature="incr_counter")["error"])
        self.assertEqual(RUNNER.ask(folder, {}, signature="get_counter")["outputs"]["output"], 0)

    def test_keras(self):
        folder = self.models / "keras_mlp"
        values = {key.split("/.ATTR")[0]: value for key, value in plain_bundle(folder).items()}
        layers_ = sorted({key.rsplit("/", 1)[0] for key in values
                          if re.fullmatch(r"layer_with_weights-\d/kernel", key)})
        x = np.abs(floats(2, 28, 28))
        y = x.reshape(2, -1)
        for i, layer in enumerate(layers_):
            y = y @ values[layer + "/kernel"] + values[layer + "/bias"]
            y = np.maximum(y, 0) if i + 1 < len(layers_) else np.exp(y - y.max(1, keepdims=True))
        answer = RUNNER.ask(folder, {"flatten_input": x})
        self.assertNotIn("error", answer, answer.get("error"))
        self.assertLess(difference(answer["outputs"]["dense_1"], y / y.sum(1, keepdims=True)), 1e-4)

    def test_images_are_turned_at_the_borders_alone(self):
        for name, inputs, most in [("blazeface", {"input:0": np.clip(floats(1, 256, 256, 3), -1, 1)}, 5),
                                   ("emotion", {"input_1:0": np.abs(floats(2, 64, 64, 1))}, 1)]:
            answer = RUNNER.ask(self.models / name / "1", inputs)
            self.assertNotIn("error", answer, answer.get("error"))
            # One of each image that comes in or goes out.
            self.assertLessEqual(answer["nodes"].get("Transpose", 0), most)


if __name__ == "__main__":
    RUNNER = Runner(sys.argv.pop(1))
    try:
        failed = not unittest.main(exit=False).result.wasSuccessful()
    finally:
        RUNNER.close()
    sys.exit(failed)
