# SPDX-License-Identifier: Apache-2.0
"""An int8 variant of an exported convolutional classifier, as pairs of QuantizeLinear and DequantizeLinear that a
runtime fuses with what lies between them: weights int8 with a scale for each channel, activations uint8 with the range
that random images gave them."""
import numpy
import onnx
import torch
from onnx import helper, numpy_helper

# Operators whose inputs are quantized; those of the first group have weights.
WITH_WEIGHTS = ("Conv", "Gemm")
WITHOUT_WEIGHTS = ("Add", "MaxPool", "GlobalAveragePool")


def attributes_of(node):
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def run_node(node, inputs):
    """What the node gives: of the few operators of which such a classifier consists."""
    how = attributes_of(node)
    if node.op_type == "Conv":
        return torch.nn.functional.conv2d(*inputs, stride=how["strides"], padding=how["pads"][:2], groups=how["group"])
    if node.op_type == "MaxPool":
        return torch.nn.functional.max_pool2d(inputs[0], how["kernel_shape"], how["strides"], how["pads"][:2])
    if node.op_type == "Gemm":
        return torch.nn.functional.linear(*inputs)
    simple = {"Relu": torch.relu, "Add": torch.add, "Identity": lambda x: x, "Flatten": lambda x: x.flatten(1),
              "GlobalAveragePool": lambda x: x.mean((2, 3), keepdim=True)}
    if node.op_type not in simple:
        raise ValueError(f"cannot quantize a model with {node.op_type}")
    return simple[node.op_type](*inputs)


def find_ranges(graph, constants):
    """The smallest and largest element of every activation, zero among them."""
    chance = torch.Generator().manual_seed(5)
    values = {name: torch.from_numpy(constant) for name, constant in constants.items()}
    values[graph.input[0].name] = torch.randn(8, 3, 224, 224, generator=chance)
    ranges = {}
    for node in graph.node:
        values[node.output[0]] = run_node(node, [values[name] for name in node.input])
    for name, value in values.items():
        if name not in constants:
            ranges[name] = min(0.0, value.min().item()), max(0.0, value.max().item())
    return ranges


class Quantizer:
    """The new nodes and constants of a graph."""

    def __init__(self, constants, ranges):
        self.constants, self.ranges = constants, ranges
        self.nodes, self.made, self.quantized = [], [], {}

    def constant(self, name, value):
        self.made.append(numpy_helper.from_array(numpy.asarray(value, order="C"), name))
        return name

    def scale_of(self, name):
        low, high = self.ranges[name]
        return max((high - low) / 255, 1e-8)

    def activation(self, name):
        """The same tensor through uint8 and back, once for all its readers."""
        if name not in self.quantized:
            scale = self.scale_of(name)
            parameters = [self.constant(f"{name}_scale", numpy.float32(scale)),
                          self.constant(f"{name}_zero", numpy.uint8(round(-self.ranges[name][0] / scale)))]
            self.nodes += [helper.make_node("QuantizeLinear", [name, *parameters], [f"{name}_uint8"]),
                           helper.make_node("DequantizeLinear", [f"{name}_uint8", *parameters], [f"{name}_back"])]
            self.quantized[name] = f"{name}_back"
        return self.quantized[name]

    def dequantized(self, name, integers, scale):
        zero = numpy.zeros(scale.shape, integers.dtype)
        parts = [self.constant(f"{name}_{what}", value)
                 for what, value in (("integers", integers), ("scale", scale), ("zero", zero))]
        self.nodes.append(helper.make_node("DequantizeLinear", parts, [f"{name}_floats"], axis=0))
        return f"{name}_floats"

    def weights(self, node):
        """Weights and bias; channels are the outermost dimension of either."""
        weights, bias = (self.constants[name] for name in node.input[1:3])
        scale = (numpy.abs(weights).reshape(len(weights), -1).max(1) / 127 + 1e-12).astype(numpy.float32)
        by_channel = scale.reshape(-1, *[1] * (weights.ndim - 1))
        bias_scale = (scale * self.scale_of(node.input[0])).astype(numpy.float32)
        name = node.output[0]
        return [self.dequantized(f"{name}_weights", numpy.rint(weights / by_channel).astype(numpy.int8), scale),
                self.dequantized(f"{name}_bias", numpy.rint(bias / bias_scale).astype(numpy.int32), bias_scale)]

    def add(self, node):
        inputs = list(node.input)
        if node.op_type in WITH_WEIGHTS:
            inputs = [self.activation(inputs[0]), *self.weights(node)]
        elif node.op_type in WITHOUT_WEIGHTS:
            inputs = [self.activation(name) for name in inputs]
        del node.input[:]
        node.input.extend(inputs)
        self.nodes.append(node)


def quantize(source, target):
    model = onnx.load(str(source))
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in graph.initializer}
    with torch.no_grad():
        quantizer = Quantizer(constants, find_ranges(graph, constants))
    for node in list(graph.node):
        quantizer.add(node)
    for field, values in ((graph.node, quantizer.nodes), (graph.initializer, quantizer.made)):
        del field[:]
        field.extend(values)
    onnx.save(model, str(target))
