// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/tensor_bundle.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "backends/tensorflow/message.h"
#include "backends/tensorflow/sorted_table.h"
#include "base/regular_file.h"
#include "codec/crc32c.h"

namespace trireme::tensorflow {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIndexFile = "variables/variables.index";
constexpr uint64_t kMostIndexBytes = 256 << 20;
constexpr size_t kMostEntries = 1'000'000;
constexpr int32_t kMostShards = 100'000;  // their numbers have five digits
constexpr uint64_t kMostStringBytes = 256 << 20;

// BundleHeaderProto
Status ReadHeader(std::string_view message, BundleIndex& to) {
  uint64_t shards = 0;
  uint64_t endianness = 0;
  RETURN_IF_ERROR(ForEachField(message, "the header", [&](const ProtoField& field) -> Status {
    if (IsVarint(field, 1)) shards = field.value;
    if (IsVarint(field, 2)) endianness = field.value;
    return {};
  }));
  if (shards < 1 || shards > static_cast<uint64_t>(kMostShards)) {
    return InvalidArgument("it has " + std::to_string(shards) + " data files: expected 1 to " +
                           std::to_string(kMostShards));
  }
  if (endianness != 0) return Unsupported("its numbers are big-endian: expected little-endian");
  to.shards = static_cast<int32_t>(shards);
  return {};
}

// BundleEntryProto
Result<BundleEntry> ReadEntry(std::string_view message) {
  BundleEntry entry;
  int64_t shard = 0;
  RETURN_IF_ERROR(ForEachField(message, "it", [&](const ProtoField& field) -> Status {
    if (IsVarint(field, 1)) entry.type = static_cast<TfType>(field.value);
    if (IsBytes(field, 2)) {
      ASSIGN_OR_RETURN(const std::optional<Dims> dims, ReadShape(field.bytes));
      if (!dims) return InvalidArgument("it does not say how many dimensions it has");
      entry.dims = *dims;
    }
    if (IsVarint(field, 3)) shard = static_cast<int64_t>(field.value);
    if (IsVarint(field, 4)) entry.offset = field.value;
    if (IsVarint(field, 5)) entry.bytes = field.value;
    if (field.number == 6 && field.type == ProtoField::Type::kFixed32) {
      entry.masked_crc = static_cast<uint32_t>(field.value);
    }
    if (IsBytes(field, 7)) entry.is_sliced = true;
    return {};
  }));
  if (shard < 0 || shard >= kMostShards) return InvalidArgument("it lies in data file " + std::to_string(shard));
  entry.shard = static_cast<int32_t>(shard);
  return entry;
}

std::string EntryText(std::string_view key) {
  return "entry '" + Shown(key) + "'";
}

// Calls `take` with the bytes of an entry in order, some at a time, and compares what they were with its checksum.
Status ReadChecked(const RegularFile& file, const BundleEntry& entry, const TakeBytes& take) {
  constexpr uint64_t kAtOnce = 1 << 20;
  std::string buffer(std::min(entry.bytes, kAtOnce), '\0');
  uint32_t crc = 0;
  for (uint64_t done = 0; done < entry.bytes;) {
    const uint64_t now = std::min(kAtOnce, entry.bytes - done);
    RETURN_IF_ERROR(file.Read(entry.offset + done, {buffer.data(), now}));
    const std::string_view had(buffer.data(), now);
    crc = ExtendCrc32c(crc, had);
    RETURN_IF_ERROR(take(had));
    done += now;
  }
  if (MaskCrc(crc) == entry.masked_crc) return {};
  return InvalidArgument("its bytes do not have the checksum that the index says");
}

template <typename T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

}  // namespace

Result<BundleIndex> ReadBundleIndex(std::string_view bytes) {
  BundleIndex index;
  bool has_header = false;
  RETURN_IF_ERROR(ReadSortedTable(bytes, [&](std::string_view key, std::string_view value) -> Status {
    if (key.empty()) {
      has_header = true;
      return ReadHeader(value, index);
    }
    if (index.entries.size() >= kMostEntries) {
      return TooLarge("it has more than " + std::to_string(kMostEntries) + " entries");
    }
    Result<BundleEntry> entry = ReadEntry(value);
    if (!entry.ok()) return std::move(entry).status().Within(EntryText(key));
    index.entries.insert_or_assign(std::string(key), *std::move(entry));
    return {};
  }));
  if (!has_header) return InvalidArgument("it has no header");
  return index;
}

Result<TensorBundle> TensorBundle::Open(const fs::path& saved_model) {
  TensorBundle bundle;
  bundle.folder_ = saved_model;
  const fs::path path = saved_model / kIndexFile;
  const Result<RegularFile> file = RegularFile::Open(path);
  if (!file.ok() && file.status().code() == StatusCode::kNotFound) return bundle;
  if (!file.ok()) return Status(file.status()).Within(kIndexFile);
  Result<std::string> bytes = file->ReadAll(kMostIndexBytes);
  if (!bytes.ok()) return std::move(bytes).status().Within(kIndexFile);
  Result<BundleIndex> index = ReadBundleIndex(*bytes);
  if (!index.ok()) return std::move(index).status().Within(kIndexFile);
  bundle.index_ = *std::move(index);
  std::map<int32_t, uint64_t> sizes;
  for (const auto& [key, entry] : bundle.index_.entries) {
    if (Status status = bundle.CheckEntry(key, entry, sizes); !status.ok()) {
      return std::move(status).Within(std::string(kIndexFile) + ": " + EntryText(key));
    }
  }
  return bundle;
}

std::string TensorBundle::FileOf(int32_t shard) const {
  std::array<char, 64> name;
  std::snprintf(name.data(), name.size(), "variables/variables.data-%05d-of-%05d", shard, index_.shards);
  return name.data();
}

Status TensorBundle::CheckEntry(std::string_view, const BundleEntry& entry, std::map<int32_t, uint64_t>& sizes) const {
  if (entry.is_sliced) return {};
  if (entry.shard >= index_.shards) {
    return InvalidArgument("it lies in data file " + std::to_string(entry.shard) + " of " +
                           std::to_string(index_.shards));
  }
  auto found = sizes.find(entry.shard);
  if (found == sizes.end()) {
    const Result<RegularFile> file = RegularFile::Open(folder_ / FileOf(entry.shard));
    if (!file.ok()) return Status(file.status()).Within("it should lie in " + FileOf(entry.shard));
    found = sizes.emplace(entry.shard, file->size()).first;
  }
  if (entry.offset > found->second || entry.bytes > found->second - entry.offset) {
    return InvalidArgument("it should lie in " + FileOf(entry.shard) + " from byte " + std::to_string(entry.offset) +
                           ", " + std::to_string(entry.bytes) + " bytes, and that file has " +
                           std::to_string(found->second));
  }
  const std::optional<ElementType> type = ToElementType(entry.type);
  if (!type || *type == ElementType::kString) return {};  // whoever asks for it will see
  const std::optional<uint64_t> count = ElementCount(entry.dims);
  if (count && *count * ElementBytes(*type) == entry.bytes) return {};
  return InvalidArgument("it has " + std::to_string(entry.bytes) + " bytes, which is not what its shape and " +
                         NameOf(entry.type) + " ask for");
}

const BundleEntry* TensorBundle::Find(std::string_view key) const {
  const auto found = index_.entries.find(key);
  return found == index_.entries.end() ? nullptr : &found->second;
}

Result<Literal> TensorBundle::LiteralOf(std::string_view key) const {
  const BundleEntry* entry = Find(key);
  if (entry == nullptr) return NotFound(std::string(kIndexFile) + " has no " + EntryText(key));
  const auto within = [&](Status status) {
    return std::move(status).Within(std::string(kIndexFile) + ": " + EntryText(key));
  };
  if (entry->is_sliced) return within(Unsupported("it is stored in slices, and the graph asks for the whole of it"));
  const std::optional<ElementType> type = ToElementType(entry->type);
  if (!type) return within(Unsupported("it is of " + NameOf(entry->type) + ", which no protocol can carry"));
  Literal literal{.type = *type, .dims = entry->dims, .owned = {}, .borrowed = {}, .strings = {}};
  if (*type == ElementType::kString) {
    Result<std::vector<std::string>> strings = ReadStrings(key, *entry);
    if (!strings.ok()) return within(std::move(strings).status());
    literal.strings = *std::move(strings);
  } else {
    literal.entry = std::string(key);
  }
  return literal;
}

Result<std::string> TensorBundle::Read(std::string_view key) const {
  std::string bytes;
  if (const BundleEntry* entry = Find(key); entry != nullptr) bytes.reserve(entry->bytes);
  RETURN_IF_ERROR(Copy(key, [&](std::string_view some) {
    bytes.append(some);
    return Status();
  }));
  return bytes;
}

Status TensorBundle::Copy(std::string_view key, const TakeBytes& take) const {
  const BundleEntry* entry = Find(key);
  if (entry == nullptr) return NotFound(std::string(kIndexFile) + " has no " + EntryText(key));
  const Result<RegularFile> file = RegularFile::Open(folder_ / FileOf(entry->shard));
  Status status = file.ok() ? ReadChecked(*file, *entry, take) : file.status();
  return std::move(status).Within(FileOf(entry->shard) + ": " + EntryText(key));
}

// Lengths, each a varint; a checksum of the lengths as numbers; the bytes. The entry's own checksum is of the numbers,
// that checksum and the bytes.
Result<std::vector<std::string>> TensorBundle::ReadStrings(std::string_view, const BundleEntry& entry) const {
  const std::optional<uint64_t> count = ElementCount(entry.dims);
  if (!count || *count > entry.bytes) return InvalidArgument("it has fewer bytes than strings");
  if (entry.bytes > kMostStringBytes) return TooLarge("its strings have " + std::to_string(entry.bytes) + " bytes");
  ASSIGN_OR_RETURN(const RegularFile file, RegularFile::Open(folder_ / FileOf(entry.shard)));
  std::string bytes(entry.bytes, '\0');
  RETURN_IF_ERROR(file.Read(entry.offset, bytes));
  std::string_view rest = bytes;
  std::vector<uint64_t> lengths;
  uint32_t crc = 0;
  for (uint64_t i = 0; i < *count; ++i) {
    const std::optional<uint64_t> length = TakeVarint(rest);
    if (!length) return InvalidArgument("the lengths of its strings are malformed");
    lengths.push_back(*length);
    const auto narrow = static_cast<uint32_t>(*length);
    crc = ExtendCrc32c(crc, *length == narrow ? BytesOf(narrow) : BytesOf(*length));
  }
  uint32_t masked = 0;
  if (rest.size() < sizeof(masked)) return InvalidArgument("the lengths of its strings are cut off");
  std::memcpy(&masked, rest.data(), sizeof(masked));
  if (masked != MaskCrc(crc)) return InvalidArgument("the lengths of its strings do not have their checksum");
  crc = ExtendCrc32c(crc, rest);
  if (MaskCrc(crc) != entry.masked_crc)
    return InvalidArgument("its bytes do not have the checksum that the index says");
  rest.remove_prefix(sizeof(masked));
  std::vector<std::string> strings;
  for (const uint64_t length : lengths) {
    if (length > rest.size()) return InvalidArgument("its strings are longer than it is");
    strings.emplace_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return strings;
}

}  // namespace trireme::tensorflow
