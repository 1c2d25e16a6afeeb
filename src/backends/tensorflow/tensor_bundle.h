// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/tensorflow/literal.h"
#include "backends/tensorflow/types.h"
#include "base/status.h"

namespace trireme::tensorflow {

// What an index says of a tensor.
struct BundleEntry {
  TfType type = TfType::kInvalid;
  Dims dims;
  int32_t shard = 0;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint32_t masked_crc = 0;
  bool is_sliced = false;  // it is stored in slices, each an entry of its own
};

// The index of a bundle, from the bytes of a `variables.index`.
struct BundleIndex {
  int32_t shards = 1;
  std::map<std::string, BundleEntry, std::less<>> entries;
};

// Safe on any bytes. kInvalidArgument names the entry that is wrong.
Result<BundleIndex> ReadBundleIndex(std::string_view bytes);

// The key under which a slice of a partitioned variable is stored. `slice` as a RestoreV2 writes it, behind the whole
// shape: "0,5:-" (begin,length of each dimension; '-' for all of it). Nothing if it is not of this form.
std::optional<std::string> SliceKey(std::string_view name, std::string_view slice);

// The variables of a SavedModel: an index, and data files beside it. The bytes of a data file are looked at when they
// are read; whether all entries lie within their files is checked at the beginning.
//
// Thread-safe.
class TensorBundle {
 public:
  // Of the folder that a saved_model.pb lies in; without variables where there is no index. Errors name the file.
  static Result<TensorBundle> Open(const std::filesystem::path& saved_model);

  // Null: there is no such entry.
  const BundleEntry* Find(std::string_view key) const;
  const BundleIndex& index() const { return index_; }

  // The entry as a literal whose elements lie in their file; those of strings are read.
  Result<Literal> LiteralOf(std::string_view key) const;

  // The bytes of an entry, as they lie in the file; checked against their checksum.
  Result<std::string> Read(std::string_view key) const;

  // Hands on the entry's bytes in order, some at a time; those whose checksum is wrong too, and fails then.
  Status Copy(std::string_view key, const TakeBytes& take) const;

 private:
  TensorBundle() = default;

  Status CheckEntry(std::string_view key, const BundleEntry& entry, std::map<int32_t, uint64_t>& sizes) const;
  std::string FileOf(int32_t shard) const;  // relative to the folder
  Result<std::vector<std::string>> ReadStrings(std::string_view key, const BundleEntry& entry) const;

  std::filesystem::path folder_;
  BundleIndex index_;
};

}  // namespace trireme::tensorflow
