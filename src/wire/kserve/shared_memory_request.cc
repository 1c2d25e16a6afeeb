// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/shared_memory_request.h"

#include <optional>
#include <utility>

#include "codec/base64.h"
#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/message_writer.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

// Calls read(key, place) for every member of the message; it returns whether it knows the key, and has read it then.
template <typename Read>
Status ReadMembers(JsonCursor& json, const Place* outer, Read read) {
  if (!json.EnterObject()) return outer == nullptr ? json.status() : outer->Wrong(json);
  while (const auto key = json.NextKey()) {
    const std::string name(*key);
    ASSIGN_OR_RETURN(const bool known, read(name, Place(name, outer)));
    if (!known && !json.Skip()) return json.status();
  }
  return json.ok() ? Status() : json.status();
}

Result<bool> Known(Status status) {
  if (!status.ok()) return status;
  return true;
}

template <typename T>
Result<T> Required(std::optional<T> value, std::string_view field, std::string_view expected) {
  if (!value) return Place(field, nullptr).Wrong(expected, "nothing");
  return *std::move(value);
}

Status ReadHandle(JsonCursor& json, const Place& place, std::optional<std::string>& handle) {
  if (handle) return place.GivenTwice();
  std::optional<std::string> text;
  RETURN_IF_ERROR(ReadMembers(json, &place, [&](const std::string& key, const Place& at) -> Result<bool> {
    return key == "b64" ? Known(ReadField(json, at, text)) : Result<bool>(false);
  }));
  if (!text) return Place("b64", &place).Wrong("the handle in Base64", "nothing");
  Result<std::string> bytes = DecodeBase64(*text);
  if (!bytes.ok()) return std::move(bytes).status().Within(Place("b64", &place).text());
  handle = *std::move(bytes);
  return {};
}

}  // namespace

Result<SystemRegionMessage> DecodeSystemRegister(std::string_view text) {
  JsonCursor json(text);
  std::optional<std::string> key;
  std::optional<uint64_t> offset;
  std::optional<uint64_t> byte_size;
  RETURN_IF_ERROR(ReadMembers(json, nullptr, [&](const std::string& name, const Place& place) -> Result<bool> {
    if (name == "key") return Known(ReadField(json, place, key));
    if (name == "offset") return Known(ReadField(json, place, offset));
    if (name == "byte_size") return Known(ReadField(json, place, byte_size));
    return false;
  }));
  if (!json.Finish()) return json.status();
  SystemRegionMessage region{.name = {}, .key = {}, .offset = offset.value_or(0)};
  ASSIGN_OR_RETURN(region.key, Required(std::move(key), "key", "the name of the memory"));
  ASSIGN_OR_RETURN(region.byte_size, Required(byte_size, "byte_size", "a number of bytes"));
  return region;
}

Result<CudaRegisterMessage> DecodeCudaRegister(std::string_view text) {
  JsonCursor json(text);
  std::optional<std::string> handle;
  std::optional<uint64_t> device_id;
  std::optional<uint64_t> byte_size;
  RETURN_IF_ERROR(ReadMembers(json, nullptr, [&](const std::string& name, const Place& place) -> Result<bool> {
    if (name == "raw_handle") return Known(ReadHandle(json, place, handle));
    if (name == "device_id") return Known(ReadField(json, place, device_id));
    if (name == "byte_size") return Known(ReadField(json, place, byte_size));
    return false;
  }));
  if (!json.Finish()) return json.status();
  CudaRegisterMessage message;
  ASSIGN_OR_RETURN(message.raw_handle, Required(std::move(handle), "raw_handle", "an object with the handle"));
  ASSIGN_OR_RETURN(message.region.device_id, Required(device_id, "device_id", "the number of a GPU"));
  ASSIGN_OR_RETURN(message.region.byte_size, Required(byte_size, "byte_size", "a number of bytes"));
  return message;
}

std::string EncodeSystemStatus(std::span<const SystemRegionMessage> regions) {
  std::string json = "[";
  for (const SystemRegionMessage& region : regions) {
    if (json.size() > 1) json += ',';
    ObjectWriter object(json);
    object.Member("name", std::string_view(region.name));
    object.Member("key", std::string_view(region.key));
    object.Member("offset", region.offset);
    object.Member("byte_size", region.byte_size);
    object.Close();
  }
  return json + "]";
}

std::string EncodeCudaStatus(std::span<const CudaRegionMessage> regions) {
  std::string json = "[";
  for (const CudaRegionMessage& region : regions) {
    if (json.size() > 1) json += ',';
    ObjectWriter object(json);
    object.Member("name", std::string_view(region.name));
    object.Member("device_id", region.device_id);
    object.Member("byte_size", region.byte_size);
    object.Close();
  }
  return json + "]";
}

}  // namespace trireme::kserve
