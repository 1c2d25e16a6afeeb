// SPDX-License-Identifier: Apache-2.0
#include "repository/candidate.h"

#include <utility>

namespace trireme {

Complaint Complain(Status status, const std::filesystem::path& place, std::string expected, std::string found,
                   std::string fix) {
  Finding finding;
  finding.severity = Finding::Severity::kError;
  finding.file = place;
  finding.expected = std::move(expected);
  finding.found = std::move(found);
  finding.fix = std::move(fix);
  return {.status = std::move(status), .finding = std::move(finding)};
}

void Candidate::Add(Complaint complaint) {
  if (status.ok()) {
    path = complaint.finding.file;
    is_incomplete = IsOnItsWay(complaint);
    status = std::move(complaint.status);
  }
  findings.push_back(std::move(complaint.finding));
}

bool IsOnItsWay(const Complaint& complaint) {
  return complaint.of_manifest && complaint.status.code() == StatusCode::kNotFound;
}

Candidate Problem(const std::filesystem::path& place, std::string name, Complaint complaint) {
  Candidate candidate;
  candidate.name = std::move(name);
  candidate.Add(std::move(complaint));
  candidate.path = place;
  return candidate;
}

}  // namespace trireme
