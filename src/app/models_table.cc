// SPDX-License-Identifier: Apache-2.0
#include "app/models_table.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "app/rough_quantity.h"
#include "app/text_table.h"
#include "base/log.h"

namespace trireme {
namespace {

using admin::MemoryEntry;
using admin::ModelEntry;

const std::string kNothing = "-";

bool IsInMemory(const ModelEntry& model) {
  return model.origin.has_value();
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ",") + PlainText(text);
  return joined.empty() ? kNothing : joined;
}

std::string StateOf(const ModelEntry& model) {
  return PlainText(model.state) + (model.pinned ? ", pinned" : "");
}

// What it will take is told apart from what it takes.
std::string MemoryOf(const ModelEntry& model) {
  if (model.memory_bytes == 0 || (model.state == "failed" && !IsInMemory(model))) return kNothing;
  return (IsInMemory(model) ? "" : "~") + RoughBytes(model.memory_bytes);
}

std::string LastUseOf(const ModelEntry& model) {
  if (!model.since_last_use) return "never";
  const std::string age = RoughAge(*model.since_last_use);
  return age == "now" ? age : age + " ago";
}

// Of what was never loaded nobody knows since when.
std::string AgeOf(const ModelEntry& model, admin::WallTime now) {
  return model.since == admin::WallTime() ? kNothing : RoughAge(now - model.since);
}

// Enough of it to tell two apart: "sha256:00ff12ab34cd".
std::string ShortDigest(const std::string& digest) {
  constexpr size_t kShown = 12;
  const size_t colon = digest.find(':');
  const size_t begin = colon == std::string::npos ? 0 : colon + 1;
  return digest.empty() ? kNothing : PlainText(digest.substr(0, begin + kShown));
}

void AddOrigin(const ModelEntry& model, std::vector<std::string>& row) {
  row.push_back(model.device.empty() ? kNothing : PlainText(model.device));
  row.push_back(std::to_string(model.requests));
  if (!model.origin) {
    row.insert(row.end(), {kNothing, kNothing, kNothing});
    return;
  }
  row.insert(row.end(),
             {RoughTime(model.origin->load_took), ShortDigest(model.origin->digest), PlainText(model.origin->source)});
}

const std::string& RemarkOf(const ModelEntry& model, bool wide) {
  return wide && model.reason.empty() ? model.note : model.reason;
}

std::vector<std::string> Row(const ModelEntry& model, admin::WallTime now, bool wide) {
  std::vector<std::string> row = {PlainText(model.name), model.version > 0 ? std::to_string(model.version) : kNothing,
                                  StateOf(model),        Joined(model.labels),
                                  MemoryOf(model),       model.p99 ? RoughTime(*model.p99) : kNothing,
                                  LastUseOf(model),      AgeOf(model, now)};
  if (wide) AddOrigin(model, row);
  row.push_back(PlainText(RemarkOf(model, wide)));
  return row;
}

std::vector<std::string> Header(const std::vector<ModelEntry>& models, bool wide) {
  std::vector<std::string> header = {"NAME", "VERSION", "STATE", "LABELS", "MEMORY", "P99", "LAST USE", "AGE"};
  if (wide) header.insert(header.end(), {"DEVICE", "REQUESTS", "LOADED IN", "DIGEST", "SOURCE"});
  if (std::ranges::any_of(models, [&](const ModelEntry& model) { return !RemarkOf(model, wide).empty(); })) {
    header.emplace_back("REASON");
  }
  return header;
}

// "13 ready, 27 on demand, 1 failed"
std::string Summary(const std::vector<ModelEntry>& models) {
  std::map<std::string, int> counts;
  for (const ModelEntry& model : models) ++counts[model.state];
  std::string text;
  const auto add = [&](const std::string& state) {
    const auto found = counts.find(state);
    if (found == counts.end()) return;
    text += (text.empty() ? "" : ", ") + std::to_string(found->second) + " " + PlainText(state);
    counts.erase(found);
  };
  add("ready");
  add("on demand");
  const auto failed = counts.extract("failed");
  while (!counts.empty()) add(std::string(counts.begin()->first));
  if (!failed.empty()) text += (text.empty() ? "" : ", ") + std::to_string(failed.mapped()) + " failed";
  return text;
}

// "Memory of cpu: 1.2 GiB by models, 3.0 MiB by all else, 15 % of the budget of 8.0 GiB"
std::string MemoryLine(const MemoryEntry& memory) {
  std::string line = "Memory of " + PlainText(memory.device) + ": " + RoughBytes(memory.used_bytes) + " by models, " +
                     RoughBytes(memory.other_bytes) + " by all else";
  if (memory.budget_bytes == 0) return line + "; there is no budget";
  const double used = static_cast<double>(memory.used_bytes) + static_cast<double>(memory.other_bytes);
  const auto percent = static_cast<int64_t>(used * 100 / static_cast<double>(memory.budget_bytes));
  return line + "; " + std::to_string(percent) + " % of the budget of " + RoughBytes(memory.budget_bytes);
}

}  // namespace

std::string ModelsTable(const admin::Listing& listing, admin::WallTime now, const ModelsTableStyle& style) {
  std::string text;
  const auto add = [&](const std::string& line) { text += CutToFit(line, style.columns) + "\n"; };
  if (listing.models.empty() && style.summary) {
    add("There are no models.");
  } else if (!listing.models.empty()) {
    std::vector<std::vector<std::string>> rows = {Header(listing.models, style.wide)};
    for (const ModelEntry& model : listing.models) rows.push_back(Row(model, now, style.wide));
    for (const std::string& line : Aligned(rows)) add(line);
  }
  for (const MemoryEntry& memory : listing.memory) add(MemoryLine(memory));
  if (style.summary && !listing.models.empty()) add(Summary(listing.models));
  return text;
}

std::string DescribeModel(const ModelEntry& model) {
  std::string line = PlainText(model.name);
  if (model.version > 0) line += " version " + std::to_string(model.version);
  line += ": " + StateOf(model);
  if (!model.reason.empty()) return line + " (" + PlainText(model.reason) + ")";
  if (!model.origin) return line;
  if (model.memory_bytes > 0) line += ", " + RoughBytes(model.memory_bytes);
  return line + ", loaded in " + RoughTime(model.origin->load_took);
}

}  // namespace trireme
