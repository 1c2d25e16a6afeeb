// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "codec/sha256.h"
#include "repository/file_stamp.h"
#include "repository/version_files.h"

namespace trireme {

struct DigestOptions {
  // Asked every few milliseconds; true: nobody wants the digest any more. Empty: it is always wanted.
  std::function<bool()> stop = {};
  // Whether the system shall keep what was read in its memory, because it is going to be read again.
  bool keep_cached = false;
};

// The SHA-256 of a file's contents. kNotFound: there is no ordinary file; kUnavailable: it cannot be read, is another
// one than `expected`, or changed meanwhile; kCancelled: stopped. Messages say what was found, and not where.
Result<Digest> DigestOfFile(const std::filesystem::path& file, const FileStamp& expected,
                            const DigestOptions& options = {});

// The digest of a version: the SHA-256 of the list that `sha256sum` prints of its files, in the order of their names as
// bytes compare. In a version's folder
//
//   find -L . -type f ! -path ./SHA256SUMS -printf '%P\0' | LC_ALL=C sort -z | xargs -0r sha256sum -- | sha256sum
//
// prints the same, and of a version that was published with the whole list in that order so does `sha256sum
// SHA256SUMS`. Of a plain file NAME.onnx without data files it is `sha256sum < NAME.onnx | sed 's/-$/model.onnx/' |
// sha256sum`.
//
// Reads every byte, at the speed of the disk or about a gigabyte a second and core: for threads that may be long about
// it. Errors are those of DigestOfFile, with the path.
Result<Digest> ContentDigest(const VersionFiles& version, const DigestOptions& options = {});

// A line of such a list, with its newline. Names with backslashes, newlines or carriage returns are written as GNU's
// sha256sum does since its version 9: with escapes, and a backslash in front of the line.
std::string DigestLine(const Digest& digest, std::string_view name);

}  // namespace trireme
