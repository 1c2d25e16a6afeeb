// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace trireme::torch_backend {
namespace {

using testing::HasSubstr;

ByteRange Bytes(std::string bytes) {
  const uint64_t size = bytes.size();
  return {.size = size, .read = [kept = std::move(bytes)](uint64_t offset, std::span<char> to) -> Status {
            if (offset > kept.size() || to.size() > kept.size() - offset) return Internal("read beyond the end");
            std::memcpy(to.data(), kept.data() + offset, to.size());
            return {};
          }};
}

void Put(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out.push_back(i < 8 ? static_cast<char>(value >> (8 * i)) : char{0});
}

struct File {
  std::string name;
  uint32_t bytes = 0;
  uint32_t packed_bytes = 0;
  uint16_t method = 0;
  uint32_t checksum = 0;
  bool absent = false;  // it is in the list alone
};

// Files of zeros: a record of each, then the list of contents.
std::string Zip(const std::vector<File>& files) {
  std::string zip;
  std::vector<size_t> offsets;
  for (const File& file : files) {
    offsets.push_back(zip.size());
    zip += "PK\3\4";
    Put(zip, 0, 22);
    Put(zip, file.name.size(), 2);
    Put(zip, 0, 2);
    zip += file.name + std::string(file.absent ? 0 : file.packed_bytes, '\0');
  }
  const size_t body = zip.size();
  for (size_t i = 0; i < files.size(); ++i) {
    const File& file = files[i];
    zip += "PK\1\2";
    Put(zip, 0, 6);
    Put(zip, file.method, 2);
    Put(zip, 0, 4);
    Put(zip, file.checksum, 4);
    Put(zip, file.packed_bytes, 4);
    Put(zip, file.bytes, 4);
    Put(zip, file.name.size(), 2);
    Put(zip, 0, 12);
    Put(zip, offsets[i], 4);
    zip += file.name;
  }
  const size_t directory = zip.size() - body;
  zip += "PK\5\6";
  Put(zip, 0, 4);
  Put(zip, files.size(), 2);
  Put(zip, files.size(), 2);
  Put(zip, directory, 4);
  Put(zip, body, 4);
  Put(zip, 0, 2);
  return zip;
}

const std::vector<File> kModule = {
    {"m/data.pkl"}, {"m/code/a.py"}, {"m/constants.pkl"}, {"m/version"}, {"m/data/0", 40, 40}};

std::string Error(const std::string& bytes) {
  const Result<Archive> read = ReadArchive(Bytes(bytes));
  EXPECT_FALSE(read.ok());
  EXPECT_EQ(read.status().code(), StatusCode::kInvalidArgument);
  return read.status().message();
}

TEST(ReadArchive, KnowsATorchScriptFile) {
  const Result<Archive> read = ReadArchive(Bytes(Zip(kModule)));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->tensor_bytes, 40U);
}

TEST(ReadArchive, SaysWhatOtherFilesAre) {
  EXPECT_THAT(Error(Zip({{"m/data.pkl"}, {"m/data/0"}, {"m/version"}})), HasSubstr("state_dict"));
  EXPECT_THAT(Error(Zip({{"m/models/model.json"}, {"m/data.pkl"}})), HasSubstr("torch.export"));
  EXPECT_THAT(Error(Zip({{"a.txt"}})), HasSubstr("no TorchScript file"));
  EXPECT_THAT(Error("\x80\x02}"), HasSubstr("never unpacks"));
  EXPECT_THAT(Error(""), HasSubstr("empty"));
  EXPECT_THAT(Error(std::string(5000, 'x')), HasSubstr("zip archive"));
}

TEST(ReadArchive, RefusesWhatClaimsMoreThanThereIs) {
  std::vector<File> files = kModule;
  for (int i = 0; i < 100; ++i) files.push_back({"m/data/same", 1000000000, 1000000000, 0, 0, /*absent=*/true});
  EXPECT_THAT(Error(Zip(files)), HasSubstr("claims to have more"));
  files = kModule;
  files.push_back({"m/code/bomb.py", 0x50000000, 10, 8});
  EXPECT_THAT(Error(Zip(files)), HasSubstr("claims to have more"));
  files = kModule;
  for (int i = 0; i < 100; ++i) files.push_back({"m/code/same.py", 1, 100000, 8, 0, /*absent=*/true});
  EXPECT_THAT(Error(Zip(files)), HasSubstr("claims to have more"));
}

TEST(ReadArchive, RefusesDamagedCodeAndLooksAtNoTensor) {
  std::vector<File> files = kModule;
  files.push_back({"m/data/1", 30, 30, 0, 12345});
  EXPECT_TRUE(ReadArchive(Bytes(Zip(files))).ok());
  files.push_back({"m/code/b.py", 30, 30, 0, 12345});
  EXPECT_THAT(Error(Zip(files)), HasSubstr("its record 'm/code/b.py' is damaged"));
}

TEST(ReadArchive, RefusesADamagedList) {
  const std::string whole = Zip(kModule);
  for (size_t end = 0; end < whole.size(); ++end) EXPECT_FALSE(ReadArchive(Bytes(whole.substr(0, end))).ok()) << end;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned mask : {0x01U, 0xFFU}) {
      std::string other = whole;
      other[at] = static_cast<char>(static_cast<unsigned char>(other[at]) ^ mask);
      const Result<Archive> read = ReadArchive(Bytes(other));
      EXPECT_TRUE(read.ok() || read.status().code() == StatusCode::kInvalidArgument) << at << ": " << read.status();
    }
  }
}

}  // namespace
}  // namespace trireme::torch_backend
