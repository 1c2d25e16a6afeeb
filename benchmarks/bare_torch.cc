// SPDX-License-Identifier: Apache-2.0
// bare_torch MODEL SHAPE [--callers N] [--threads T] [--seconds S] [--optimize plain|freeze|ofi]
//
// What libtorch alone makes of a TorchScript module, in process and without a server: N callers run one module, T
// threads a run, each as fast as it can, on random FP32 input of SHAPE (as in 1x3x224x224). Prints one JSON object; CPU
// time is the process's.
#include <torch/script.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::string model;
  std::vector<int64_t> shape;
  int callers = 1;
  int threads = 1;
  double seconds = 3;
  std::string optimize = "plain";
};

std::vector<int64_t> ParseShape(const std::string& text) {
  std::vector<int64_t> shape;
  std::istringstream in(text);
  for (std::string dim; std::getline(in, dim, 'x');) shape.push_back(std::stol(dim));
  return shape;
}

Options ParseOptions(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2 || arguments.size() % 2 != 0) {
    throw std::invalid_argument(
        "usage: bare_torch MODEL SHAPE [--callers N] [--threads T] [--seconds S] [--optimize plain|freeze|ofi]");
  }
  Options options{.model = arguments[0], .shape = ParseShape(arguments[1])};
  for (size_t i = 2; i < arguments.size(); i += 2) {
    const std::string& value = arguments[i + 1];
    if (arguments[i] == "--callers") {
      options.callers = std::clamp(std::stoi(value), 1, 1024);
    } else if (arguments[i] == "--threads") {
      options.threads = std::clamp(std::stoi(value), 1, 1024);
    } else if (arguments[i] == "--seconds") {
      options.seconds = std::clamp(std::stod(value), 0.1, 600.0);
    } else if (arguments[i] == "--optimize") {
      options.optimize = value;
    } else {
      throw std::invalid_argument("unknown option " + arguments[i]);
    }
  }
  return options;
}

torch::jit::Module OpenModel(const Options& options) {
  torch::jit::Module module = torch::jit::load(options.model);
  module.eval();
  if (options.optimize == "freeze") return torch::jit::freeze(module);
  return options.optimize == "ofi" ? torch::jit::optimize_for_inference(module) : module;
}

double CpuSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Runs for a second to warm up, then notes how long each takes.
std::vector<double> RunUntil(torch::jit::Module module, const Options& options, SteadyClock::time_point measure_from,
                             SteadyClock::time_point end) {
  (void)at::get_num_threads();
  at::set_num_threads(options.threads);
  const c10::InferenceMode inference;
  const std::vector<c10::IValue> inputs = {torch::rand(options.shape)};
  std::vector<double> microseconds;
  for (auto begin = SteadyClock::now(); begin < end;) {
    module.forward(inputs);
    const auto now = SteadyClock::now();
    if (begin >= measure_from) {
      microseconds.push_back(std::chrono::duration<double, std::micro>(now - begin).count());
    }
    begin = now;
  }
  return microseconds;
}

void Measure(const Options& options) {
  const torch::jit::Module module = OpenModel(options);
  const auto measure_from = SteadyClock::now() + std::chrono::seconds(1);
  const auto end =
      measure_from + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(options.seconds));
  std::vector<std::vector<double>> taken(static_cast<size_t>(options.callers));
  std::vector<std::thread> callers;
  for (std::vector<double>& mine : taken) {
    callers.emplace_back([&] { mine = RunUntil(module, options, measure_from, end); });
  }
  std::this_thread::sleep_until(measure_from);
  const double cpu_before = CpuSeconds();
  for (std::thread& caller : callers) caller.join();
  const double cpu = CpuSeconds() - cpu_before;
  std::vector<double> all;
  for (const std::vector<double>& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  if (all.empty()) throw std::runtime_error("no run ended in that time");
  std::sort(all.begin(), all.end());
  const auto runs = static_cast<double>(all.size());
  const double items = runs * static_cast<double>(options.shape.empty() ? 1 : options.shape.front());
  std::cout << "{\"items_per_second\":" << items / options.seconds << ",\"p50_us\":" << all[all.size() / 2]
            << ",\"p99_us\":" << all[all.size() * 99 / 100] << ",\"cpu_us_per_item\":" << cpu * 1e6 / items << "}\n";
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
