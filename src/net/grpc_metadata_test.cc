// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::net {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(GrpcMetadata, MessagesArePercentEncoded) {
  EXPECT_EQ(PercentEncode("no model 'a b'"), "no model 'a b'");
  EXPECT_EQ(PercentEncode("100 % \xc3\xbc\n~"), "100 %25 %C3%BC%0A~");
  EXPECT_EQ(PercentEncode(""), "");
}

TEST(GrpcMetadata, BytesAreBase64WithoutPadding) {
  EXPECT_EQ(EncodeBinaryMetadata(""), "");
  EXPECT_EQ(EncodeBinaryMetadata("f"), "Zg");
  EXPECT_EQ(EncodeBinaryMetadata("fo"), "Zm8");
  EXPECT_EQ(EncodeBinaryMetadata("foo"), "Zm9v");
  EXPECT_EQ(EncodeBinaryMetadata("\xff\xfe\xfd\xfc"), "//79/A");
}

TEST(GrpcMetadata, BytesAreReadWithAndWithoutPadding) {
  EXPECT_THAT(*DecodeBinaryMetadata("Zg"), ElementsAre("f"));
  EXPECT_THAT(*DecodeBinaryMetadata("Zg=="), ElementsAre("f"));
  EXPECT_THAT(*DecodeBinaryMetadata("Zm8"), ElementsAre("fo"));
  EXPECT_THAT(*DecodeBinaryMetadata("Zm9v"), ElementsAre("foo"));
  EXPECT_THAT(*DecodeBinaryMetadata(""), ElementsAre(""));
}

TEST(GrpcMetadata, SeveralAreJoinedWithCommas) {
  EXPECT_THAT(*DecodeBinaryMetadata("Zg, Zm8=,Zm9v"), ElementsAre("f", "fo", "foo"));
  EXPECT_THAT(*DecodeBinaryMetadata("Zg,"), ElementsAre("f", ""));
}

TEST(GrpcMetadata, WhatIsNoBase64IsRefused) {
  for (const char* wrong : {"Z", "Zg=", "Z===", "Z g=", "Zh", "Zg==Zg==", "-_8"}) {
    EXPECT_EQ(DecodeBinaryMetadata(wrong).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(GrpcMetadata, ReadsWhatItWrote) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (size_t size = 0; size < all.size(); ++size) {
    const std::string bytes = all.substr(0, size);
    EXPECT_THAT(*DecodeBinaryMetadata(EncodeBinaryMetadata(bytes)), ElementsAre(bytes));
  }
}

TEST(GrpcMetadata, AStatusTravelsAsTrailers) {
  EXPECT_THAT(StatusTrailers({}), ElementsAre(Pair("grpc-status", "0")));
  const GrpcStatus status{.code = GrpcCode::kResourceExhausted,
                          .message = "75 %",
                          .metadata = {{"grpc-retry-pushback-ms", "1000"}, {"trace-bin", "\xff"}}};
  EXPECT_THAT(StatusTrailers(status), ElementsAre(Pair("grpc-status", "8"), Pair("grpc-message", "75 %25"),
                                                  Pair("grpc-retry-pushback-ms", "1000"), Pair("trace-bin", "/w")));
}

TEST(GrpcMetadata, AMessageThatFewClientsWouldTakeIsCutBehindACharacter) {
  const auto sent = [](std::string message) {
    return StatusTrailers({.code = GrpcCode::kNotFound, .message = std::move(message), .metadata = {}}).at(1).second;
  };
  EXPECT_EQ(sent(std::string(4096, 'x')), std::string(4096, 'x'));
  EXPECT_EQ(sent(std::string(4097, 'x')), std::string(4093, 'x') + "...");
  EXPECT_EQ(sent(std::string(100'000'000, 'x')).size(), 4096U);
  for (size_t before = 0; before < 12; ++before) {
    std::string message(before, 'x');
    std::string encoded(before, 'x');
    while (message.size() < 5000) message += "\xe2\x82\xac";
    while (encoded.size() + 9 + 3 <= 4096) encoded += "%E2%82%AC";
    EXPECT_EQ(sent(message), encoded + "...");
  }
  EXPECT_EQ(sent(std::string(5000, '\x80')), "...");
}

TEST(GrpcMetadata, NamesAndValuesThatCannotTravelDoNot) {
  const GrpcStatus status{
      .code = GrpcCode::kOk,
      .message = "",
      .metadata = {
          {"Upper", "x"}, {"", "x"}, {":path", "x"}, {"grpc-status", "3"}, {"a b", "x"}, {"fine", "one\r\ntwo"}}};
  EXPECT_THAT(StatusTrailers(status), ElementsAre(Pair("grpc-status", "0"), Pair("fine", "one??two")));
}

}  // namespace
}  // namespace trireme::net
