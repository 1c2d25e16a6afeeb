// SPDX-License-Identifier: Apache-2.0
#include "predict/journal.h"

#include <nlohmann/json.hpp>

namespace trireme::predict {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

// Exceptions of the library end here: a member that is missing or of another type is no journal.
template <typename Read>
bool Reads(const Read& read) {
  try {
    read();
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

json ToJson(const BadRow& row) {
  return {{"place", row.place}, {"problem", row.problem}};
}

bool ReadMilestone(const json& line, Milestone& milestone) {
  const bool reads = Reads([&] {
    milestone.rows_read = line.at("rows_read").get<int64_t>();
    milestone.rows_written = line.at("rows_written").get<int64_t>();
    milestone.bytes = line.at("bytes").get<uint64_t>();
    milestone.parts = line.at("parts").get<int64_t>();
    milestone.checksums = line.at("checksums").get<Checksums>();
    milestone.bad_count = line.at("bad_count").get<uint64_t>();
    for (const json& row : line.at("bad")) {
      if (milestone.first_bad.size() >= kMostToldRows) break;
      milestone.first_bad.push_back({row.at("place").get<std::string>(), row.at("problem").get<std::string>()});
    }
  });
  constexpr int64_t kMostParts = 1'000'000;
  return reads && milestone.rows_read >= 0 && milestone.rows_written >= 0 && milestone.parts >= 0 &&
         milestone.parts <= kMostParts && milestone.rows_written <= milestone.rows_read;
}

bool ReadReady(const json& line, std::string& file) {
  std::string name;
  if (!Reads([&] { name = line.at("ready").get<std::string>(); })) return false;
  if (name.empty() || name.find('/') != std::string::npos) return false;
  file = std::move(name);
  return true;
}

}  // namespace

std::string HeadLine(const Identity& identity) {
  const json line = {{"trireme_predict", kVersion}, {"identity", identity}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string MilestoneLine(const Milestone& milestone, size_t told) {
  json bad = json::array();
  for (size_t i = told; i < milestone.first_bad.size(); ++i) bad.push_back(ToJson(milestone.first_bad[i]));
  const json line = {{"rows_read", milestone.rows_read},
                     {"rows_written", milestone.rows_written},
                     {"bytes", milestone.bytes},
                     {"parts", milestone.parts},
                     {"checksums", milestone.checksums},
                     {"bad_count", milestone.bad_count},
                     {"bad", std::move(bad)}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string ReadyLine(const std::string& file) {
  return json{{"ready", file}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<JournalContents> ReadJournal(std::string_view text) {
  JournalContents contents;
  bool has_head = false;
  while (true) {
    const size_t end = text.find('\n', contents.bytes);
    if (end == std::string_view::npos) break;
    const json line =
        json::parse(text.substr(contents.bytes, end - contents.bytes), nullptr, /*allow_exceptions=*/false);
    if (!has_head) {
      int version = 0;
      const bool reads = Reads([&] {
        version = line.at("trireme_predict").get<int>();
        contents.identity = line.at("identity").get<Identity>();
      });
      if (!reads || version != kVersion) return InvalidArgument("expected a journal of 'trireme predict'");
      has_head = true;
    } else if (!ReadReady(line, contents.ready)) {
      Milestone milestone;
      if (contents.milestone) milestone.first_bad = contents.milestone->first_bad;
      if (!ReadMilestone(line, milestone)) break;
      contents.milestone = std::move(milestone);
      contents.ready.clear();
    }
    contents.bytes = end + 1;
  }
  if (!has_head) return InvalidArgument("expected a journal of 'trireme predict', found none");
  return contents;
}

std::string Difference(const Identity& before, const Identity& now) {
  const auto value = [](const Identity& identity, const std::string& key) {
    const auto found = identity.find(key);
    return found == identity.end() ? std::string() : found->second;
  };
  Identity all = before;
  all.insert(now.begin(), now.end());
  std::string text;
  for (const auto& [key, ignored] : all) {
    const std::string was = value(before, key);
    const std::string is = value(now, key);
    if (was != is) text += (text.empty() ? "" : ", ") + (key + " was '" + was + "', is '" + is + "'");
  }
  return text;
}

}  // namespace trireme::predict
