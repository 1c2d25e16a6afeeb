// SPDX-License-Identifier: Apache-2.0
#include "tune/lower_precision.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "bench/report_text.h"
#include "onnxfile/lower_file.h"
#include "onnxfile/output_difference.h"

namespace trireme::tune {
namespace {

namespace fs = std::filesystem;

using Answers = std::vector<kserve::InferResponseMessage>;

// Where the model is to lie: what a server is given, and the ONNX file in it.
struct Place {
  fs::path served;
  fs::path file;
};

// Beside a model in a folder of its own lies what is its own too: config and labels.
Result<Place> MakePlace(const ModelFacts& facts, const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (error) return Unavailable("'" + folder.string() + "' cannot be made: " + error.message());
  if (facts.folder.empty()) {
    const fs::path file = folder / (facts.name + ".onnx");
    return Place{.served = file, .file = file};
  }
  const fs::path served = folder / facts.name;
  fs::create_directories(served / "1", error);
  for (fs::directory_iterator it(facts.folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file()) fs::copy_file(it->path(), served / it->path().filename(), error);
  }
  if (error) return Unavailable("'" + served.string() + "' cannot be made: " + error.message());
  return Place{.served = served, .file = served / "1" / facts.onnx_file.filename()};
}

std::string Summary(const onnxfile::LoweringReport& report) {
  return std::to_string(report.changed_nodes()) + " nodes changed, " + bench::RoughBytes(report.bytes_before) +
         " before and " + bench::RoughBytes(report.bytes_after) + " after";
}

Status Compare(const Answers& expected, const Answers& found, onnxfile::OutputDifference& difference) {
  for (size_t sample = 0; sample < expected.size(); ++sample) {
    for (const NamedTensor& output : expected[sample].outputs) {
      const auto& others = found[sample].outputs;
      const auto other = std::ranges::find(others, output.name, &NamedTensor::name);
      if (other == others.end()) return InvalidArgument("output '" + output.name + "' is missing");
      RETURN_IF_ERROR(difference.Add(output.tensor, other->tensor).Within("output '" + output.name + "'"));
    }
  }
  return {};
}

Result<Answers> AnswersOf(const fs::path& served, const MeasuredModel& model) {
  ASSIGN_OR_RETURN(auto server, CandidateServer::Start(model, {served.string()}));
  return server->Answers();
}

std::string DifferenceText(const onnxfile::OutputDifference& difference, size_t samples) {
  std::string text = "outputs up to " + bench::Short(100 * difference.worst()) + " % of their largest value off";
  if (const std::optional<double> agreement = difference.top1_agreement()) {
    text += ", " + bench::Short(100 * *agreement) + " % of rows with the same largest element";
  }
  return text + ", on " + std::to_string(samples) + (samples == 1 ? " request" : " requests");
}

// One way of converting.
Result<PrecisionTrial> TryOne(const onnxfile::LoweringOptions& how, const ModelFacts& facts, const MeasuredModel& model,
                              const onnxfile::Tolerance& tolerance, const fs::path& folder) {
  PrecisionTrial trial{.precision = how.precision};
  ASSIGN_OR_RETURN(const Place place, MakePlace(facts, folder / onnxfile::Name(how.precision)));
  const auto lowered = onnxfile::LowerFile(facts.onnx_file, place.file, how);
  if (!lowered.ok()) {
    trial.refusal = lowered.status().message();
    return trial;
  }
  trial.file = place.served;
  trial.summary = Summary(*lowered);
  ASSIGN_OR_RETURN(const Answers expected, AnswersOf(facts.path, model));
  const Result<Answers> found = AnswersOf(place.served, model);
  if (found.status().code() == StatusCode::kCancelled) return found.status();
  onnxfile::OutputDifference difference;
  const Status compared = found.ok() ? Compare(expected, *found, difference) : found.status();
  if (!compared.ok()) {
    trial.refusal = compared.message();
    return trial;
  }
  trial.summary += "; " + DifferenceText(difference, expected.size());
  trial.refusal = onnxfile::WhyTooFar(difference, tolerance);
  return trial;
}

}  // namespace

Result<PrecisionTrial> TryPrecision(Precision precision, const ModelFacts& facts, const MeasuredModel& model,
                                    const onnxfile::Tolerance& tolerance, const fs::path& folder) {
  if (facts.onnx_file.empty()) {
    return PrecisionTrial{.precision = precision, .refusal = "only ONNX models can be had in another precision"};
  }
  onnxfile::LoweringOptions how{.precision = precision};
  ASSIGN_OR_RETURN(PrecisionTrial trial, TryOne(how, facts, model, tolerance, folder));
  // What is too far off may be sums that overflow, on processors that add products of 8 bits in 16.
  if (precision != Precision::kInt8 || trial.refusal.empty() || trial.file.empty()) return trial;
  how.reduced_range = true;
  ASSIGN_OR_RETURN(PrecisionTrial reduced, TryOne(how, facts, model, tolerance, folder));
  if (!reduced.refusal.empty()) return trial;
  reduced.summary += " (weights of 7 bits)";
  return reduced;
}

}  // namespace trireme::tune
