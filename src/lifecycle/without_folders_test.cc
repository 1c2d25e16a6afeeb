// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/without_folders.h"

#include <gtest/gtest.h>

#include <vector>

namespace trireme {
namespace {

namespace fs = std::filesystem;

std::string Without(const std::vector<fs::path>& folders, const std::string& text) {
  return WithoutFolders(text, folders);
}

TEST(WithoutFolders, NamesFilesFromThere) {
  EXPECT_EQ(Without({"/srv/models"}, "/srv/models/m/1/model.onnx is bad"), "m/1/model.onnx is bad");
  EXPECT_EQ(Without({"/srv/models/"}, "\"/srv/models//m\" and '/srv/models/n'"), "\"m\" and 'n'");
  EXPECT_EQ(Without({"models"}, "models/m/config.pbtxt:3: no"), "m/config.pbtxt:3: no");
}

TEST(WithoutFolders, NamesAFolderItselfByItsLastName) {
  for (const char* folder : {"/srv/models", "/srv/models/"}) {
    EXPECT_EQ(Without({folder}, "no model in folder \"/srv/models\": none"), "no model in folder \"models\": none");
    EXPECT_EQ(Without({folder}, "no model in /srv/models/"), "no model in models");
    EXPECT_EQ(Without({folder}, "look into /srv/models."), "look into models.");
  }
}

TEST(WithoutFolders, TakesTheLongestFirst) {
  EXPECT_EQ(Without({"/srv", "/srv/models", "/srv/models/m"}, "/srv/models/m/1 and /srv/x"), "1 and x");
  EXPECT_EQ(Without({"/srv/a", "/srv/b"}, "\"/srv/a/m.onnx\" and \"/srv/b/m.onnx\""), "\"m.onnx\" and \"m.onnx\"");
}

TEST(WithoutFolders, KnowsThemAsTheyAreQuoted) {
  const fs::path folder = "/srv/a\nb/gr\xc3\xbcn";
  EXPECT_EQ(Without({folder}, R"("/srv/a\x0ab/gr\xc3\xbcn/m")"), R"("m")");
  EXPECT_EQ(Without({folder}, R"("/srv/a\x0ab/gr\xc3\xbcn")"), R"("gr\xc3\xbcn")");
  EXPECT_EQ(Without({folder}, "/srv/a\nb/gr\xc3\xbcn/m"), "m");
}

TEST(WithoutFolders, LeavesAloneWhatOnlyLooksLikeIt) {
  EXPECT_EQ(Without({"/models", "models"}, "my/models/x, my_models/x and /models2/x"),
            "my/models/x, my_models/x and /models2/x");
  EXPECT_EQ(Without({"", "/", "."}, "/a/b. Yes"), "/a/b. Yes");
}

}  // namespace
}  // namespace trireme
