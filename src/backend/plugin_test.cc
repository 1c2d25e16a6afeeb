// SPDX-License-Identifier: Apache-2.0
#include "backend/plugin.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "backend/backend_set.h"
#include "backend/testing/fake_backend.h"

namespace trireme {
namespace {

class PluginTest : public testing::Test {
 protected:
  PluginTest() { std::filesystem::create_directories(folder_); }
  ~PluginTest() override { std::filesystem::remove_all(folder_); }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("plugin_test." + std::to_string(getpid()));
  MemoryPool pool_;
  const Logger log_{STDERR_FILENO, Logger::Form::kText, LogLevel::kError};
  const PluginHost host_{.pool = pool_, .log = log_, .folder = folder_};
};

TEST_F(PluginTest, SaysWhichFileIsMissing) {
  const auto opened = OpenPlugin("none", host_);
  EXPECT_EQ(opened.status().code(), StatusCode::kNotFound);
  EXPECT_NE(opened.status().message().find("libtrireme_none.so"), std::string::npos);
}

TEST_F(PluginTest, RefusesAFileThatIsNoLibrary) {
  std::ofstream(folder_ / "libtrireme_text.so") << "not a library";
  EXPECT_NE(OpenPlugin("text", host_).status().message().find("cannot be opened"), std::string::npos);
}

TEST_F(PluginTest, RefusesALibraryThatIsNoPlugin) {
  std::filesystem::create_symlink("/lib/x86_64-linux-gnu/libm.so.6", folder_ / "libtrireme_m.so");
  EXPECT_NE(OpenPlugin("m", host_).status().message().find("has no symbol trireme_plugin"), std::string::npos);
}

TEST_F(PluginTest, BackendsAreChosenByTheFile) {
  BackendSet backends(host_);
  backends.Add(MakeFakeBackend(std::make_shared<FakeScript>()));
  EXPECT_EQ((*backends.For("/m/model.onnx"))->platform(), "fake_platform");
  EXPECT_EQ(backends.For("/m/model.xyz").status().code(), StatusCode::kUnsupported);
}

TEST_F(PluginTest, ABackendThatIsNotThereSaysSo) {
  BackendSet backends(host_);
  EXPECT_EQ(backends.For("/m/model.onnx").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace trireme
