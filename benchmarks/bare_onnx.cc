// SPDX-License-Identifier: Apache-2.0
// bare_onnx MODEL [--callers N] [--threads T] [--seconds S] [--spin 0|1] [--jpeg FILE] [--loads N] [--against OTHER]
//
// What ONNX Runtime alone makes of a model, in process and without a server: N callers run one session of T threads a
// run, each as fast as it can, on random input (free dimensions are 1). Prints one JSON object. `--spin 0` switches off
// the runtime's busy waiting, which is on by default. With `--jpeg FILE` libjpeg-turbo decodes that photo in full
// before each run, as a client would have to; what then would make it the model's input is left out. `--loads N`
// instead loads the model N times, runs it once each time, and says how long either took. `--against OTHER` instead
// runs the model and another one in turn, with one caller, and says how fast it is against that one.
#ifndef ORT_API_MANUAL_INIT
#define ORT_API_MANUAL_INIT
#endif
#include <onnxruntime_cxx_api.h>

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs it
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <jpeglib.h>

#include "bare.h"

namespace {

using trireme::bare::Load;
using trireme::bare::SteadyClock;

struct Options {
  std::string model;
  Load load;
  bool spin = true;
  std::string jpeg;   // the file's bytes; empty: none is decoded
  int loads = 0;      // 0: measure runs
  std::string other;  // model; empty: there is none
};

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::invalid_argument("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Options ParseOptions(const std::vector<std::string>& arguments) {
  if (arguments.size() % 2 != 1) {
    throw std::invalid_argument("usage: bare_onnx MODEL " + std::string(trireme::bare::kLoadUsage) +
                                " [--spin 0|1] [--jpeg FILE] [--loads N] [--against OTHER]");
  }
  Options options{.model = arguments[0]};
  for (size_t i = 1; i < arguments.size(); i += 2) {
    const std::string& value = arguments[i + 1];
    if (Read(arguments[i], value, options.load)) continue;
    if (arguments[i] == "--spin") {
      options.spin = value != "0";
    } else if (arguments[i] == "--jpeg") {
      options.jpeg = Contents(value);
    } else if (arguments[i] == "--loads") {
      options.loads = std::clamp(std::stoi(value), 1, 1000);
    } else if (arguments[i] == "--against") {
      options.other = value;
    } else {
      throw std::invalid_argument("unknown option " + arguments[i]);
    }
  }
  return options;
}

// Its errors end the program, as libjpeg does of itself.
void DecodeInFull(const std::string& file) {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&jpeg, TRUE);
  jpeg.out_color_space = JCS_RGB;
  jpeg_start_decompress(&jpeg);
  const size_t row_bytes = size_t{3} * jpeg.output_width;
  const std::unique_ptr<JSAMPLE[]> pixels(new JSAMPLE[row_bytes * jpeg.output_height]);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = pixels.get() + row_bytes * jpeg.output_scanline;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
}

// Beside this program, as for the server's plug-in, or where ONNXRUNTIME_ROOT says.
void OpenRuntime() {
  const char* root = std::getenv("ONNXRUNTIME_ROOT");
  const std::filesystem::path folder = root != nullptr && *root != '\0'
                                           ? std::filesystem::path(root) / "lib"
                                           : std::filesystem::read_symlink("/proc/self/exe").parent_path();
  void* library = dlopen((folder / "libonnxruntime.so.1").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  const auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (get_base == nullptr) throw std::runtime_error("no OrtGetApiBase in the library");
  Ort::InitApi(get_base()->GetApi(ORT_API_VERSION));
}

Ort::Session OpenModel(const Ort::Env& env, const Options& options, const std::string& model) {
  Ort::SessionOptions session;
  session.SetIntraOpNumThreads(options.load.threads);
  session.SetInterOpNumThreads(1);
  session.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  if (!options.spin) session.AddConfigEntry("session.intra_op.allow_spinning", "0");
  return Ort::Session(env, model.c_str(), session);
}

// One caller's inputs, which stay the same.
class Caller {
 public:
  Caller(Ort::Session& session, unsigned seed) : session_(session) {
    Ort::AllocatorWithDefaultOptions allocator;
    std::mt19937 random(seed);
    for (size_t i = 0; i < session.GetInputCount(); ++i) {
      input_names_.push_back(session.GetInputNameAllocated(i, allocator).get());
      AddInput(session.GetInputTypeInfo(i).GetTensorTypeAndShapeInfo(), random);
    }
    for (size_t i = 0; i < session.GetOutputCount(); ++i) {
      output_names_.push_back(session.GetOutputNameAllocated(i, allocator).get());
    }
  }

  void Run() {
    const std::vector<const char*> inputs = Pointers(input_names_);
    const std::vector<const char*> outputs = Pointers(output_names_);
    session_.Run(Ort::RunOptions(), inputs.data(), inputs_.data(), inputs_.size(), outputs.data(), outputs.size());
  }

 private:
  void AddInput(const Ort::ConstTensorTypeAndShapeInfo& info, std::mt19937& random) {
    if (info.GetElementType() != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
      throw std::runtime_error("only FP32 inputs are measured here");
    }
    std::vector<int64_t> shape = info.GetShape();
    for (int64_t& dim : shape) dim = std::max<int64_t>(dim, 1);
    Ort::AllocatorWithDefaultOptions allocator;
    Ort::Value& value = inputs_.emplace_back(Ort::Value::CreateTensor<float>(allocator, shape.data(), shape.size()));
    const size_t count = value.GetTensorTypeAndShapeInfo().GetElementCount();
    std::uniform_real_distribution<float> unit;
    std::generate_n(value.GetTensorMutableData<float>(), count, [&] { return unit(random); });
  }

  static std::vector<const char*> Pointers(const std::vector<std::string>& names) {
    std::vector<const char*> pointers;
    for (const std::string& name : names) pointers.push_back(name.c_str());
    return pointers;
  }

  Ort::Session& session_;
  std::vector<std::string> input_names_, output_names_;
  std::vector<Ort::Value> inputs_;
};

double MillisecondsSince(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
}

std::string Listed(const std::vector<double>& numbers) {
  std::string text = "[";
  for (const double number : numbers) text += (text.size() > 1 ? "," : "") + std::to_string(number);
  return text + "]";
}

void MeasureLoads(const Ort::Env& env, const Options& options) {
  std::vector<double> load_ms, first_run_ms;
  for (int i = 0; i < options.loads; ++i) {
    const auto begin = SteadyClock::now();
    Ort::Session session = OpenModel(env, options, options.model);
    load_ms.push_back(MillisecondsSince(begin));
    Caller caller(session, 0);
    const auto loaded = SteadyClock::now();
    caller.Run();
    first_run_ms.push_back(MillisecondsSince(loaded));
  }
  std::cout << "{\"load_ms\":" << Listed(load_ms) << ",\"first_run_ms\":" << Listed(first_run_ms) << "}\n";
}

void MeasureRuns(const Ort::Env& env, const Options& options) {
  Ort::Session session = OpenModel(env, options, options.model);
  trireme::bare::MeasureRuns(options.load, 1, [&](int number) -> std::function<void()> {
    const auto caller = std::make_shared<Caller>(session, static_cast<unsigned>(number));
    return [&options, caller] {
      if (!options.jpeg.empty()) DecodeInFull(options.jpeg);
      caller->Run();
    };
  });
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// One run of the one, one of the other: whatever else the machine does meets both.
void Compare(const Ort::Env& env, const Options& options) {
  Ort::Session session = OpenModel(env, options, options.model);
  Ort::Session other_session = OpenModel(env, options, options.other);
  Caller caller(session, 0);
  Caller other(other_session, 0);
  std::vector<double> taken_ms, other_ms, ratios;
  const auto seconds = std::chrono::duration<double>(options.load.seconds);
  constexpr int kWarmUp = 3;
  for (auto begin = SteadyClock::now(); ratios.empty() || SteadyClock::now() - begin < seconds;) {
    auto from = SteadyClock::now();
    caller.Run();
    taken_ms.push_back(MillisecondsSince(from));
    from = SteadyClock::now();
    other.Run();
    other_ms.push_back(MillisecondsSince(from));
    if (taken_ms.size() > kWarmUp) ratios.push_back(other_ms.back() / taken_ms.back());
  }
  std::cout << "{\"runs\":" << ratios.size() << ",\"p50_ms\":" << Median(taken_ms)
            << ",\"other_p50_ms\":" << Median(other_ms) << ",\"speed\":" << Median(ratios) << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = ParseOptions({argv + 1, argv + argc});
    OpenRuntime();
    const Ort::Env env(ORT_LOGGING_LEVEL_WARNING, "bare_onnx");
    if (!options.other.empty()) {
      Compare(env, options);
    } else {
      options.loads > 0 ? MeasureLoads(env, options) : MeasureRuns(env, options);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bare_onnx: " << error.what() << '\n';
    return 1;
  }
}
