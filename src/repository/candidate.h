// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "repository/finding.h"
#include "repository/scan.h"

namespace trireme {

// What is wrong with a place: for callers, and in pieces for people.
struct Complaint {
  Status status;
  Finding finding;
  bool of_manifest = false;  // it says what a version's manifest has found
};

// With a finding of that place that is an error.
Complaint Complain(Status status, const std::filesystem::path& place, std::string expected, std::string found,
                   std::string fix);

// A version that would be served if it were whole.
struct IncompleteVersion {
  int64_t version = 0;
  Complaint complaint;
};

// What one place in a repository would like to be: versions of a model, or the reason why it is none.
struct Candidate {
  std::string name;
  std::string shown_name;      // what it would have been called, if it has no name; may be empty
  std::filesystem::path path;  // the newest version's model file, or what is wrong
  std::filesystem::path root;  // the path given to the scan that it was found at
  Status status;               // OK: its versions can be tried
  bool is_incomplete = false;  // they cannot because they are on their way
  std::vector<std::string> notes;
  std::vector<Finding> findings;              // at least one is an error, if the status is one
  std::vector<ModelEntry> versions;           // from the oldest; some at least, if the status is OK
  std::vector<IncompleteVersion> incomplete;  // beside those
  std::filesystem::path config;               // the file that was read for it, if any

  // The first complaint says where and what; later ones add findings.
  void Add(Complaint complaint);
};

// Whether a manifest lists what has not come yet: it may be on its way, and nothing is wrong so far.
bool IsOnItsWay(const Complaint& complaint);

// Somewhere that is no model.
Candidate Problem(const std::filesystem::path& place, std::string name, Complaint complaint);

}  // namespace trireme
