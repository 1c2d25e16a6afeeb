// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity_plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>

namespace trireme::bench {
namespace {

Result<uint64_t> ReadBytes(std::string_view metrics, std::string_view name) {
  const std::string sample = std::string(name) + "{device=\"cpu\"}";
  const std::optional<double> bytes = FindSample(metrics, sample);
  constexpr double kMost = 1e18;
  if (bytes && *bytes >= 0 && *bytes <= kMost) return static_cast<uint64_t>(*bytes);
  return Unsupported("the server does not say how much memory its models may use: expected the metric " + sample);
}

std::string NameOf(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  const std::string version = file.parent_path().filename().string();
  if (stem != "model" || version.empty()) return stem;
  const bool is_number = version.find_first_not_of("0123456789") == std::string::npos;
  const std::string folder = is_number ? file.parent_path().parent_path().filename().string() : version;
  return folder.empty() ? stem : folder;
}

// What a server takes in a model's name, whatever a file is called.
std::string Plain(std::string text) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
           c == '.' || c == ' ' || c == '(' || c == ')';
  };
  for (char& c : text) c = is_plain(c) ? c : '_';
  return text;
}

}  // namespace

std::optional<double> FindSample(std::string_view metrics, std::string_view name_and_labels) {
  for (size_t at = 0; at < metrics.size();) {
    const size_t end = std::min(metrics.find('\n', at), metrics.size());
    std::string_view line = metrics.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name_and_labels) || line.substr(name_and_labels.size(), 1) != " ") continue;
    line.remove_prefix(name_and_labels.size() + 1);
    double value = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (error == std::errc()) return value;
  }
  return std::nullopt;
}

Result<ModelMemory> ReadModelMemory(std::string_view metrics) {
  ModelMemory memory;
  ASSIGN_OR_RETURN(memory.budget_bytes, ReadBytes(metrics, "trireme_memory_budget_bytes"));
  ASSIGN_OR_RETURN(memory.used_bytes, ReadBytes(metrics, "trireme_memory_used_bytes"));
  ASSIGN_OR_RETURN(memory.other_bytes, ReadBytes(metrics, "trireme_memory_other_bytes"));
  return memory;
}

bool HasRoomForOneMore(const ModelMemory& memory, uint64_t bytes_a_model) {
  const uint64_t filled = memory.filled_bytes();
  if (static_cast<double>(filled) >= kFilledShare * static_cast<double>(memory.budget_bytes)) return false;
  return bytes_a_model <= memory.budget_bytes - filled;
}

uint64_t DiskBytesNeeded(uint64_t budget_bytes, uint64_t file_bytes) {
  return static_cast<uint64_t>(kFilledShare * static_cast<double>(budget_bytes)) + 2 * file_bytes;
}

std::vector<Stage> UsualStages() {
  std::vector<Stage> stages;
  for (const int users : {1, 2, 5, 10, 20, 50, 100, 200}) {
    stages.push_back({.users = users, .length = std::chrono::seconds(5)});
  }
  return stages;
}

std::vector<std::string> VariantNames(const std::vector<std::string>& files) {
  std::map<std::string, int> times;
  std::vector<std::string> names;
  for (const std::string& file : files) {
    const std::string name = Plain(NameOf(file));
    const int time = ++times[name];
    names.push_back(time == 1 ? name : name + " (" + std::to_string(time) + ")");
  }
  return names;
}

std::string CopyName(std::string_view variant, size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 4 - std::min<size_t>(digits.size(), 4), '0');
  return std::string(variant) + "-" + digits;
}

}  // namespace trireme::bench
