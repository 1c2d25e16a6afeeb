// SPDX-License-Identifier: Apache-2.0
#pragma once

// libtorch's own headers, for all who need them. They bring a macro CHECK that is not ours.
#pragma push_macro("CHECK")
#undef CHECK
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/List.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>
#include <torch/version.h>
#undef CHECK
#pragma pop_macro("CHECK")
