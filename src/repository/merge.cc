// SPDX-License-Identifier: Apache-2.0
#include "repository/merge.h"

#include <algorithm>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "repository/model_name.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

bool SameFile(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return a == b || (fs::equivalent(a, b, error) && !error);
}

// Candidates without a name of use keep none.
void CheckNames(std::vector<Candidate>& candidates) {
  for (Candidate& candidate : candidates) {
    if (candidate.name.empty()) continue;
    Status named = CheckModelName(candidate.name);
    if (named.ok()) continue;
    candidate.name.clear();
    candidate.status = std::move(named).Within(Quoted(candidate.path.string()));
  }
}

// A path that was given twice, or lies in a folder that was given too, is one place.
std::vector<Candidate> WithoutRepeats(std::span<Candidate> same_name) {
  std::vector<Candidate> places;
  for (Candidate& candidate : same_name) {
    const bool known = std::any_of(places.begin(), places.end(), [&](const Candidate& place) {
      return place.status.ok() == candidate.status.ok() && SameFile(place.path, candidate.path);
    });
    if (!known) places.push_back(std::move(candidate));
  }
  return places;
}

// A model beside files of it that nobody runs: the model it is.
void GiveWay(std::vector<Candidate>& places) {
  const auto unserved = [](const Candidate& place) { return place.status.code() == StatusCode::kUnsupported; };
  const auto served = std::find_if(places.begin(), places.end(), [](const Candidate& p) { return p.status.ok(); });
  if (served == places.end()) return;
  for (const Candidate& place : places) {
    if (unserved(place)) served->notes.push_back("passed over: " + place.status.message());
  }
  std::erase_if(places, unserved);
}

Status SeveralPlaces(const std::vector<Candidate>& places) {
  std::string message = "model " + Quoted(places.front().name) + " is found in " + std::to_string(places.size()) +
                        " places, so it is served from none: ";
  for (const Candidate& place : places) {
    if (&place != &places.front()) message += " and ";
    message += Quoted(place.path.string());
    if (!place.status.ok()) message += " (" + place.status.message() + ")";
  }
  return {StatusCode::kAlreadyExists, std::move(message)};
}

void Decide(std::vector<Candidate> places, const ScanOptions& options, RepositoryScan& scan) {
  GiveWay(places);
  Candidate& first = places.front();
  if (places.size() > 1) {
    scan.problems.push_back({first.path, first.name, SeveralPlaces(places), {}});
  } else if (!first.status.ok()) {
    scan.problems.push_back({first.path, first.name, std::move(first.status), {}});
  } else {
    ModelEntry entry;
    entry.id = {first.name, first.version};
    entry.path = first.path;
    entry.folder = first.path.parent_path();
    entry.config = options.defaults;
    entry.notes = std::move(first.notes);
    scan.models.push_back(std::move(entry));
  }
}

}  // namespace

RepositoryScan MergeCandidates(std::vector<Candidate> candidates, const ScanOptions& options) {
  CheckNames(candidates);
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.name, a.path) < std::tie(b.name, b.path);
  });
  RepositoryScan scan;
  for (auto first = candidates.begin(); first != candidates.end();) {
    const auto last = std::find_if(first, candidates.end(), [&](const Candidate& c) { return c.name != first->name; });
    std::vector<Candidate> places = WithoutRepeats({first, last});
    if (places.front().name.empty()) {
      for (Candidate& place : places) scan.problems.push_back({place.path, "", std::move(place.status), {}});
    } else {
      Decide(std::move(places), options, scan);
    }
    first = last;
  }
  return scan;
}

}  // namespace trireme
