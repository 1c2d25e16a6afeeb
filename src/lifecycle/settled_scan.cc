// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/settled_scan.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "repository/below.h"
#include "repository/version_folder.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using Files = std::span<const fs::path>;

// What a scan says of one model.
struct Piece {
  std::vector<const ModelEntry*> entries;
  std::vector<const ModelProblem*> problems;
};
using Pieces = std::map<std::string, Piece>;

bool Same(const ModelEntry& a, const ModelEntry& b) {
  return a.id == b.id && a.fingerprint == b.fingerprint && a.path == b.path;
}

bool Same(const ModelProblem& a, const ModelProblem& b) {
  return a.name == b.name && a.path == b.path && a.status.message() == b.status.message();
}

template <typename T>
bool Same(const std::vector<const T*>& a, const std::vector<const T*>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T* x, const T* y) { return Same(*x, *y); });
}

bool Same(const Piece& a, const Piece& b) {
  return Same(a.entries, b.entries) && Same(a.problems, b.problems);
}

Pieces PiecesOf(const RepositoryScan& scan) {
  Pieces pieces;
  for (const ModelEntry& entry : scan.models) pieces[entry.id.name].entries.push_back(&entry);
  // A problem without a name is one by its path, which no name looks like.
  for (const ModelProblem& problem : scan.problems) {
    pieces[problem.name.empty() ? "/" + problem.path.string() : problem.name].problems.push_back(&problem);
  }
  return pieces;
}

const Piece& PieceOf(const Pieces& pieces, const std::string& key) {
  static const Piece kNothing;
  const auto found = pieces.find(key);
  return found == pieces.end() ? kNothing : found->second;
}

// A model that is a file has its data in files whose names begin like its own.
bool BelongsToFile(const fs::path& file, const fs::path& model) {
  return file.parent_path() == model.parent_path() && file.filename().string().starts_with(model.stem().string());
}

// Other versions are none of its business, nor is what lies in its own folder once its manifest says that it is whole.
bool BelongsTo(const fs::path& file, const ModelEntry& entry) {
  if (entry.folder.empty()) return BelongsToFile(file, entry.path);
  if (!IsAtOrBelow(file.native(), entry.folder.native())) return false;
  if (IsAtOrBelow(file.native(), entry.version_folder.native())) return !entry.is_verified;
  return !ParseVersion(file.lexically_relative(entry.folder).begin()->native());
}

// Of what cannot be a model yet all is taken that lies in its folder.
bool BelongsTo(const fs::path& file, const ModelProblem& problem) {
  for (size_t i = 0; i < std::min(problem.places.size(), problem.roots.size()); ++i) {
    const fs::path inside = problem.places[i].lexically_relative(problem.roots[i]);
    if (inside.empty() || inside == ".") continue;
    if (IsAtOrBelow(file.native(), (problem.roots[i] / *inside.begin()).native())) return true;
    if (BelongsToFile(file, problem.places[i])) return true;
  }
  return false;
}

template <typename T>
bool AnyBelongsTo(Files files, const std::vector<const T*>& parts) {
  return std::ranges::any_of(parts, [&](const T* part) {
    return std::ranges::any_of(files, [&](const fs::path& file) { return BelongsTo(file, *part); });
  });
}

bool IsBeingWritten(const Piece& piece, Files files) {
  return AnyBelongsTo(files, piece.entries) || AnyBelongsTo(files, piece.problems);
}

void Append(const Piece& piece, RepositoryScan& scan) {
  for (const ModelEntry* entry : piece.entries) scan.models.push_back(*entry);
  for (const ModelProblem* problem : piece.problems) scan.problems.push_back(*problem);
}

}  // namespace

Settling SettledScan(const RepositoryScan& applied, const RepositoryScan& previous, const RepositoryScan& current,
                     Files being_written) {
  const Pieces before = PiecesOf(applied);
  const Pieces first = PiecesOf(previous);
  const Pieces second = PiecesOf(current);
  Pieces all = before;
  all.insert(first.begin(), first.end());
  all.insert(second.begin(), second.end());
  Settling settling;
  for (const auto& [key, ignored] : all) {
    const Piece& now = PieceOf(second, key);
    const bool held = IsBeingWritten(now, being_written);
    const bool same = Same(PieceOf(first, key), now);
    Append(same && !held ? now : PieceOf(before, key), settling.scan);
    settling.confirmed &= same || held;
  }
  settling.scan.notes = current.notes;
  return settling;
}

bool SaysTheSame(const RepositoryScan& a, const RepositoryScan& b) {
  const Pieces x = PiecesOf(a);
  const Pieces y = PiecesOf(b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& left, const auto& right) {
    return left.first == right.first && Same(left.second, right.second);
  });
}

}  // namespace trireme
