// SPDX-License-Identifier: Apache-2.0
#include "repository/version_manifest.h"

#include <string>
#include <utility>

#include "repository/file_contents.h"
#include "repository/folder.h"
#include "repository/manifest.h"
#include "repository/model_name.h"
#include "repository/version_files.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

Complaint Incomplete(const fs::path& manifest, StatusCode code, const std::string& expected, const std::string& found,
                     const std::string& fix) {
  return Complain({code, Quoted(manifest.string()) + ": expected " + expected + ", found " + found}, manifest, expected,
                  found, fix);
}

// Nothing if the file is there as it is listed.
std::optional<Complaint> CheckFile(const fs::path& folder, const fs::path& manifest, const ListedFile& listed,
                                   DigestBook& digests) {
  const std::string wanted = "file " + Quoted(listed.name) + " with the SHA-256 " + ToHex(listed.digest);
  const auto complain = [&](StatusCode code, const std::string& found) {
    Complaint complaint = Incomplete(manifest, code, wanted, found,
                                     "copy the file as it is listed; it is looked at again when it changes");
    complaint.finding.line = listed.line;
    complaint.finding.field = listed.name;
    return complaint;
  };
  const Result<fs::path> file = FindInside(folder, folder, listed.name);
  if (!file.ok()) return complain(file.status().code(), file.status().message());
  const Result<Digest> digest = digests.DigestOf(*file);
  if (!digest.ok()) return complain(digest.status().code(), digest.status().message());
  if (AreEqual(*digest, listed.digest)) return std::nullopt;
  return complain(StatusCode::kInvalidArgument, "one with " + ToHex(*digest));
}

std::optional<Complaint> CheckFiles(const fs::path& folder, const fs::path& manifest, DigestBook& digests) {
  const auto text = ReadFileContents(manifest, kMaxManifestBytes);
  if (!text.ok()) {
    return Incomplete(manifest, text.status().code(), "a list of files", text.status().message(),
                      "write it with sha256sum");
  }
  const auto listed = ParseManifest(*text);
  if (!listed.ok()) {
    return Complain({listed.status().code(), Quoted(manifest.string()) + ": " + listed.status().message()}, manifest,
                    "a list of files as sha256sum writes it", listed.status().message(), "write it with sha256sum");
  }
  for (const ListedFile& file : *listed) {
    if (auto complaint = CheckFile(folder, manifest, file, digests)) return complaint;
  }
  return std::nullopt;
}

}  // namespace

ManifestCheck CheckManifest(const fs::path& version_folder, bool required, DigestBook& digests) {
  const fs::path manifest = version_folder / kManifestName;
  ManifestCheck check{.is_present = KindOf(manifest) != PathKind::kMissing};
  if (check.is_present) {
    check.complaint = CheckFiles(version_folder, manifest, digests);
  } else if (required) {
    check.complaint = Incomplete(manifest, StatusCode::kNotFound, "a list of the version's files", "nothing",
                                 "write it with sha256sum, or serve without --require-manifest");
  }
  if (check.complaint) check.complaint->of_manifest = true;
  return check;
}

}  // namespace trireme
