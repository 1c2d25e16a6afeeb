#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every operator of SavedModels that is converted, against what NumPy says: operators_test.py RUN_SAVED_MODEL"""
import sys
import tempfile
import unittest

import numpy as np

import saved_model as sm
from runner import Runner, difference

RANDOM = np.random.default_rng(7)
TOLERANCE = 1e-5


def floats(*dims):
    return RANDOM.standard_normal(dims).astype(np.float32)


class In:
    """An argument that a request brings; `dims` is its shape in the signature, its own with open rows by default."""

    def __init__(self, value, dims=None):
        self.value = np.asarray(value)
        self.dims = dims if dims is not None else (-1,) * (self.value.ndim > 0) + self.value.shape[1:]


CASES = []


def case(op, arguments, expected, name=None, dims=None, **attributes):
    """An operator with arguments (In, or a constant), and what its outputs are."""
    expected = expected if isinstance(expected, list) else [expected]
    CASES.append((name or op, op, arguments, [np.asarray(each) for each in expected], attributes))


# --- references -------------------------------------------------------------------------------------------------------

def same_pads(size, window, stride, dilation=1):
    reach = (window - 1) * dilation + 1
    both = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return both // 2, both - both // 2


def windows(x, size, strides, padding, dilations=(1, 1), fill=0.0):
    """Of an image {rows, h, w, c}: {rows, h', w', kh, kw, c}."""
    pads = [same_pads(x.shape[1 + i], size[i], strides[i], dilations[i]) if padding == "SAME" else (0, 0)
            for i in (0, 1)]
    x = np.pad(x, [(0, 0), pads[0], pads[1], (0, 0)], constant_values=fill)
    out = [(x.shape[1 + i] - (size[i] - 1) * dilations[i] - 1) // strides[i] + 1 for i in (0, 1)]
    found = np.empty((x.shape[0], *out, *size, x.shape[3]), x.dtype)
    for i in range(size[0]):
        for j in range(size[1]):
            top, left = i * dilations[0], j * dilations[1]
            found[:, :, :, i, j] = x[:, top:top + out[0] * strides[0]:strides[0],
                                     left:left + out[1] * strides[1]:strides[1]]
    return found


def conv(x, filter_, strides=(1, 1), padding="SAME", dilations=(1, 1)):
    groups = x.shape[3] // filter_.shape[2]
    parts = []
    for g in range(groups):
        some = x[..., g * filter_.shape[2]:(g + 1) * filter_.shape[2]]
        each = filter_.shape[3] // groups
        found = windows(some, filter_.shape[:2], strides, padding, dilations)
        parts.append(np.einsum("nhwijc,ijco->nhwo", found, filter_[..., g * each:(g + 1) * each]))
    return np.concatenate(parts, -1)


def depthwise(x, filter_, strides=(1, 1), padding="SAME", dilations=(1, 1)):
    found = windows(x, filter_.shape[:2], strides, padding, dilations)
    out = np.einsum("nhwijc,ijcm->nhwcm", found, filter_)
    return out.reshape(*out.shape[:3], -1)


def average(x, size, strides, padding):
    found = windows(x, size, strides, padding)
    return found.sum((3, 4)) / windows(np.ones_like(x), size, strides, padding).sum((3, 4))


def conv_back(grad, filter_, out, strides, padding):
    """The gradient of conv() by its input."""
    x = np.zeros(out, np.float64)
    result = np.zeros(out, np.float64)
    pads = [same_pads(out[1 + i], filter_.shape[i], strides[i])[0] if padding == "SAME" else 0 for i in (0, 1)]
    for y in range(grad.shape[1]):
        for z in range(grad.shape[2]):
            for i in range(filter_.shape[0]):
                for j in range(filter_.shape[1]):
                    a, b = y * strides[0] + i - pads[0], z * strides[1] + j - pads[1]
                    if 0 <= a < x.shape[1] and 0 <= b < x.shape[2]:
                        result[:, a, b] += grad[:, y, z] @ filter_[i, j].T
    return result.astype(np.float32)


def places(count, size, aligned, half):
    if aligned and count > 1:
        return np.arange(count) * ((size - 1) / (count - 1))
    scale = size / count
    return (np.arange(count) + 0.5) * scale - 0.5 if half else np.arange(count) * scale


def bilinear(x, count, aligned=False, half=False):
    for axis in (1, 2):
        at = np.clip(places(count[axis - 1], x.shape[axis], aligned, half), 0, x.shape[axis] - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, x.shape[axis] - 1)
        weight = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
        x = x.take(low, axis) * (1 - weight) + x.take(high, axis) * weight
    return x.astype(np.float32)


def nearest(x, count, aligned=False, half=False):
    for axis in (1, 2):
        size = x.shape[axis]
        if aligned:
            at = np.floor(places(count[axis - 1], size, True, False) + 0.5)
        elif half:
            at = np.floor((np.arange(count[axis - 1]) + 0.5) * size / count[axis - 1])
        else:
            at = np.floor(np.arange(count[axis - 1]) * size / count[axis - 1])
        x = x.take(np.minimum(at.astype(int), size - 1), axis)
    return x


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# --- elementwise ------------------------------------------------------------------------------------------------------

X = floats(3, 4)
POSITIVE = np.abs(X) + 0.1
UNIT = np.clip(X / 4, -0.9, 0.9)
for op_name, value, result in [
        ("Abs", X, np.abs(X)), ("Neg", X, -X), ("Exp", X, np.exp(X)), ("Log", POSITIVE, np.log(POSITIVE)),
        ("Sqrt", POSITIVE, np.sqrt(POSITIVE)), ("Rsqrt", POSITIVE, 1 / np.sqrt(POSITIVE)), ("Square", X, X * X),
        ("Sin", X, np.sin(X)), ("Cos", X, np.cos(X)), ("Tan", UNIT, np.tan(UNIT)), ("Asin", UNIT, np.arcsin(UNIT)),
        ("Acos", UNIT, np.arccos(UNIT)), ("Atan", X, np.arctan(X)), ("Sinh", X, np.sinh(X)), ("Cosh", X, np.cosh(X)),
        ("Asinh", X, np.arcsinh(X)), ("Acosh", POSITIVE + 1, np.arccosh(POSITIVE + 1)),
        ("Atanh", UNIT, np.arctanh(UNIT)),
        ("Tanh", X, np.tanh(X)), ("Sigmoid", X, sigmoid(X)), ("Relu", X, np.maximum(X, 0)),
        ("Relu6", 5 * X, np.clip(5 * X, 0, 6)), ("Elu", X, np.where(X > 0, X, np.expm1(X))),
        ("Selu", X, 1.05070098 * np.where(X > 0, X, 1.67326324 * np.expm1(X))),
        ("Softplus", X, np.log1p(np.exp(X))), ("Softsign", X, X / (1 + np.abs(X))), ("Floor", X, np.floor(X)),
        ("Ceil", X, np.ceil(X)), ("Round", np.float32([0.5, 1.5, -2.5, 1.2]), np.float32([0, 2, -2, 1])),
        ("Rint", np.float32([0.5, 1.5, -2.5, 1.2]), np.float32([0, 2, -2, 1])),
        ("Sign", X, np.sign(X)), ("Inv", POSITIVE, 1 / POSITIVE), ("Reciprocal", POSITIVE, 1 / POSITIVE),
        ("Log1p", POSITIVE, np.log1p(POSITIVE)), ("Expm1", X, np.expm1(X)), ("Identity", X, X), ("StopGradient", X, X),
        ("Snapshot", X, X), ("CheckNumerics", X, X), ("PreventGradient", X, X), ("EnsureShape", X, X),
        ("Softmax", X, softmax(X)), ("LogSoftmax", X, np.log(softmax(X))),
        ("ZerosLike", X, np.zeros_like(X)), ("OnesLike", X, np.ones_like(X))]:
    case(op_name, [In(value)], np.float32(result))
case("Erf", [In(np.float32([0, 1, -2]))], np.float32([0, 0.84270079, -0.99532227]))
case("LeakyRelu", [In(X)], np.where(X > 0, X, np.float32(0.3) * X), alpha=0.3)
ODD = np.float32([1, np.nan, np.inf, -np.inf])
case("IsNan", [In(ODD)], np.isnan(ODD))
case("IsInf", [In(ODD)], np.isinf(ODD))
case("IsFinite", [In(ODD)], np.isfinite(ODD))
case("LogicalNot", [In(X > 0)], X <= 0)
case("Cast", [In(X * 3)], (X * 3).astype(np.int32), DstT=sm.Type(3))
case("Cast", [In(X > 0)], (X > 0).astype(np.float32), "Cast_bool", DstT=sm.Type(1))
case("ClipByValue", [In(X), np.float32(-0.5), np.float32(0.5)], np.clip(X, -0.5, 0.5))
case("ClipByValue", [In(X), In(X - 1), In(X + 1)], X, "ClipByValue_each")
case("IdentityN", [In(X), In(-X)], [X, -X])
case("PlaceholderWithDefault", [X], X)

Y = floats(4)
for op_name, function in [("Add", np.add), ("AddV2", np.add), ("Sub", np.subtract), ("Mul", np.multiply),
                          ("RealDiv", np.divide), ("Div", np.divide), ("Maximum", np.maximum), ("Minimum", np.minimum),
                          ("SquaredDifference", lambda a, b: (a - b) ** 2), ("FloorDiv", np.floor_divide),
                          ("FloorMod", lambda a, b: a - np.floor(a / b) * b), ("Equal", np.equal),
                          ("NotEqual", np.not_equal), ("Less", np.less), ("LessEqual", np.less_equal),
                          ("Greater", np.greater), ("GreaterEqual", np.greater_equal), ("TruncateMod", np.fmod),
                          ("Mod", np.fmod)]:
    case(op_name, [In(X), Y], function(X, Y))
case("Pow", [In(POSITIVE), Y], np.power(POSITIVE, Y))
INTS = np.int32([7, -7, 7, -7, 6, 0])
BY = np.int32([2, 2, -2, -2, 3, 5])
case("FloorDiv", [In(INTS), In(BY)], INTS // BY, "FloorDiv_int")
case("FloorMod", [In(INTS), In(BY)], INTS % BY, "FloorMod_int")
case("TruncateDiv", [In(INTS), In(BY)], np.int32([3, -3, -3, 3, 2, 0]))
case("TruncateMod", [In(INTS), In(BY)], np.fmod(INTS, BY), "TruncateMod_int")
Y_AND_X = np.float32([[1, 1, -1, -1, 0, 0, 2, -2, 0], [1, -1, 1, -1, 1, -1, 0, 0, 0]])
case("Atan2", [In(Y_AND_X[0]), In(Y_AND_X[1])], np.arctan2(Y_AND_X[0], Y_AND_X[1]))
case("DivNoNan", [In(X[0]), np.float32([1, 0, 2, 0])], np.float32([X[0, 0], 0, X[0, 2] / 2, 0]))
case("LogicalAnd", [In(X > 0), In(X > 1)], X > 1)
case("LogicalOr", [In(X > 0), In(X > 1)], X > 0)
case("AddN", [In(X), In(2 * X), In(X)], 4 * X)
case("AddN", [In(INTS), In(BY)], INTS + BY, "AddN_int")
case("BiasAdd", [In(X), Y], X + Y)
case("Prelu", [In(X), np.abs(Y)], np.where(X > 0, X, np.abs(Y) * X))
case("SelectV2", [In(X > 0), In(X), Y], np.where(X > 0, X, Y))
case("Select", [In(X > 0), In(X), In(-X)], np.abs(X))
case("Select", [In(np.array([True, False, True])), In(X), In(-X)],
     X * np.float32([1, -1, 1])[:, None], "Select_rows")

# --- matrices ---------------------------------------------------------------------------------------------------------

W = floats(4, 5)
case("MatMul", [In(X), W], X @ W, transpose_a=False, transpose_b=False)
case("MatMul", [In(X.T.copy()), W.T.copy()], X @ W, "MatMul_turned", transpose_a=True, transpose_b=True)
case("_FusedMatMul", [In(X), W, floats(5) * 0 + 1], np.maximum(X @ W + 1, 0), fused_ops=["BiasAdd", "Relu"])
A, B = floats(2, 3, 4), floats(2, 4, 5)
for op_name in ("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"):
    case(op_name, [In(A), In(B)], A @ B)
case("BatchMatMulV2", [In(A), In(B.swapaxes(1, 2).copy())], A @ B, "BatchMatMulV2_adj", adj_y=True)
case("Einsum", [In(A), In(B)], np.einsum("abc,acd->abd", A, B), equation="abc,acd->abd")

# --- images -----------------------------------------------------------------------------------------------------------

IMAGE = floats(2, 7, 9, 4)
FILTER = floats(3, 3, 4, 6)
ONES = [1, 1, 1, 1]
TWOS = [1, 2, 2, 1]
for padding_name in ("SAME", "VALID"):
    for stride in (1, 2):
        how = {"strides": [1, stride, stride, 1], "padding": padding_name}
        case("Conv2D", [In(IMAGE), FILTER], conv(IMAGE, FILTER, (stride, stride), padding_name),
             f"Conv2D_{padding_name}_{stride}", **how)
        case("DepthwiseConv2dNative", [In(IMAGE), floats(3, 2, 4, 2)],
             None, f"DepthwiseConv2dNative_{padding_name}_{stride}", **how)
        CASES[-1][3][0] = depthwise(IMAGE, CASES[-1][2][1], (stride, stride), padding_name)
        case("MaxPool", [In(IMAGE)], windows(IMAGE, (3, 2), (stride, stride), padding_name, fill=-np.inf).max((3, 4)),
             f"MaxPool_{padding_name}_{stride}", ksize=[1, 3, 2, 1], **how)
        case("AvgPool", [In(IMAGE)], average(IMAGE, (3, 2), (stride, stride), padding_name),
             f"AvgPool_{padding_name}_{stride}", ksize=[1, 3, 2, 1], **how)
case("Conv2D", [In(IMAGE, (-1, -1, -1, 4)), FILTER], conv(IMAGE, FILTER, (2, 2)), "Conv2D_open", strides=TWOS,
     padding="SAME")
case("Conv2D", [In(IMAGE), FILTER], conv(IMAGE, FILTER, dilations=(2, 2)), "Conv2D_dilated", strides=ONES,
     padding="SAME",
     dilations=TWOS)
case("Conv2D", [In(IMAGE), FILTER[:, :, :2]], conv(IMAGE, FILTER[:, :, :2]), "Conv2D_groups", strides=ONES,
     padding="SAME")
case("Conv2D", [In(IMAGE), FILTER], conv(np.pad(IMAGE, [(0, 0), (1, 2), (0, 3), (0, 0)]), FILTER, padding="VALID"),
     "Conv2D_explicit", strides=ONES, padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 3, 0, 0])
case("Conv2D", [In(IMAGE.transpose(0, 3, 1, 2).copy()), FILTER], conv(IMAGE, FILTER).transpose(0, 3, 1, 2),
     "Conv2D_NCHW",
     strides=ONES, padding="SAME", data_format="NCHW")
BIAS = floats(6)
case("_FusedConv2D", [In(IMAGE), FILTER, BIAS], np.clip(conv(IMAGE, FILTER) + BIAS, 0, 6), strides=ONES, padding="SAME",
     fused_ops=["BiasAdd", "Relu6"])
case("_FusedConv2D", [In(IMAGE), FILTER, BIAS, np.abs(BIAS)],
     np.where(conv(IMAGE, FILTER) + BIAS > 0, 1, np.abs(BIAS)) * (conv(IMAGE, FILTER) + BIAS), "_FusedConv2D_prelu",
     strides=ONES, padding="SAME", fused_ops=["BiasAdd", "Prelu"])
D_FILTER = floats(3, 3, 4, 1)
for op_name in ("FusedDepthwiseConv2dNative", "_FusedDepthwiseConv2dNative"):
    case(op_name, [In(IMAGE), D_FILTER, BIAS[:4]], np.maximum(depthwise(IMAGE, D_FILTER) + BIAS[:4], 0), strides=ONES,
         padding="SAME", fused_ops=["BiasAdd", "Relu"])
for padding_name, out_dims in (("SAME", (2, 14, 18, 3)), ("SAME", (2, 13, 17, 3)), ("VALID", (2, 15, 19, 3))):
    BACK = floats(3, 3, 3, 4)
    case("Conv2DBackpropInput", [np.int32(out_dims), BACK, In(IMAGE, IMAGE.shape)],
         conv_back(IMAGE, BACK, out_dims, (2, 2), padding_name), f"Conv2DBackpropInput_{padding_name}_{out_dims[1]}",
         strides=TWOS, padding=padding_name)
VIDEO = floats(1, 4, 5, 6, 2)
V_FILTER = floats(1, 1, 1, 2, 3)
case("Conv3D", [In(VIDEO), V_FILTER], np.einsum("nabcd,de->nabce", VIDEO, V_FILTER[0, 0, 0]), strides=[1] * 5,
     padding="SAME")
case("MaxPool3D", [In(VIDEO)], VIDEO[:, :4, :4].reshape(1, 2, 2, 2, 2, 3, 2, 2).max((2, 4, 6)), ksize=[1, 2, 2, 2, 1],
     strides=[1, 2, 2, 2, 1], padding="VALID")
case("AvgPool3D", [In(VIDEO)], VIDEO[:, :4, :4].reshape(1, 2, 2, 2, 2, 3, 2, 2).mean((2, 4, 6)), ksize=[1, 2, 2, 2, 1],
     strides=[1, 2, 2, 2, 1], padding="VALID")
SCALE, OFFSET, MEAN, VARIANCE = floats(4), floats(4), floats(4), np.abs(floats(4)) + 0.5
NORMED = (IMAGE - MEAN) / np.sqrt(VARIANCE + np.float32(1e-3)) * SCALE + OFFSET
for op_name in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
    case(op_name, [In(IMAGE), SCALE, OFFSET, MEAN, VARIANCE], [NORMED], epsilon=1e-3, is_training=False)
SUMS = sum(np.pad(IMAGE ** 2, [(0, 0)] * 3 + [(2, 2)])[..., i:i + 4] for i in range(5))
case("LRN", [In(IMAGE)], IMAGE / (1 + 0.5 * SUMS) ** np.float32(0.75), depth_radius=2, bias=1.0, alpha=0.5, beta=0.75)
for aligned_, half_ in ((False, False), (True, False), (False, True)):
    for count_ in ((14, 5), (3, 20)):
        how = {"align_corners": aligned_, "half_pixel_centers": half_}
        tag = f"_{int(aligned_)}{int(half_)}_{count_[0]}"
        case("ResizeBilinear", [In(IMAGE), np.int32(count_)], bilinear(IMAGE, count_, aligned_, half_),
             "ResizeBilinear" + tag, **how)
        case("ResizeNearestNeighbor", [In(IMAGE), np.int32(count_)], nearest(IMAGE, count_, aligned_, half_),
             "ResizeNearestNeighbor" + tag, **how)
BLOCKS = floats(2, 4, 6, 8)
case("DepthToSpace", [In(BLOCKS)], BLOCKS.reshape(2, 4, 6, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(2, 8, 12, 2),
     block_size=2)
case("SpaceToDepth", [In(BLOCKS)], BLOCKS.reshape(2, 2, 2, 3, 2, 8).transpose(0, 1, 3, 2, 4, 5).reshape(2, 2, 3, 32),
     block_size=2)
PADDED = np.pad(BLOCKS, [(0, 0), (1, 1), (2, 1), (0, 0)])
APART = PADDED.reshape(2, 3, 2, 3, 3, 8).transpose(2, 4, 0, 1, 3, 5).reshape(12, 3, 3, 8)
case("SpaceToBatchND", [In(BLOCKS), np.int32([2, 3]), np.int32([[1, 1], [2, 1]])], APART)
case("BatchToSpaceND", [In(APART), np.int32([2, 3]), np.int32([[1, 1], [2, 1]])], BLOCKS)

# --- places -----------------------------------------------------------------------------------------------------------

case("Reshape", [In(A), np.int32([-1, 12])], A.reshape(-1, 12))
case("Reshape", [In(X, (3, 4)), np.int64([2, 6])], X.reshape(2, 6), "Reshape_fixed")
case("ExpandDims", [In(X), np.int32(1)], X[:, None])
case("ExpandDims", [In(X), np.int32(-1)], X[..., None], "ExpandDims_last")
case("Squeeze", [In(X[:, None])], X, squeeze_dims=[1])
case("Squeeze", [In(X[None, :, None], (1, 3, 1, 4))], X, "Squeeze_all")
case("Transpose", [In(A), np.int32([2, 0, 1])], A.transpose(2, 0, 1))
case("ConcatV2", [In(A), In(2 * A), np.int32(-1)], np.concatenate([A, 2 * A], -1))
case("Concat", [np.int32(1), In(A), In(2 * A)], np.concatenate([A, 2 * A], 1))
case("Pack", [In(X), In(2 * X)], np.stack([X, 2 * X], 1), axis=1)
case("Unpack", [In(X)], [X[:, i] for i in range(4)], axis=1, num=4)
case("Split", [np.int32(1), In(X)], np.split(X, 2, 1), num_split=2)
case("SplitV", [In(X), np.int32([1, -1]), np.int32(1)], [X[:, :1], X[:, 1:]])
case("Tile", [In(X), np.int32([2, 3])], np.tile(X, (2, 3)))
case("Pad", [In(X), np.int32([[1, 0], [2, 3]])], np.pad(X, [(1, 0), (2, 3)]))
case("PadV2", [In(X), np.int32([[1, 0], [2, 3]]), np.float32(9)], np.pad(X, [(1, 0), (2, 3)], constant_values=9))
case("MirrorPad", [In(X), np.int32([[1, 0], [2, 2]])], np.pad(X, [(1, 0), (2, 2)], "reflect"), mode="REFLECT")
case("MirrorPad", [In(X), np.int32([[1, 0], [1, 1]])], np.pad(X, [(1, 0), (1, 1)], "symmetric"), "MirrorPad_sym",
     mode="SYMMETRIC")
case("MirrorPad", [In(X, (-1, -1)), np.int32([[2, 1], [0, X.shape[1]]])],
     np.pad(X, [(2, 1), (0, X.shape[1])], "symmetric"), "MirrorPad_symmetric", mode="SYMMETRIC")
case("ReverseV2", [In(A), np.int32([0, -1])], A[::-1, :, ::-1])
case("Slice", [In(A), np.int32([0, 1, 2]), np.int32([-1, 2, 1])], A[:, 1:3, 2:3])
case("Slice", [In(A), In(np.int32([0, 1, 2])), In(np.int32([-1, 2, 1]))], A[:, 1:3, 2:3], "Slice_open")
S = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0}
case("StridedSlice", [In(A), np.int32([0, 1]), np.int32([2, 3]), np.int32([1, 1])], A[0:2, 1:3], **S)
case("StridedSlice", [In(A), np.int32([0, -1]), np.int32([0, 0]), np.int32([1, -2])], A[:, -1::-2], "StridedSlice_back",
     **{**S, "begin_mask": 1, "end_mask": 3})
case("StridedSlice", [In(A), np.int32([0, 1]), np.int32([0, 2]), np.int32([1, 1])], A[..., 1], "StridedSlice_ellipsis",
     **{**S, "ellipsis_mask": 1, "shrink_axis_mask": 2})
case("StridedSlice", [In(A), np.int32([1, 0, -1]), np.int32([2, 0, 0]), np.int32([1, 1, 1])], A[1, None, -1],
     "StridedSlice_new", **{**S, "new_axis_mask": 2, "shrink_axis_mask": 5})
case("StridedSlice", [In(A), In(np.int32([1, 0]), (2,)), In(np.int32([2, 2]), (2,)), np.int32([1, 1])], A[1, 0:2],
     "StridedSlice_open",
     **{**S, "shrink_axis_mask": 1})
case("Fill", [In(np.int32([2, 3]), (2,)), np.float32(7)], np.full((2, 3), 7, np.float32))
case("BroadcastTo", [In(Y), np.int32([3, 4])], np.broadcast_to(Y, (3, 4)))
case("Range", [In(np.int32(2)), np.int32(11), np.int32(3)], np.int32([2, 5, 8]))
case("Range", [np.int32(5), np.int32(0), np.int32(-2)], np.int32([5, 3, 1]), "Range_known")
HOT = np.float32([[9, 2, 2, 2], [2, 2, 2, 9], [2, 2, 2, 2], [2, 2, 2, 2]])
case("OneHot", [In(np.int32([0, 3, -1, 4])), np.int32(4), np.float32(9), np.float32(2)], HOT, axis=-1)
case("OneHot", [In(np.int64([0, 3, -1, 4])), np.int32(4), np.float32(9), np.float32(2)], HOT.T, "OneHot_first", axis=0)
SQUARE = floats(4, 4)
case("MatrixBandPart", [In(SQUARE), np.int64(-1), np.int64(0)], np.tril(SQUARE))
case("MatrixBandPart", [In(SQUARE), np.int64(1), np.int64(-1)], np.triu(SQUARE, -1), "MatrixBandPart_upper")
case("Shape", [In(A)], np.int32([2, 3, 4]))
case("Shape", [In(A)], np.int64([2, 3, 4]), "Shape_long", out_type=sm.Type(9))
case("ShapeN", [In(A), In(X)], [np.int32([2, 3, 4]), np.int32([3, 4])])
case("Size", [In(A)], np.int32(24))
case("Rank", [In(A)], np.int32(3))

# --- dimensions and indexes -------------------------------------------------------------------------------------------

for op_name, function in [("Mean", np.mean), ("Sum", np.sum), ("Max", np.max), ("Min", np.min), ("Prod", np.prod)]:
    case(op_name, [In(A), np.int32([1, -1])], function(A, (1, 2)))
    case(op_name, [In(A), np.int32(0)], function(A, 0, keepdims=True), op_name + "_keep", keep_dims=True)
case("EuclideanNorm", [In(A), np.int32([2])], np.sqrt((A * A).sum(2)))
case("All", [In(A > -1), np.int32([1])], (A > -1).all(1))
case("Any", [In(A > 1), np.int32([1])], (A > 1).any(1))
case("ArgMax", [In(A), np.int32(1)], A.argmax(1))
case("ArgMin", [In(A), np.int32(-1)], A.argmin(2).astype(np.int32), output_type=sm.Type(3))
ORDER = np.argsort(-X, 1)[:, :2]
case("TopKV2", [In(X), np.int32(2)], [np.take_along_axis(X, ORDER, 1), ORDER.astype(np.int32)])
case("TopK", [In(X)], [np.take_along_axis(X, ORDER, 1), ORDER.astype(np.int32)], k=2)
case("Cumsum", [In(X), np.int32(1)], X.cumsum(1), exclusive=False, reverse=False)
case("Cumsum", [In(X), np.int32(1)], np.hstack([X[:, ::-1].cumsum(1)[:, ::-1][:, 1:], np.zeros((3, 1), np.float32)]),
     "Cumsum_back", exclusive=True, reverse=True)
AT = np.int32([[2, 0], [1, 1]])
case("Gather", [X, In(AT)], X[AT])
case("ResourceGather", [X, In(AT)], X[AT])
case("GatherV2", [In(A), AT, np.int32(1)], A[:, AT])
case("GatherV2", [In(A), AT, np.int32(1)], np.take_along_axis(A, AT[..., None].astype(int), 1), "GatherV2_batch",
     batch_dims=1)
case("GatherNd", [In(A), np.int32([[0, 1], [1, 2]])], A[[0, 1], [1, 2]])
case("ScatterNd", [In(np.int32([[0], [2], [0]])), In(X), np.int32([4, 4])],
     np.stack([X[0] + X[2], 0 * X[0], X[1], 0 * X[0]]))
case("TensorScatterUpdate", [In(X), np.int32([[2], [0]]), np.float32(np.zeros((2, 4)))],
     X * np.float32([0, 1, 0])[:, None])
case("Where", [In(X > 0)], np.argwhere(X > 0).astype(np.int64))
BOXES = np.float32([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]])
SCORES = np.float32([0.9, 0.75, 0.6, 0.95, 0.3])
case("NonMaxSuppressionV2", [In(BOXES), In(SCORES), np.int32(3), np.float32(0.5)], np.int32([3, 0, 4]))
case("NonMaxSuppressionV3", [In(BOXES), In(SCORES), np.int32(3), np.float32(0.5), np.float32(0.5)], np.int32([3, 0]))
case("NonMaxSuppressionV4", [In(BOXES), In(SCORES), np.int32(3), np.float32(0.5), np.float32(0.5)],
     [np.int32([3, 0]), np.int32(2)])
case("NonMaxSuppressionV5", [In(BOXES), In(SCORES), np.int32(3), np.float32(0.5), np.float32(0.5), np.float32(0)],
     [np.int32([3, 0]), np.float32([0.95, 0.9]), np.int32(2)])


def model_of(op, arguments, expected, attributes):
    nodes, inputs, names, feeds = [], {}, [], {}
    for i, argument in enumerate(arguments):
        name = f"a{i}"
        names.append(name)
        if isinstance(argument, In):
            nodes.append(sm.placeholder(name, argument.value.dtype, argument.dims))
            inputs[name] = (name + ":0", sm.type_of(argument.value), argument.dims)
            feeds[name] = argument.value
        else:
            nodes.append(sm.const(name, argument))
    nodes.append(sm.node("op", op, names, **attributes))
    outputs = {f"y{i}": (f"op:{i}", sm.type_of(each), None) for i, each in enumerate(expected)}
    return sm.saved_model(sm.meta_graph(nodes, {"serving_default": sm.signature(inputs, outputs)})), feeds


class Operators(unittest.TestCase):
    def test_give_what_numpy_gives(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, op, arguments, expected, attributes in CASES:
                model, feeds = model_of(op, arguments, expected, attributes)
                with self.subTest(name):
                    answer = RUNNER.ask(sm.write(f"{folder}/{name}", model), feeds)
                    self.assertNotIn("error", answer, answer.get("error"))
                    for i, each in enumerate(expected):
                        got = answer["outputs"][f"y{i}"]
                        apart = difference(got, each)
                        kinds = f"{got.dtype}{got.shape} for {each.dtype}{each.shape}"
                        self.assertLess(apart, TOLERANCE, f"output {i}: {kinds}\n{got}\n{each}")

    def test_each_is_tried(self):
        """The table of what is supported, and the cases above."""
        table = (sm.Path(__file__).parents[2] / "src/backends/tensorflow/operators.cc").read_text()
        supported = set(__import__("re").findall(r'^    \{"(\w+)", Convert', table, __import__("re").MULTILINE))
        tried = {op for _, op, _, _, _ in CASES}
        self.assertEqual(supported - tried - {"ReadVariableOp"}, set())  # that one: models_test.py


if __name__ == "__main__":
    RUNNER = Runner(sys.argv.pop(1))
    try:
        failed = not unittest.main(exit=False).result.wasSuccessful()
    finally:
        RUNNER.close()
    sys.exit(failed)
