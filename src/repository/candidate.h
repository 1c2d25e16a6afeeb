// SPDX-License-Identifier: Apache-2.0
#pragma once

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
};

// With a finding of that place that is an error.
Complaint Complain(Status status, const std::filesystem::path& place, std::string expected, std::string found,
                   std::string fix);

// What one place in a repository would like to be: versions of a model, or the reason why it is none.
struct Candidate {
  std::string name;
  std::string shown_name;      // what it would have been called, if it has no name; may be empty
  std::filesystem::path path;  // the newest version's model file, or what is wrong
  std::filesystem::path root;  // the path given to the scan that it was found at
  Status status;               // OK: its versions can be tried
  std::vector<std::string> notes;
  std::vector<Finding> findings;     // at least one is an error, if the status is one
  std::vector<ModelEntry> versions;  // from the oldest; some at least, if the status is OK
  std::filesystem::path config;      // the file that was read for it, if any

  // The first complaint says where and what; later ones add findings.
  void Add(Complaint complaint);
};

// Somewhere that is no model.
Candidate Problem(const std::filesystem::path& place, std::string name, Complaint complaint);

}  // namespace trireme
