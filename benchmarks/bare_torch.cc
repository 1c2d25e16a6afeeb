// SPDX-License-Identifier: Apache-2.0
// bare_torch MODEL SHAPE [--callers N] [--threads T] [--seconds S] [--optimize plain|freeze|ofi] [--list 0|1]
// [--library FILE]
//
// What libtorch alone makes of a TorchScript module, in process and without a server: N callers run one module, T
// threads a run, each as fast as it can, on random FP32 input of SHAPE (as in 1x3x224x224). `--list 1` for detectors,
// which take a list of pictures; `--library FILE` is opened first, for its operators. Prints one JSON object.
#include <torch/script.h>

#include <ATen/Parallel.h>

#include <dlfcn.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bare.h"

namespace {

using trireme::bare::Load;

struct Options {
  std::string model;
  std::vector<int64_t> shape;
  Load load;
  std::string optimize = "plain";
  bool list = false;
  std::string library;
};

std::vector<int64_t> ParseShape(const std::string& text) {
  std::vector<int64_t> shape;
  std::istringstream in(text);
  for (std::string dim; std::getline(in, dim, 'x');) shape.push_back(std::stol(dim));
  return shape;
}

Options ParseOptions(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2 || arguments.size() % 2 != 0) {
    throw std::invalid_argument("usage: bare_torch MODEL SHAPE " + std::string(trireme::bare::kLoadUsage) +
                                " [--optimize plain|freeze|ofi] [--list 0|1] [--library FILE]");
  }
  Options options{.model = arguments[0], .shape = ParseShape(arguments[1])};
  for (size_t i = 2; i < arguments.size(); i += 2) {
    const std::string& value = arguments[i + 1];
    if (Read(arguments[i], value, options.load)) continue;
    if (arguments[i] == "--optimize") {
      options.optimize = value;
    } else if (arguments[i] == "--list") {
      options.list = value != "0";
    } else if (arguments[i] == "--library") {
      options.library = value;
    } else {
      throw std::invalid_argument("unknown option " + arguments[i]);
    }
  }
  return options;
}

torch::jit::Module OpenModel(const Options& options) {
  if (!options.library.empty() && dlopen(options.library.c_str(), RTLD_NOW) == nullptr) {
    throw std::runtime_error(dlerror());
  }
  torch::jit::Module module = torch::jit::load(options.model);
  module.eval();
  if (options.optimize == "freeze") return torch::jit::freeze(module);
  return options.optimize == "ofi" ? torch::jit::optimize_for_inference(module) : module;
}

std::vector<c10::IValue> MakeInputs(const Options& options) {
  const torch::Tensor batch = torch::rand(options.shape);
  if (!options.list) return {batch};
  c10::List<torch::Tensor> pictures;
  for (const torch::Tensor& picture : batch.unbind()) pictures.push_back(picture);
  return {pictures};
}

void Measure(const Options& options) {
  torch::jit::Module module = OpenModel(options);
  const double items = options.shape.empty() ? 1 : static_cast<double>(options.shape.front());
  trireme::bare::MeasureRuns(options.load, items, [&](int) -> std::function<void()> {
    (void)at::get_num_threads();
    at::set_num_threads(options.load.threads);
    return [&module, inputs = MakeInputs(options)] {
      const c10::InferenceMode inference;
      module.forward(inputs);
    };
  });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Measure(ParseOptions({argv + 1, argv + argc}));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bare_torch: " << error.what() << '\n';
    return 1;
  }
}
