// SPDX-License-Identifier: Apache-2.0
#include "client/address_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/endpoint.h"

namespace trireme::client {
namespace {

using testing::HasSubstr;

sockaddr_storage AddressOf(const std::string& text) {
  const auto found = LookUpHost(text, 80);
  EXPECT_TRUE(found.ok()) << text;
  return found->front().address;
}

TEST(IsPublic, SaysYesOfTheInternet) {
  for (const char* text :
       {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "169.253.1.1", "100.63.255.255", "100.128.0.1",
        "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1", "2001:4860::8888"}) {
    EXPECT_TRUE(IsPublic(AddressOf(text))) << text;
  }
}

TEST(IsPublic, SaysNoOfEverythingElse) {
  for (const char* text : {"127.0.0.1",
                           "127.255.255.254",
                           "0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.0.1",
                           "169.254.169.254",
                           "169.254.0.1",
                           "100.64.0.1",
                           "100.127.255.255",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "198.18.0.1",
                           "198.51.100.1",
                           "203.0.113.1",
                           "::",
                           "::1",
                           "fe80::1",
                           "fec0::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "::ffff:169.254.169.254",
                           "::ffff:8.8.8.8",
                           "::127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "3fff::1",
                           "4000::1"}) {
    EXPECT_FALSE(IsPublic(AddressOf(text))) << text;
  }
  sockaddr_storage other{};
  other.ss_family = AF_UNIX;
  EXPECT_FALSE(IsPublic(other));
}

TEST(NetworkRange, ContainsWhatBeginsWithItsBits) {
  const auto contains = [](const char* range, const char* address) {
    return NetworkRange::Parse(range)->Contains(AddressOf(address));
  };
  EXPECT_TRUE(contains("10.1.0.0/16", "10.1.255.255"));
  EXPECT_FALSE(contains("10.1.0.0/16", "10.2.0.0"));
  EXPECT_TRUE(contains("10.1.2.128/25", "10.1.2.129"));
  EXPECT_FALSE(contains("10.1.2.128/25", "10.1.2.127"));
  EXPECT_TRUE(contains("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(contains("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1")) << "another family";
  EXPECT_TRUE(contains("fd00::/8", "fdff::1"));
  EXPECT_FALSE(contains("fd00::/8", "fc00::1"));
  EXPECT_FALSE(contains("127.0.0.0/8", "::ffff:127.0.0.1")) << "what is mapped is another address";
  EXPECT_TRUE(contains("::ffff:0:0/96", "::ffff:127.0.0.1"));
}

TEST(NetworkRange, IsNothingElse) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/8", "10.0.0/8", "host",
                           "10.0.0.0/8x", "fd00::/129", "fd00::1/8", "10.0.0.0/8/8"}) {
    EXPECT_THAT(NetworkRange::Parse(text).status().message(), HasSubstr("expected a network such as 10.1.0.0/16"))
        << text;
  }
}

}  // namespace
}  // namespace trireme::client
