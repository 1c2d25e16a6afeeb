// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/grpc_shared_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

TEST(GrpcSharedMemoryTest, ReadsRegistrations) {
  inference::SystemSharedMemoryRegisterRequest system;
  system.set_name("r");
  system.set_key("/k");
  system.set_offset(8);
  system.set_byte_size(std::numeric_limits<uint64_t>::max());
  const auto region = DecodeGrpcSystemRegister(AsBytes(system.SerializeAsString()));
  ASSERT_TRUE(region.ok()) << region.status();
  EXPECT_EQ(region->name, "r");
  EXPECT_EQ(region->key, "/k");
  EXPECT_EQ(region->offset, 8U);
  EXPECT_EQ(region->byte_size, std::numeric_limits<uint64_t>::max());

  inference::CudaSharedMemoryRegisterRequest cuda;
  cuda.set_name("c");
  cuda.set_raw_handle(std::string("\0\xff", 2));
  cuda.set_device_id(1);
  cuda.set_byte_size(64);
  const auto message = DecodeGrpcCudaRegister(AsBytes(cuda.SerializeAsString()));
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->region.name, "c");
  EXPECT_EQ(message->region.device_id, 1U);
  EXPECT_EQ(message->region.byte_size, 64U);
  EXPECT_EQ(message->raw_handle, std::string("\0\xff", 2));
}

TEST(GrpcSharedMemoryTest, RefusesFieldsOfTheWrongKind) {
  EXPECT_EQ(DecodeGrpcSystemRegister(AsBytes("\x1a\x01x")).status().message(),
            "SystemSharedMemoryRegisterRequest.offset: expected an integer, found bytes");
  EXPECT_EQ(DecodeGrpcRegionName("CudaSharedMemoryStatusRequest", AsBytes("\x08\x01")).status().message(),
            "CudaSharedMemoryStatusRequest.name: expected a string, found an integer");
  inference::CudaSharedMemoryRegisterRequest cuda;
  cuda.set_device_id(-1);
  EXPECT_EQ(DecodeGrpcCudaRegister(AsBytes(cuda.SerializeAsString())).status().message(),
            "CudaSharedMemoryRegisterRequest.device_id: expected a device from 0, found -1");
}

TEST(GrpcSharedMemoryTest, ReadsNamesOfRegions) {
  inference::SystemSharedMemoryUnregisterRequest request;
  request.set_name("r");
  EXPECT_EQ(*DecodeGrpcRegionName("SystemSharedMemoryUnregisterRequest", AsBytes(request.SerializeAsString())), "r");
  EXPECT_EQ(*DecodeGrpcRegionName("SystemSharedMemoryUnregisterRequest", {}), "");
}

TEST(GrpcSharedMemoryTest, TellsWhichRegionsThereAre) {
  const SystemRegionMessage region{.name = "r", .key = "/k", .offset = 8, .byte_size = 64};
  inference::SystemSharedMemoryStatusResponse system;
  ASSERT_TRUE(system.ParseFromString(EncodeGrpcSystemStatus(std::span(&region, 1))));
  ASSERT_EQ(system.regions_size(), 1);
  EXPECT_EQ(system.regions().at("r").name(), "r");
  EXPECT_EQ(system.regions().at("r").key(), "/k");
  EXPECT_EQ(system.regions().at("r").offset(), 8U);
  EXPECT_EQ(system.regions().at("r").byte_size(), 64U);

  const CudaRegionMessage cuda_region{.name = "c", .device_id = 1, .byte_size = 64};
  inference::CudaSharedMemoryStatusResponse cuda;
  ASSERT_TRUE(cuda.ParseFromString(EncodeGrpcCudaStatus(std::span(&cuda_region, 1))));
  EXPECT_EQ(cuda.regions().at("c").device_id(), 1U);
  EXPECT_EQ(EncodeGrpcCudaStatus({}), "");
}

}  // namespace
}  // namespace trireme::kserve
