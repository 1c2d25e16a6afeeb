// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/sorted_table.h"

#include <snappy.h>

#include <cstring>
#include <optional>
#include <utility>

#include "codec/crc32c.h"
#include "codec/proto_wire.h"

namespace trireme::tensorflow {
namespace {

constexpr size_t kFooterBytes = 48;
constexpr size_t kMagicBytes = 8;
constexpr uint64_t kMagic = 0xdb4775248b80fb57;
constexpr size_t kTrailerBytes = 5;  // behind a block: how it is compressed, and its checksum

enum Compression : uint8_t { kPlain = 0, kSnappy = 1 };

struct BlockHandle {
  uint64_t offset = 0;
  uint64_t bytes = 0;

  std::string text() const { return "the block at byte " + std::to_string(offset); }
};

template <typename T>
T LittleEndianAt(std::string_view bytes, size_t at) {
  T value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

std::optional<BlockHandle> TakeHandle(std::string_view& bytes) {
  const std::optional<uint64_t> offset = TakeVarint(bytes);
  if (!offset) return std::nullopt;
  const std::optional<uint64_t> size = TakeVarint(bytes);
  if (!size) return std::nullopt;
  return BlockHandle{.offset = *offset, .bytes = *size};
}

Result<std::string> Uncompress(std::string_view stored, const BlockHandle& handle) {
  size_t bytes = 0;
  if (!snappy::GetUncompressedLength(stored.data(), stored.size(), &bytes)) {
    return InvalidArgument(handle.text() + " is not what Snappy writes");
  }
  if (bytes > kMostBlockBytes) {
    return TooLarge(handle.text() + " would take " + std::to_string(bytes) + " bytes: expected at most " +
                    std::to_string(kMostBlockBytes));
  }
  std::string block(bytes, '\0');
  if (!snappy::RawUncompress(stored.data(), stored.size(), block.data())) {
    return InvalidArgument(handle.text() + " is not what Snappy writes");
  }
  return block;
}

// A table while it is read. Blocks may overlap in a table that lies: what they unpack to is counted.
class TableReader {
 public:
  using Visit = std::function<Status(std::string_view key, std::string_view value)>;

  explicit TableReader(std::string_view table) : table_(table) {}

  Status ForEach(const BlockHandle& handle, const Visit& visit) {
    ASSIGN_OR_RETURN(const std::string block, ReadBlock(handle));
    if (block.size() < sizeof(uint32_t)) return Malformed(handle);
    const uint64_t restarts = LittleEndianAt<uint32_t>(block, block.size() - sizeof(uint32_t));
    const uint64_t tail = (restarts + 1) * sizeof(uint32_t);
    if (tail > block.size()) return Malformed(handle);
    std::string_view rest = std::string_view(block).substr(0, block.size() - tail);
    std::string key;
    while (!rest.empty()) {
      const std::optional<uint64_t> shared = TakeVarint(rest);
      const std::optional<uint64_t> own = shared ? TakeVarint(rest) : std::nullopt;
      const std::optional<uint64_t> value = own ? TakeVarint(rest) : std::nullopt;
      if (!value || *shared > key.size() || *own > rest.size() || *value > rest.size() - *own) return Malformed(handle);
      RETURN_IF_ERROR(Count(*shared));  // keys that grow out of few bytes
      key.resize(*shared);
      key.append(rest.substr(0, *own));
      rest.remove_prefix(*own);
      RETURN_IF_ERROR(visit(key, rest.substr(0, *value)));
      rest.remove_prefix(*value);
    }
    return {};
  }

 private:
  static Status Malformed(const BlockHandle& handle) { return InvalidArgument(handle.text() + " is malformed"); }

  Status Count(uint64_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= kMostTableBytes) return {};
    return TooLarge("its blocks have more than " + std::to_string(kMostTableBytes) + " bytes");
  }

  Result<std::string> ReadBlock(const BlockHandle& handle) {
    const uint64_t end = table_.size() - kFooterBytes;
    if (handle.offset > end || handle.bytes > end - handle.offset ||
        end - handle.offset - handle.bytes < kTrailerBytes) {
      return InvalidArgument(handle.text() + " has " + std::to_string(handle.bytes) + " bytes, and the file has " +
                             std::to_string(table_.size()));
    }
    const std::string_view stored = table_.substr(handle.offset, handle.bytes);
    const std::string_view checked = table_.substr(handle.offset, handle.bytes + 1);
    const auto crc = LittleEndianAt<uint32_t>(table_, handle.offset + handle.bytes + 1);
    if (MaskCrc(Crc32c(checked)) != crc) return InvalidArgument(handle.text() + " does not have its checksum");
    const auto compression = static_cast<uint8_t>(checked.back());
    if (compression != kPlain && compression != kSnappy) {
      return Unsupported(handle.text() + " is compressed in way " + std::to_string(compression) +
                         ": expected 0 (not at all) or 1 (Snappy)");
    }
    ASSIGN_OR_RETURN(std::string block,
                     compression == kPlain ? Result<std::string>(std::string(stored)) : Uncompress(stored, handle));
    RETURN_IF_ERROR(Count(block.size()));
    return block;
  }

  const std::string_view table_;
  uint64_t bytes_ = 0;
};

}  // namespace

Status ReadSortedTable(std::string_view table,
                       const std::function<Status(std::string_view key, std::string_view value)>& visit) {
  if (table.size() < kFooterBytes || LittleEndianAt<uint64_t>(table, table.size() - kMagicBytes) != kMagic) {
    return InvalidArgument("it does not end as an index of variables does: it is cut off, or another file");
  }
  std::string_view footer = table.substr(table.size() - kFooterBytes, kFooterBytes - kMagicBytes);
  const std::optional<BlockHandle> meta = TakeHandle(footer);
  const std::optional<BlockHandle> index = meta ? TakeHandle(footer) : std::nullopt;
  if (!index) return InvalidArgument("its footer is malformed");
  TableReader reader(table);
  return reader.ForEach(*index, [&](std::string_view, std::string_view value) -> Status {
    const std::optional<BlockHandle> block = TakeHandle(value);
    if (!block) return InvalidArgument("its index is malformed");
    return reader.ForEach(*block, visit);
  });
}

}  // namespace trireme::tensorflow
