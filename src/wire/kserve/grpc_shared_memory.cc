// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/grpc_shared_memory.h"

#include "proto/grpc_service.pb.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::kserve {

Result<std::string> DecodeGrpcRegionName(std::string_view message, std::span<const std::byte> bytes) {
  std::string name;
  const Place place(message, nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    return field.number == 1 ? ReadProto(field, Place("name", &place), name) : Status();
  }));
  return name;
}

Result<SystemRegionMessage> DecodeGrpcSystemRegister(std::span<const std::byte> bytes) {
  SystemRegionMessage region;
  const Place place("SystemSharedMemoryRegisterRequest", nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    switch (field.number) {
      case 1:
        return ReadProto(field, Place("name", &place), region.name);
      case 2:
        return ReadProto(field, Place("key", &place), region.key);
      case 3:
        return ReadProto(field, Place("offset", &place), region.offset);
      case 4:
        return ReadProto(field, Place("byte_size", &place), region.byte_size);
      default:
        return Status();
    }
  }));
  return region;
}

std::string EncodeGrpcSystemStatus(std::span<const SystemRegionMessage> regions) {
  inference::SystemSharedMemoryStatusResponse response;
  for (const SystemRegionMessage& region : regions) {
    const std::string name = Utf8OrReplaced(region.name);
    auto& status = (*response.mutable_regions())[name];
    status.set_name(name);
    status.set_key(Utf8OrReplaced(region.key));
    status.set_offset(region.offset);
    status.set_byte_size(region.byte_size);
  }
  return response.SerializeAsString();
}

Result<CudaRegisterMessage> DecodeGrpcCudaRegister(std::span<const std::byte> bytes) {
  CudaRegisterMessage message;
  int64_t device_id = 0;
  std::string_view raw_handle;
  const Place place("CudaSharedMemoryRegisterRequest", nullptr);
  const Place device("device_id", &place);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    switch (field.number) {
      case 1:
        return ReadProto(field, Place("name", &place), message.region.name);
      case 2:
        return ReadProtoBytes(field, Place("raw_handle", &place), "bytes", raw_handle);
      case 3:
        return ReadProto(field, device, device_id);
      case 4:
        return ReadProto(field, Place("byte_size", &place), message.region.byte_size);
      default:
        return Status();
    }
  }));
  if (device_id < 0) return device.Wrong("a device from 0", std::to_string(device_id));
  message.region.device_id = static_cast<uint64_t>(device_id);
  message.raw_handle = raw_handle;
  return message;
}

std::string EncodeGrpcCudaStatus(std::span<const CudaRegionMessage> regions) {
  inference::CudaSharedMemoryStatusResponse response;
  for (const CudaRegionMessage& region : regions) {
    const std::string name = Utf8OrReplaced(region.name);
    auto& status = (*response.mutable_regions())[name];
    status.set_name(name);
    status.set_device_id(region.device_id);
    status.set_byte_size(region.byte_size);
  }
  return response.SerializeAsString();
}

}  // namespace trireme::kserve
