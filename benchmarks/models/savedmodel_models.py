# SPDX-License-Identifier: Apache-2.0
"""Networks written twice, with the same weights: as a TensorFlow graph, and as ONNX that never was one.

The graph is as Keras writes it: channels last, padding as nodes of its own, batch normalisation apart. The ONNX model
is as an exporter writes it that knows the network: channels first, padding in the convolutions.
"""
import sys
from pathlib import Path

import numpy
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/savedmodel"))
import saved_model as sm  # noqa: E402: of the folder above

FLOAT = sm.Type(1)
ONES = [1, 1, 1, 1]


class Pair:
    """Emits each step into both. A value's name is the same in either."""

    def __init__(self, side, seed=1):
        self.chance = numpy.random.default_rng(seed)
        self.side = side
        self.graph = [sm.placeholder("x", numpy.float32, (-1, side, side, 3))]
        self.nodes, self.constants = [], []
        self.count = 0
        self.channels = {"x": 3}

    def name(self):
        self.count += 1
        return f"t{self.count}"

    def constant(self, name, value, onnx_value=None):
        self.graph.append(sm.const(name, value))
        onnx_value = numpy.ascontiguousarray(value if onnx_value is None else onnx_value)
        self.constants.append(numpy_helper.from_array(onnx_value, name))

    def floats(self, *dims, scale=1.0):
        return (self.chance.standard_normal(dims) * scale).astype(numpy.float32)

    def padded(self, x, before, behind):
        """A Pad in the graph; ONNX has it in what comes next."""
        if not before and not behind:
            return x
        name = self.name()
        self.graph += [sm.const(name + "p", numpy.int32([[0, 0], [before, behind], [before, behind], [0, 0]])),
                       sm.node(name, "Pad", [x, name + "p"], T=FLOAT, Tpaddings=sm.Type(3))]
        return name

    def conv(self, x, channels, size, stride=1, pads=None, dilation=1, depthwise=False):
        """`pads` are (before, behind), padded by a node; None: SAME, of a stride of one."""
        name, into = self.name(), self.channels[x]
        reach = (size - 1) * dilation + 1
        both = max(reach - stride, 0) if pads is None else 0
        before, behind = (both // 2, both - both // 2) if pads is None else pads
        kind = "DepthwiseConv2dNative" if depthwise else "Conv2D"
        weights = self.floats(size, size, into, 1 if depthwise else channels,
                              scale=(2 / (size * size * (1 if depthwise else into))) ** 0.5)
        order = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
        self.constant(name + "w", weights, weights.transpose(order))
        source = x if pads is None else self.padded(x, *pads)
        inner, more = source, {"dilations": ONES, "padding": "SAME" if pads is None else "VALID"}
        if dilation > 1:  # as TF 1 and Keras write it
            assert pads is None and stride == 1
            rest = -(self.side_of_blocks + 2 * before) % dilation
            self.graph += [sm.const(name + "b", numpy.int32([dilation] * 2)),
                           sm.const(name + "p", numpy.int32([[before, before + rest]] * 2)),
                           sm.const(name + "c", numpy.int32([[0, rest]] * 2)),
                           sm.node(name + "s", "SpaceToBatchND", [x, name + "b", name + "p"], T=FLOAT)]
            inner, more["padding"] = name + "s", "VALID"
        made = name + "k" if dilation > 1 else name
        self.graph.append(sm.node(made, kind, [inner, name + "w"], strides=[1, stride, stride, 1], T=FLOAT,
                                  data_format="NHWC", **more))
        if dilation > 1:
            self.graph.append(sm.node(name, "BatchToSpaceND", [made, name + "b", name + "c"], T=FLOAT))
        self.nodes.append(helper.make_node("Conv", [x, name + "w"], [name], kernel_shape=[size, size],
                                           strides=[stride, stride], pads=[before, before, behind, behind],
                                           dilations=[dilation, dilation], group=into if depthwise else 1))
        self.channels[name] = into if depthwise else channels
        return name

    def norm(self, x):
        name, channels = self.name(), self.channels[x]
        parts = [name + part for part in "gbmv"]
        values = (1 + self.floats(channels, scale=0.1), self.floats(channels, scale=0.1),
                  self.floats(channels, scale=0.1), 1 + numpy.abs(self.floats(channels, scale=0.1)))
        for part, value in zip(parts, values):
            self.constant(part, value)
        self.graph.append(sm.node(name, "FusedBatchNormV3", [x, *parts], T=FLOAT, U=FLOAT, is_training=False,
                                  data_format="NHWC", epsilon=1e-3))
        self.nodes.append(helper.make_node("BatchNormalization", [x, *parts], [name], epsilon=1e-3))
        self.channels[name] = channels
        return name

    def each(self, x, op, **attributes):
        """An operator that takes each element by itself, called the same in both."""
        name = self.name()
        self.graph.append(sm.node(name, op, [x], T=FLOAT))
        self.nodes.append(helper.make_node(op, [x], [name], **attributes))
        self.channels[name] = self.channels[x]
        return name

    def relu6(self, x):
        name = self.name()
        self.graph.append(sm.node(name, "Relu6", [x], T=FLOAT))
        self.constants += [numpy_helper.from_array(numpy.float32(limit), f"{name}_{limit}") for limit in (0, 6)]
        self.nodes.append(helper.make_node("Clip", [x, f"{name}_0", f"{name}_6"], [name]))
        self.channels[name] = self.channels[x]
        return name

    def add(self, a, b):
        name = self.name()
        self.graph.append(sm.node(name, "AddV2", [a, b], T=FLOAT))
        self.nodes.append(helper.make_node("Add", [a, b], [name]))
        self.channels[name] = self.channels[a]
        return name

    def max_pool(self, x):
        """Of three by three, a stride of two, and a row of zeros around what is not negative."""
        name = self.name()
        self.graph.append(sm.node(name, "MaxPool", [self.padded(x, 1, 1)], ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1],
                                  padding="VALID", data_format="NHWC", T=FLOAT))
        self.nodes.append(helper.make_node("MaxPool", [x], [name], kernel_shape=[3, 3], strides=[2, 2],
                                           pads=[1, 1, 1, 1]))
        self.channels[name] = self.channels[x]
        return name

    def classify(self, x, classes):
        channels = self.channels[x]
        weights = self.floats(channels, classes, scale=channels ** -0.5)
        self.constant("head", weights)
        self.graph += [sm.const("sides", numpy.int32([1, 2])),
                       sm.node("mean", "Mean", [x, "sides"], keep_dims=False, T=FLOAT, Tidx=sm.Type(3)),
                       sm.node("logits", "MatMul", ["mean", "head"], transpose_a=False, transpose_b=False, T=FLOAT),
                       sm.node("y", "Softmax", ["logits"], T=FLOAT)]
        self.nodes += [helper.make_node("GlobalAveragePool", [x], ["mean"]),
                       helper.make_node("Flatten", ["mean"], ["flat"]),
                       helper.make_node("MatMul", ["flat", "head"], ["logits"]),
                       helper.make_node("Softmax", ["logits"], ["y"])]

    def write(self, folder, name):
        """NAME/1/saved_model.pb and NAME.onnx."""
        classes = ("n", 1000)
        signature = sm.signature({"x": ("x:0", 1, (-1, self.side, self.side, 3))}, {"y": ("y:0", 1, (-1, 1000))})
        sm.write(folder / name / "1", sm.saved_model(sm.meta_graph(self.graph, {"serving_default": signature})))
        graph = helper.make_graph(
            self.nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", 3, self.side, self.side))],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, classes)], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
        return folder / name, folder / f"{name}.onnx"


def resnet(pair):
    """ResNet50 as keras.applications has it."""
    x = pair.each(pair.norm(pair.conv("x", 64, 7, stride=2, pads=(3, 3))), "Relu")
    x = pair.max_pool(x)
    for width, blocks, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            stride = first if block == 0 else 1
            short = pair.norm(pair.conv(x, 4 * width, 1, stride, pads=(0, 0))) if block == 0 else x
            y = pair.each(pair.norm(pair.conv(x, width, 1, stride, pads=(0, 0))), "Relu")
            y = pair.each(pair.norm(pair.conv(y, width, 3)), "Relu")
            y = pair.norm(pair.conv(y, 4 * width, 1, pads=(0, 0)))
            x = pair.each(pair.add(short, y), "Relu")
    pair.classify(x, 1000)


def mobilenet(pair):
    """MobileNetV2 as keras.applications has it."""
    x = pair.relu6(pair.norm(pair.conv("x", 32, 3, stride=2, pads=(0, 1))))
    for wide, channels, blocks, first in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                          (6, 160, 3, 2), (6, 320, 1, 1)):
        for block in range(blocks):
            stride, y = first if block == 0 else 1, x
            if wide > 1:
                y = pair.relu6(pair.norm(pair.conv(y, wide * pair.channels[x], 1)))
            y = pair.conv(y, 0, 3, stride, pads=(0, 1) if stride == 2 else None, depthwise=True)
            y = pair.norm(pair.conv(pair.relu6(pair.norm(y)), channels, 1))
            x = pair.add(x, y) if block > 0 else y
    x = pair.relu6(pair.norm(pair.conv(x, 1280, 1)))
    pair.classify(x, 1000)


def dilated(pair):
    """Like the end of DeepLab: dilated convolutions, as blocks of the batch."""
    x = pair.each(pair.norm(pair.conv("x", 64, 3, stride=2, pads=(0, 1))), "Relu")
    x = pair.each(pair.norm(pair.conv(x, 128, 3, stride=2, pads=(0, 1))), "Relu")
    pair.side_of_blocks = pair.side // 4
    for dilation in (2, 4, 2, 4):
        x = pair.add(x, pair.each(pair.norm(pair.conv(x, 128, 3, dilation=dilation)), "Relu"))
        x = pair.relu6(pair.norm(pair.conv(x, 0, 3, dilation=dilation, depthwise=True)))
    pair.classify(x, 1000)


NETWORKS = {"resnet50": (resnet, 224), "mobilenet_v2": (mobilenet, 224), "dilated": (dilated, 224)}


def write(name, folder):
    """The folder of the SavedModel, and the ONNX file."""
    network, side = NETWORKS[name]
    pair = Pair(side)
    network(pair)
    return pair.write(Path(folder), name)
