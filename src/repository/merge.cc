// SPDX-License-Identifier: Apache-2.0
#include "repository/merge.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "repository/folder.h"
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
    const Status named = CheckModelName(candidate.name);
    if (named.ok()) continue;
    fs::path root = std::move(candidate.root);
    std::string shown_name = ShownName(candidate.name);
    candidate = Problem(candidate.path, "",
                        Complain(InvalidArgument(Quoted(candidate.path.string()) + ": " + named.message()),
                                 candidate.path, "a name of ASCII letters, digits and _-.+@ for the model",
                                 Quoted(candidate.name), "give the file or folder another name"));
    candidate.root = std::move(root);
    candidate.shown_name = std::move(shown_name);
  }
}

// A path that was given twice, or lies in a folder that was given too, is one place.
std::vector<Candidate> WithoutRepeats(std::span<Candidate> same_name) {
  std::vector<Candidate> places;
  for (Candidate& candidate : same_name) {
    const bool known = std::any_of(places.begin(), places.end(), [&](const Candidate& place) {
      return place.status.ok() == candidate.status.ok() && place.config == candidate.config &&
             SameFile(place.path, candidate.path);
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

// An ONNX file beside what it has been exported from, which may as well be a state_dict: the ONNX file.
void PreferExports(std::vector<Candidate>& places) {
  const auto exported = std::find_if(places.begin(), places.end(), [](const Candidate& place) {
    return place.status.ok() && HasOnnxExtension(place.path);
  });
  if (exported == places.end()) return;
  const fs::path kept = exported->path;
  const auto is_source = [&](const Candidate& place) {
    return HasTorchExtension(place.path) && place.path.parent_path() == kept.parent_path();
  };
  for (const Candidate& place : places) {
    if (is_source(place)) {
      exported->notes.push_back("passed over: " + Quoted(place.path.string()) + ", as " +
                                Quoted(kept.filename().string()) + " beside it is served");
    }
  }
  std::erase_if(places, is_source);
}

Complaint SeveralPlaces(const std::vector<Candidate>& places) {
  std::string found;
  for (const Candidate& place : places) {
    if (&place != &places.front()) found += " and ";
    found += Quoted(place.path.string());
    if (!place.status.ok()) found += " (" + place.status.message() + ")";
  }
  const std::string name = Quoted(places.front().name);
  return Complain({StatusCode::kAlreadyExists, "model " + name + " is found in " + std::to_string(places.size()) +
                                                   " places, so it is served from none: " + found},
                  places.front().path, "one place for model " + name, found, "remove or rename all but one");
}

ModelProblem ToProblem(Candidate candidate) {
  return {.path = candidate.path,
          .name = std::move(candidate.name),
          .status = std::move(candidate.status),
          .findings = std::move(candidate.findings),
          .places = {std::move(candidate.path)},
          .roots = {std::move(candidate.root)},
          .shown_name = std::move(candidate.shown_name),
          .is_incomplete = candidate.is_incomplete};
}

ModelProblem ToProblem(IncompleteVersion version, const Candidate& candidate) {
  const fs::path path = version.complaint.finding.file;
  const bool is_incomplete = IsOnItsWay(version.complaint);
  return {.path = path,
          .name = candidate.name,
          .status = std::move(version.complaint.status),
          .findings = {std::move(version.complaint.finding)},
          .places = {path},
          .roots = {candidate.root},
          .version = version.version,
          .is_incomplete = is_incomplete};
}

ModelProblem InSeveralPlaces(std::vector<Candidate> places) {
  Candidate& first = places.front();
  ModelProblem problem = ToProblem(Problem(first.path, first.name, SeveralPlaces(places)));
  problem.places.clear();
  problem.roots.clear();
  for (Candidate& place : places) {
    problem.places.push_back(std::move(place.path));
    problem.roots.push_back(std::move(place.root));
  }
  return problem;
}

// What was noticed of the model as a whole stands with its newest version, in front.
void AddVersions(Candidate candidate, std::vector<ModelEntry>& models) {
  CHECK(!candidate.versions.empty());
  for (ModelEntry& entry : candidate.versions) {
    entry.id.name = candidate.name;
    entry.root = candidate.root;
  }
  ModelEntry& newest = candidate.versions.back();
  newest.notes.insert(newest.notes.begin(), candidate.notes.begin(), candidate.notes.end());
  newest.findings.insert(newest.findings.begin(), candidate.findings.begin(), candidate.findings.end());
  std::ranges::move(candidate.versions, std::back_inserter(models));
}

void AddOne(Candidate candidate, RepositoryScan& scan) {
  if (candidate.status.ok()) {
    for (IncompleteVersion& version : candidate.incomplete) {
      scan.problems.push_back(ToProblem(std::move(version), candidate));
    }
    AddVersions(std::move(candidate), scan.models);
  } else {
    scan.problems.push_back(ToProblem(std::move(candidate)));
  }
}

void Decide(std::vector<Candidate> places, RepositoryScan& scan) {
  GiveWay(places);
  PreferExports(places);
  if (places.size() > 1) {
    scan.problems.push_back(InSeveralPlaces(std::move(places)));
  } else {
    AddOne(std::move(places.front()), scan);
  }
}

}  // namespace

RepositoryScan MergeCandidates(std::vector<Candidate> candidates) {
  CheckNames(candidates);
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.name, a.path) < std::tie(b.name, b.path);
  });
  RepositoryScan scan;
  for (auto first = candidates.begin(); first != candidates.end();) {
    const auto last = std::find_if(first, candidates.end(), [&](const Candidate& c) { return c.name != first->name; });
    std::vector<Candidate> places = WithoutRepeats({first, last});
    if (places.front().name.empty()) {
      for (Candidate& place : places) scan.problems.push_back(ToProblem(std::move(place)));
    } else {
      Decide(std::move(places), scan);
    }
    first = last;
  }
  return scan;
}

RepositoryScan ScanOfOne(Candidate candidate) {
  RepositoryScan scan;
  AddOne(std::move(candidate), scan);
  return scan;
}

}  // namespace trireme
