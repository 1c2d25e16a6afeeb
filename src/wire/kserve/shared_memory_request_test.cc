// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/shared_memory_request.h"

#include <gtest/gtest.h>

#include <vector>

namespace trireme::kserve {
namespace {

TEST(SharedMemoryRequest, ReadsASystemRegion) {
  const auto region = DecodeSystemRegister(R"({"key":"/in","offset":64,"byte_size":128,"more":[1]})");
  ASSERT_TRUE(region.ok()) << region.status();
  EXPECT_EQ(region->key, "/in");
  EXPECT_EQ(region->offset, 64U);
  EXPECT_EQ(region->byte_size, 128U);
  EXPECT_EQ(DecodeSystemRegister(R"({"key":"/in","byte_size":1})")->offset, 0U);
}

TEST(SharedMemoryRequest, NamesTheFieldThatIsWrong) {
  const auto text = [](std::string_view json) { return DecodeSystemRegister(json).status().message(); };
  EXPECT_EQ(text(R"({"byte_size":1})"), "key: expected the name of the memory, found nothing");
  EXPECT_EQ(text(R"({"key":"/in"})"), "byte_size: expected a number of bytes, found nothing");
  for (const char* json :
       {R"({"key":1,"byte_size":1})", R"({"key":"/in","byte_size":-1})", R"({"key":"/in","byte_size":"1"})",
        R"({"key":"/in","byte_size":1,"byte_size":2})", R"([])", "", R"({"key":"/in","byte_size":1}x)",
        R"({"key":"/in","byte_size":99999999999999999999})"}) {
    EXPECT_EQ(DecodeSystemRegister(json).status().code(), StatusCode::kInvalidArgument) << json;
  }
}

TEST(SharedMemoryRequest, ReadsACudaRegion) {
  const auto message = DecodeCudaRegister(R"({"raw_handle":{"b64":"AAEC"},"device_id":3,"byte_size":128})");
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->raw_handle, std::string("\0\1\2", 3));
  EXPECT_EQ(message->region.device_id, 3U);
  EXPECT_EQ(message->region.byte_size, 128U);
  for (const char* json :
       {R"({"raw_handle":"AAEC","device_id":3,"byte_size":1})", R"({"raw_handle":{},"device_id":3,"byte_size":1})",
        R"({"raw_handle":{"b64":"A"},"device_id":3,"byte_size":1})", R"({"device_id":3,"byte_size":1})",
        R"({"raw_handle":{"b64":"AAEC"},"device_id":-3,"byte_size":1})"}) {
    EXPECT_EQ(DecodeCudaRegister(json).status().code(), StatusCode::kInvalidArgument) << json;
  }
}

TEST(SharedMemoryRequest, WritesStatus) {
  EXPECT_EQ(EncodeSystemStatus({}), "[]");
  const std::vector<SystemRegionMessage> regions = {{.name = "a", .key = "/k", .offset = 1, .byte_size = 2},
                                                    {.name = "b", .key = "/k", .offset = 0, .byte_size = 1}};
  EXPECT_EQ(EncodeSystemStatus(regions),
            R"([{"name":"a","key":"/k","offset":1,"byte_size":2},{"name":"b","key":"/k","offset":0,"byte_size":1}])");
  const std::vector<CudaRegionMessage> cuda = {{.name = "g", .device_id = 1, .byte_size = 2}};
  EXPECT_EQ(EncodeCudaStatus(cuda), R"([{"name":"g","device_id":1,"byte_size":2}])");
}

}  // namespace
}  // namespace trireme::kserve
