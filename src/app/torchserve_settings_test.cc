// SPDX-License-Identifier: Apache-2.0
#include "app/torchserve_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace trireme {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class TorchserveSettingsTest : public testing::Test {
 protected:
  TorchserveSettingsTest() {
    std::string name = "/tmp/torchserve_settings_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~TorchserveSettingsTest() override { std::filesystem::remove_all(folder_); }

  Result<ServeOptions> Serve(std::vector<std::string> words, const std::string& properties = {}) {
    words.insert(words.begin(), "serve");
    if (!properties.empty()) {
      std::ofstream(folder_ / "config.properties") << properties;
      words.insert(words.end(), {"--ts-config", (folder_ / "config.properties").string()});
    }
    Result<Command> command = ParseCommand(words, [](const std::string&) { return std::nullopt; });
    if (!command.ok()) return std::move(command).status();
    return std::get<ServeOptions>(*std::move(command));
  }

  std::filesystem::path folder_;
};

TEST_F(TorchserveSettingsTest, WhoRegistersModelsHasThemControlledByName) {
  const auto plain = Serve({"store", "--dialects", "torchserve"});
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->control, ModelControl::Mode::kWatch);
  for (const std::vector<std::string>& flags :
       std::vector<std::vector<std::string>>{{"--enable-model-api"}, {"--models", "all"}, {"--models", "a=b.mar"}}) {
    std::vector<std::string> words = {"store", "--dialects", "torchserve"};
    words.insert(words.end(), flags.begin(), flags.end());
    const auto by_name = Serve(words);
    ASSERT_TRUE(by_name.ok()) << by_name.status();
    EXPECT_EQ(by_name->control, ModelControl::Mode::kExplicit) << flags.front();
  }
}

TEST_F(TorchserveSettingsTest, TheApiForModelsNeedsItsDialect) {
  EXPECT_THAT(Serve({"store", "--enable-model-api"}).status().message(),
              HasSubstr("enable-model-api: expected torchserve among --dialects"));
}

TEST_F(TorchserveSettingsTest, ReadsPropertiesAndFlagsGoBefore) {
  const auto options = Serve({"--dialects", "torchserve", "--torchserve-management-port", "7"},
                             "inference_address=http://127.0.0.2:9090\nmanagement_address=http://127.0.0.1:9091\n"
                             "grpc_inference_port=9070\nmodel_store=store\nworkflow_store=flows\nload_models=a=b.mar\n"
                             "max_request_size=1000\nmetrics_mode=log\nasync_logging=true\njob_queue_size=5\n");
  ASSERT_TRUE(options.ok()) << options.status();
  const TorchserveListeners listeners = TorchserveListenersOf(*options);
  EXPECT_EQ(listeners.host, "127.0.0.2");
  EXPECT_EQ(listeners.port, 9090);
  EXPECT_EQ(listeners.management_port, 7);
  EXPECT_EQ(listeners.grpc_port, 9070);
  EXPECT_EQ(listeners.dialect.model_store, "store");
  EXPECT_EQ(listeners.dialect.workflow_store, "flows");
  EXPECT_EQ(listeners.dialect.load_models.size(), 1U);
  EXPECT_EQ(listeners.dialect.metrics_mode, torchserve::MetricsMode::kLog);
  EXPECT_EQ(options->limits.max_body_bytes, 1000U);
  EXPECT_THAT(options->torchserve.remarks, Contains(HasSubstr("async_logging is not honoured")));
  EXPECT_THAT(options->torchserve.remarks, Contains(HasSubstr("job_queue_size is not honoured")));
}

TEST_F(TorchserveSettingsTest, ASnapshotGoesBeforeModelsToLoad) {
  const auto options = Serve({"store", "--dialects", "torchserve"},
                             R"(model_snapshot={"name":"s","models":{"m":{"1.0":{"marName":"m.mar"}}}})"
                             "\nload_models=all\n");
  ASSERT_TRUE(options.ok()) << options.status();
  const torchserve::Options& dialect = options->torchserve.listeners.dialect;
  EXPECT_FALSE(dialect.load_all);
  ASSERT_EQ(dialect.snapshot_models.size(), 1U);
  EXPECT_THAT(options->torchserve.remarks, Contains(HasSubstr("load_models is not honoured: model_snapshot says")));
}

TEST_F(TorchserveSettingsTest, RefusesPropertiesThatAreWrong) {
  EXPECT_THAT(Serve({"store", "--dialects", "torchserve"}, "inference_address=unix:/a\n").status().message(),
              HasSubstr("inference_address: expected an address of http://"));
  EXPECT_FALSE(Serve({"store", "--dialects", "torchserve"}, "grpc_inference_port=many\n").ok());
  EXPECT_FALSE(Serve({"store", "--ts-config", "/nowhere/at/all"}).ok());
  EXPECT_THAT(Serve({"store", "--ts-config", folder_.string()}).status().message(),
              HasSubstr("expected a file, found a folder"));
}

TEST_F(TorchserveSettingsTest, OtherMachinesNeedMoreThanAnAddress) {
  EXPECT_THAT(Serve({"store", "--dialects", "torchserve", "--torchserve-address", "0.0.0.0"}).status().message(),
              HasSubstr("host '0.0.0.0' can be reached from other machines"));
}

}  // namespace
}  // namespace trireme
