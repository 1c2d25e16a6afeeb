// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/archive.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trireme::torch_backend {
namespace {

constexpr uint32_t kEndRecord = 0x06054b50;
constexpr uint32_t kEndRecord64 = 0x06064b50;
constexpr uint32_t kEndLocator64 = 0x07064b50;
constexpr uint32_t kEntryRecord = 0x02014b50;
constexpr uint32_t kFileRecord = 0x04034b50;
constexpr size_t kFileRecordBytes = 30;
constexpr size_t kEndRecordBytes = 22;
constexpr size_t kEndRecord64Bytes = 56;
constexpr size_t kEndLocator64Bytes = 20;
constexpr size_t kEntryRecordBytes = 46;
constexpr uint64_t kMaxCommentBytes = 65535;
constexpr uint64_t kMaxDirectoryBytes = uint64_t{64} << 20;
// What is packed is code, and constants of old files; tensors lie there as they are.
constexpr uint64_t kMaxUnpackedBytes = uint64_t{1} << 30;
constexpr uint32_t kIn64Bits = 0xFFFFFFFF;
constexpr uint16_t kStored = 0;
constexpr uint16_t kDeflated = 8;
// Larger ones are debug information, if anything.
constexpr uint64_t kMaxCheckedBytes = uint64_t{64} << 20;

constexpr std::string_view kHowToExport =
    "save a program instead: torch.jit.save(torch.jit.script(model.eval()), \"model.pt\"), or torch.jit.trace(model, "
    "example) in place of torch.jit.script(model)";

// Little-endian numbers, one behind the other.
class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T Next() {
    T value = 0;
    for (size_t i = 0; i < sizeof(T) && i < bytes_.size(); ++i) {
      value = static_cast<T>(value | static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes_[i])) << (8 * i)));
    }
    Skip(sizeof(T));
    return value;
  }
  void Skip(size_t bytes) { bytes_.remove_prefix(std::min(bytes, bytes_.size())); }
  std::string_view Take(size_t bytes) {
    const std::string_view taken = bytes_.substr(0, bytes);
    Skip(bytes);
    return taken;
  }
  size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

Result<std::string> ReadBytes(const ByteRange& file, uint64_t offset, uint64_t bytes) {
  if (offset > file.size || bytes > file.size - offset) {
    return InvalidArgument("its list of contents leads beyond its end: it was cut short, or is no zip archive");
  }
  std::string text(bytes, '\0');
  RETURN_IF_ERROR(file.read(offset, text));
  return text;
}

struct Directory {
  uint64_t entries = 0;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

Status NoArchive() {
  return InvalidArgument(
      "expected a TorchScript file, which is a zip archive; it was cut short, or is another kind of "
      "file");
}

// The record for archives beyond 4 GiB, which lies in front of the usual one at `end`.
Result<std::optional<Directory>> ReadDirectory64(const ByteRange& file, uint64_t end) {
  if (end < kEndLocator64Bytes) return std::optional<Directory>();
  ASSIGN_OR_RETURN(const std::string locator, ReadBytes(file, end - kEndLocator64Bytes, kEndLocator64Bytes));
  Numbers at(locator);
  if (at.Next<uint32_t>() != kEndLocator64) return std::optional<Directory>();
  at.Skip(4);
  ASSIGN_OR_RETURN(const std::string record, ReadBytes(file, at.Next<uint64_t>(), kEndRecord64Bytes));
  Numbers said(record);
  if (said.Next<uint32_t>() != kEndRecord64) return NoArchive();
  said.Skip(28);
  Directory directory;
  directory.entries = said.Next<uint64_t>();
  directory.bytes = said.Next<uint64_t>();
  directory.offset = said.Next<uint64_t>();
  return std::optional<Directory>(directory);
}

Result<Directory> FindDirectory(const ByteRange& file) {
  const uint64_t bytes = std::min(file.size, kEndRecordBytes + kMaxCommentBytes);
  if (bytes < kEndRecordBytes) return NoArchive();
  ASSIGN_OR_RETURN(const std::string tail, ReadBytes(file, file.size - bytes, bytes));
  const size_t at = tail.rfind("PK\5\6", tail.size() - kEndRecordBytes);
  if (at == std::string::npos) return NoArchive();
  ASSIGN_OR_RETURN(std::optional<Directory> large, ReadDirectory64(file, file.size - bytes + at));
  if (large) return *large;
  Numbers said(std::string_view(tail).substr(at));
  if (said.Next<uint32_t>() != kEndRecord) return NoArchive();
  said.Skip(6);
  Directory directory;
  directory.entries = said.Next<uint16_t>();
  directory.bytes = said.Next<uint32_t>();
  directory.offset = said.Next<uint32_t>();
  return directory;
}

struct Entry {
  std::string_view name;
  uint64_t packed_bytes = 0;
  uint64_t bytes = 0;
  uint64_t offset = 0;
  uint32_t checksum = 0;
  uint16_t method = 0;

  bool is_stored() const { return method == kStored; }
};

// Its name without the folder that all lie in.
std::string_view NameIn(const Entry& entry) {
  return entry.name.substr(std::min(entry.name.find('/'), entry.name.size() - 1) + 1);
}

bool IsTensor(const Entry& entry) {
  return NameIn(entry).starts_with("data/") || NameIn(entry).starts_with("constants/");
}

void ReadSizes64(std::string_view extra, Entry& entry) {
  Numbers fields(extra);
  while (fields.left() >= 4) {
    const auto id = fields.Next<uint16_t>();
    Numbers field(fields.Take(fields.Next<uint16_t>()));
    if (id != 1) continue;
    for (uint64_t* size : {&entry.bytes, &entry.packed_bytes, &entry.offset}) {
      if (*size == kIn64Bits) *size = field.Next<uint64_t>();
    }
  }
}

Result<Entry> NextEntry(Numbers& list) {
  if (list.left() < kEntryRecordBytes || list.Next<uint32_t>() != kEntryRecord) {
    return InvalidArgument("its list of contents is damaged");
  }
  Entry entry;
  list.Skip(6);
  entry.method = list.Next<uint16_t>();
  list.Skip(4);
  entry.checksum = list.Next<uint32_t>();
  entry.packed_bytes = list.Next<uint32_t>();
  entry.bytes = list.Next<uint32_t>();
  const auto name_bytes = list.Next<uint16_t>();
  const auto extra_bytes = list.Next<uint16_t>();
  const auto comment_bytes = list.Next<uint16_t>();
  list.Skip(8);
  entry.offset = list.Next<uint32_t>();
  entry.name = list.Take(name_bytes);
  const std::string_view extra = list.Take(extra_bytes);
  list.Skip(comment_bytes);
  ReadSizes64(extra, entry);
  return entry;
}

// What zlib makes of packed bytes; nothing if they are damaged, or more than they should be.
std::optional<uint32_t> ChecksumOfPacked(const std::string& packed, uint64_t expected_bytes) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib does not write to it
  stream.avail_in = static_cast<uInt>(packed.size());
  std::array<Bytef, 1 << 14> piece;
  uLong checksum = crc32(0, nullptr, 0);
  uint64_t bytes = 0;
  int result = Z_OK;
  while (result == Z_OK && bytes <= expected_bytes) {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    result = inflate(&stream, Z_NO_FLUSH);
    const size_t made = piece.size() - stream.avail_out;
    checksum = crc32(checksum, piece.data(), static_cast<uInt>(made));
    bytes += made;
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END || bytes != expected_bytes) return std::nullopt;
  return static_cast<uint32_t>(checksum);
}

// libtorch does not look at checksums, and damaged code may end the process. Tensors are not looked at: there are far
// more of them, and damaged ones are only wrong.
Status CheckEntry(const ByteRange& file, const Entry& entry) {
  if (IsTensor(entry) || entry.bytes > kMaxCheckedBytes || entry.packed_bytes > kMaxCheckedBytes) return {};
  const std::string what = "its record '" + std::string(entry.name) + "' is damaged";
  ASSIGN_OR_RETURN(const std::string head, ReadBytes(file, entry.offset, kFileRecordBytes));
  Numbers said(head);
  if (said.Next<uint32_t>() != kFileRecord) return InvalidArgument(what);
  said.Skip(22);
  const uint64_t name_bytes = said.Next<uint16_t>();
  const uint64_t begin = entry.offset + kFileRecordBytes + name_bytes + said.Next<uint16_t>();
  ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(file, begin, entry.packed_bytes));
  std::optional<uint32_t> checksum;
  if (entry.method == kDeflated) {
    checksum = ChecksumOfPacked(bytes, entry.bytes);
  } else if (entry.is_stored()) {
    checksum =
        static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
  }
  return checksum == entry.checksum ? Status() : InvalidArgument(what);
}

// What its entries are, and how much there is of it.
struct Contents {
  bool has_code = false;
  bool has_constants = false;
  bool has_data = false;
  bool has_program = false;     // of torch.export
  uint64_t packed_bytes = 0;    // as they lie in the file: no two entries share any
  uint64_t unpacked_bytes = 0;  // of those that do not lie there as they are
  uint64_t tensor_bytes = 0;

  Status Note(const Entry& entry, uint64_t file_bytes) {
    const std::string_view name = NameIn(entry);
    has_code |= name.starts_with("code/");
    has_constants |= name == "constants.pkl";
    has_data |= name == "data.pkl";
    has_program |= name.starts_with("models/") || name.starts_with("serialized_exported_program");
    if (entry.is_stored() && entry.bytes != entry.packed_bytes)
      return InvalidArgument("its list of contents is damaged");
    const uint64_t unpacked = entry.is_stored() ? 0 : entry.bytes;
    if (entry.packed_bytes > file_bytes - packed_bytes || unpacked > kMaxUnpackedBytes - unpacked_bytes) {
      return InvalidArgument("it claims to have more in it than a file of " + std::to_string(file_bytes) +
                             " bytes can have");
    }
    packed_bytes += entry.packed_bytes;
    unpacked_bytes += unpacked;
    if (IsTensor(entry)) tensor_bytes += entry.bytes;
    return {};
  }

  Status WhyNotTorchScript() const {
    if (has_code && has_constants && has_data) return {};
    if (has_program) {
      return InvalidArgument("it is a program of torch.export (.pt2), not a TorchScript file: " +
                             std::string(kHowToExport));
    }
    if (has_data) {
      return InvalidArgument(
          "it is a state_dict or a pickled module, as torch.save writes it: weights without a program, "
          "or with one in Python's pickle, which this server never unpacks; " +
          std::string(kHowToExport));
    }
    return InvalidArgument("it is a zip archive, but no TorchScript file: it has no code/, constants.pkl and data.pkl");
  }
};

bool IsPickle(const ByteRange& file) {
  char head[2] = {};
  if (file.size < sizeof(head) || !file.read(0, head).ok()) return false;
  return head[0] == '\x80' && head[1] >= 2 && head[1] <= 5;
}

}  // namespace

Result<Archive> ReadArchive(const ByteRange& file) {
  if (file.size == 0) return InvalidArgument("expected a TorchScript file, found an empty one");
  if (IsPickle(file)) {
    return InvalidArgument(
        "it is a Python pickle, as torch.save wrote it before PyTorch 1.6, which this server never "
        "unpacks; " +
        std::string(kHowToExport));
  }
  ASSIGN_OR_RETURN(const Directory directory, FindDirectory(file));
  if (directory.bytes > kMaxDirectoryBytes || directory.entries > directory.bytes / kEntryRecordBytes) {
    return InvalidArgument("its list of contents is damaged");
  }
  ASSIGN_OR_RETURN(const std::string list, ReadBytes(file, directory.offset, directory.bytes));
  Numbers numbers(list);
  Contents contents;
  std::vector<Entry> entries;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    ASSIGN_OR_RETURN(const Entry entry, NextEntry(numbers));
    if (entry.name.empty()) return InvalidArgument("its list of contents is damaged");
    RETURN_IF_ERROR(contents.Note(entry, file.size));
    entries.push_back(entry);
  }
  RETURN_IF_ERROR(contents.WhyNotTorchScript());
  for (const Entry& entry : entries) RETURN_IF_ERROR(CheckEntry(file, entry));
  return Archive{.tensor_bytes = contents.tensor_bytes};
}

}  // namespace trireme::torch_backend
