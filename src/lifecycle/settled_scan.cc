// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/settled_scan.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace trireme {
namespace {

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

void Append(const Piece& piece, RepositoryScan& scan) {
  for (const ModelEntry* entry : piece.entries) scan.models.push_back(*entry);
  for (const ModelProblem* problem : piece.problems) scan.problems.push_back(*problem);
}

}  // namespace

RepositoryScan SettledScan(const RepositoryScan& applied, const RepositoryScan& previous,
                           const RepositoryScan& current) {
  const Pieces before = PiecesOf(applied);
  const Pieces first = PiecesOf(previous);
  const Pieces second = PiecesOf(current);
  Pieces all = before;
  all.insert(second.begin(), second.end());
  RepositoryScan settled;
  for (const auto& [key, ignored] : all) {
    const Piece& now = PieceOf(second, key);
    Append(Same(PieceOf(first, key), now) ? now : PieceOf(before, key), settled);
  }
  settled.notes = current.notes;
  return settled;
}

bool SaysTheSame(const RepositoryScan& a, const RepositoryScan& b) {
  const Pieces x = PiecesOf(a);
  const Pieces y = PiecesOf(b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& left, const auto& right) {
    return left.first == right.first && Same(left.second, right.second);
  });
}

}  // namespace trireme
