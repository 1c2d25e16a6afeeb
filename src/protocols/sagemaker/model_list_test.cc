// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/model_list.h"

#include <gtest/gtest.h>

namespace trireme::sagemaker {
namespace {

const std::vector<ListedModel> kModels = {{"a", "/m/a"}, {"b\"", "/m/b"}, {"c", "/m/c"}};

TEST(EncodeModels, HasATokenWhereThereIsMore) {
  EXPECT_EQ(EncodeModels(kModels, {.first = 0, .limit = 2}),
            R"({"models":[{"modelName":"a","modelUrl":"/m/a"},{"modelName":"b\"","modelUrl":"/m/b"}],)"
            R"("nextPageToken":"2"})");
  EXPECT_EQ(EncodeModels(kModels, {.first = 2, .limit = 2}), R"({"models":[{"modelName":"c","modelUrl":"/m/c"}]})");
  EXPECT_EQ(EncodeModels(kModels, {.first = 3, .limit = 2}), R"({"models":[]})");
  EXPECT_EQ(EncodeModels(kModels, {.first = SIZE_MAX, .limit = 2}), R"({"models":[]})");
  EXPECT_EQ(EncodeModels({}, {}), R"({"models":[]})");
}

TEST(ReadPage, BoundsTheLimit) {
  EXPECT_EQ(ReadPage("")->limit, 100);
  EXPECT_EQ(ReadPage("limit=7&next_page_token=14")->limit, 7);
  EXPECT_EQ(ReadPage("limit=7&next_page_token=14")->first, 14);
  EXPECT_EQ(ReadPage("limit=1000")->limit, 100);
  for (const char* query : {"limit=0", "limit=-1", "limit=x", "next_page_token=-1", "next_page_token=1x",
                            "limit=99999999999999999999999"}) {
    EXPECT_EQ(ReadPage(query).status().code(), StatusCode::kInvalidArgument) << query;
  }
}

}  // namespace
}  // namespace trireme::sagemaker
