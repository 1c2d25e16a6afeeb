// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/trimmed.h"

namespace trireme::trees {
namespace {

constexpr size_t kMaxShownBytes = 64;

// FIL's: how it runs a model, or what kind of file it is, which the file says itself.
constexpr std::array<std::string_view, 11> kOfFil = {"model_type",
                                                     "storage_type",
                                                     "algo",
                                                     "blocks_per_sm",
                                                     "threads_per_tree",
                                                     "transfer_threshold",
                                                     "chunk_size",
                                                     "layout",
                                                     "use_experimental_optimizations",
                                                     "cpu_nthread",
                                                     "xgboost_allow_unknown_field"};

Status Wrong(std::string_view key, std::string_view expected, std::string_view found) {
  return InvalidArgument("parameters[\"" + std::string(key) + "\"]: expected " + std::string(expected) + ", found " +
                         Excerpt(found, kMaxShownBytes));
}

Result<bool> ReadBool(std::string_view key, std::string_view text) {
  if (text == "1" || SameIgnoringCase(text, "true")) return true;
  if (text == "0" || SameIgnoringCase(text, "false")) return false;
  return Wrong(key, "true or false", text);
}

Result<float> ReadThreshold(std::string_view key, std::string_view text) {
  float number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number == number) return number;
  return Wrong(key, "a number", text);
}

Status ReadExtraOutputs(std::string_view key, std::string_view text, Settings& settings) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view name = Trimmed(text.substr(begin, end - begin), " ");
    if (name == "margin") {
      settings.gives_margins = true;
    } else if (name == "leaf") {
      settings.gives_leaf_ids = true;
    } else if (name == "probabilities") {
      settings.gives_probabilities = true;
    } else {
      return Wrong(key, "some of margin, leaf and probabilities, with commas between them", text);
    }
    begin = end + 1;
  }
  return {};
}

// What FIL's parameters say together.
struct Fil {
  std::optional<bool> is_classifier = {};
  bool probabilities = false;
  float threshold = 0.5F;
};

Status ReadSetting(const std::string& key, const std::string& text, Settings& settings, Fil& fil) {
  if (key == "instruction_set") {
    Result<InstructionSet> set = ParseInstructionSet(text);
    if (!set.ok()) return InvalidArgument("parameters[\"" + key + "\"]: " + set.status().message());
    settings.instruction_set = *set;
  } else if (key == "all_iterations") {
    ASSIGN_OR_RETURN(settings.all_iterations, ReadBool(key, text));
  } else if (key == "extra_outputs") {
    RETURN_IF_ERROR(ReadExtraOutputs(key, text, settings));
  } else if (key == "is_classifier" || key == "output_class") {
    ASSIGN_OR_RETURN(fil.is_classifier, ReadBool(key, text));
  } else if (key == "predict_proba") {
    ASSIGN_OR_RETURN(fil.probabilities, ReadBool(key, text));
  } else if (key == "threshold") {
    ASSIGN_OR_RETURN(fil.threshold, ReadThreshold(key, text));
  } else if (std::ranges::find(kOfFil, key) == kOfFil.end()) {
    settings.ignored.push_back(key.substr(0, kMaxShownBytes));
  }
  return {};
}

}  // namespace

Result<Settings> ReadSettings(const OpenOptions& options) {
  Settings settings{.instruction_set = BestInstructionSet()};
  Fil fil;
  for (const auto& [key, text] : options.runtime_parameters) {
    RETURN_IF_ERROR(ReadSetting(key, text, settings, fil));
  }
  // Somebody who asks for probabilities has a classifier.
  if (fil.is_classifier.value_or(fil.probabilities)) {
    settings.classifier = Settings::Classifier{.probabilities = fil.probabilities, .threshold = fil.threshold};
  }
  return settings;
}

}  // namespace trireme::trees
