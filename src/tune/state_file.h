// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnxfile/precision.h"
#include "tune/visit.h"

namespace trireme::tune {

// What became of a model in lower precision, before its candidates were measured.
struct PrecisionTrial {
  onnxfile::Precision precision = onnxfile::Precision::kInt8;
  std::string file;     // the model that was made; empty: none was
  std::string summary;  // what was changed, and how far the outputs are off: a sentence
  std::string refusal;  // why its candidates are not measured; empty: they are

  bool operator==(const PrecisionTrial&) const = default;
};

// What a search has found out so far, in the order in which it did.
struct SearchState {
  std::vector<PrecisionTrial> trials;
  std::vector<Visit> visits;

  bool operator==(const SearchState&) const = default;
};

// By what two searches are told apart: "model" -> digest, "slo" -> "p99=100ms".
using SearchIdentity = std::map<std::string, std::string>;

// The file in which a search writes down what it measures, so that it can go on after whatever ended it: a JSON object
// a line, the identity first. Not thread-safe.
class StateFile {
 public:
  // Opens it, and reads what is in it. kInvalidArgument: it is of another search, and in what they differ; or it is no
  // such file. A last line that is cut off counts as not written. kUnavailable: it cannot be written. `restart`: what
  // is in it does not count.
  static Result<StateFile> Open(const std::filesystem::path& file, const SearchIdentity& identity, bool restart);

  const SearchState& state() const { return state_; }
  Status Add(const PrecisionTrial& trial);
  Status Add(const Visit& visit);

 private:
  StateFile(std::filesystem::path file, SearchState state) : file_(std::move(file)), state_(std::move(state)) {}

  Status Append(const std::string& line) const;

  std::filesystem::path file_;
  SearchState state_;
};

// The pieces.
//
// Lines, with their newline.
std::string EncodeIdentity(const SearchIdentity& identity);
std::string Encode(const PrecisionTrial& trial);
std::string Encode(const Visit& visit);
struct StateText {
  SearchIdentity identity;
  SearchState state;
  size_t bytes = 0;  // up to the last whole line
};
// Any bytes may come. kInvalidArgument names the line.
Result<StateText> DecodeState(std::string_view text);

}  // namespace trireme::tune
