// SPDX-License-Identifier: Apache-2.0
#include "client/server_metadata.h"

#include <gtest/gtest.h>

namespace trireme::client {
namespace {

TEST(ServerMetadataTest, ReadsNameAndVersion) {
  const auto metadata = DecodeServerMetadata(R"({"name":"trireme","version":"1.2","extensions":["a",{"b":1}]})");
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->name, "trireme");
  EXPECT_EQ(metadata->version, "1.2");
}

TEST(ServerMetadataTest, WhatItDoesNotSayIsEmpty) {
  const auto metadata = DecodeServerMetadata("{}");
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->name + metadata->version, "");
}

TEST(ServerMetadataTest, RefusesWhatIsNone) {
  for (const char* text : {"", "[]", R"({"name":1})", "{}x", R"({"name":"a")"}) {
    EXPECT_EQ(DecodeServerMetadata(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace trireme::client
