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
using ::testing::Not;

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
                             "max_request_size=1000\nmetrics_mode=log\nasync_logging=true\njob_queue_size=5\n"
                             "default_response_timeout=7\ndefault_startup_timeout=8\nunregister_model_timeout=9\n");
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
  EXPECT_THAT(options->torchserve.remarks, Contains(HasSubstr("unregister_model_timeout is not honoured")));
  EXPECT_EQ(listeners.dialect.job_queue_size, 5U);
  EXPECT_EQ(listeners.dialect.default_response_timeout, std::chrono::seconds(7));
  EXPECT_EQ(listeners.dialect.default_startup_timeout, std::chrono::seconds(8));
}

TEST_F(TorchserveSettingsTest, PropertiesAreOfTheDialectThatReadsThem) {
  const auto implied = Serve({"store"}, "inference_address=http://127.0.0.1:9090\n");
  ASSERT_TRUE(implied.ok()) << implied.status();
  EXPECT_TRUE(implied->torchserve.listeners.allow);
  EXPECT_FALSE(implied->allow_http) << "as with --dialects torchserve";
  EXPECT_THAT(Serve({"store", "--dialects", "kserve"}, "metrics_mode=log\n").status().message(),
              HasSubstr("ts-config: expected torchserve among --dialects"));
}

TEST_F(TorchserveSettingsTest, EncryptedAddressesNeedACertificate) {
  const std::string addresses = "inference_address=https://127.0.0.1:8443\nmanagement_address=http://127.0.0.1:8081\n";
  EXPECT_THAT(
      Serve({"store"}, addresses).status().message(),
      HasSubstr("config.properties: inference_address: https:// expects private_key_file and certificate_file"));
  const auto both = Serve({"store"}, addresses + "private_key_file=key.pem\ncertificate_file=cert.pem\n");
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(TorchserveListenersOf(*both).port, 8443);
  EXPECT_EQ(both->tls.certificate, "cert.pem");
  EXPECT_THAT(both->torchserve.remarks, Contains(HasSubstr("every listener is encrypted")));
}

TEST_F(TorchserveSettingsTest, TorchServesCommandLineIsUnderstoodOrToldHowToWriteIt) {
  const auto options = Serve({"store", "--start", "--ncs", "--foreground", "--models", "a.mar"}, "metrics_mode=log\n");
  ASSERT_TRUE(options.ok()) << options.status();
  for (const char* flag : {"--start", "--ncs", "--foreground"}) {
    EXPECT_THAT(options->torchserve.remarks, Contains(HasSubstr(std::string(flag) + " is not needed")));
  }
  EXPECT_THAT(Serve({"--models", "a.mar", "b.mar"}, "metrics_mode=log\n").status().message(),
              HasSubstr("--models: expected one list, such as a.mar,name=b.mar"));
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

TEST_F(TorchserveSettingsTest, SaysThatAControlModeGivesWayToModelsRegisteredByName) {
  const auto remarks = [&](const std::string& mode, const std::string& properties) {
    std::vector<std::string> words = {"store", "--dialects", "torchserve"};
    if (!mode.empty()) words.insert(words.end(), {"--model-control-mode", mode});
    const auto options = Serve(words, properties);
    EXPECT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->control, ModelControl::Mode::kExplicit);
    std::string joined;
    for (const std::string& remark : options->torchserve.remarks) joined += remark + "\n";
    return joined;
  };
  EXPECT_THAT(remarks("poll", "enable_model_api=true\n"),
              HasSubstr("model-control-mode poll is not honoured: enable-model-api (enable_model_api) has"));
  EXPECT_THAT(remarks("none", "load_models=all\n"),
              HasSubstr("model-control-mode none is not honoured: torchserve-models"));
  for (const char* mode : {"", "explicit"}) {
    EXPECT_THAT(remarks(mode, "load_models=all\n"), Not(HasSubstr("model-control-mode")));
  }
}

TEST_F(TorchserveSettingsTest, RefusesPropertiesThatAreWrong) {
  EXPECT_THAT(Serve({"store", "--dialects", "torchserve"}, "inference_address=unix:/a\n").status().message(),
              HasSubstr("inference_address: expected an address of http:// or https://"));
  EXPECT_FALSE(Serve({"store", "--dialects", "torchserve"}, "grpc_inference_port=many\n").ok());
  EXPECT_FALSE(Serve({"store", "--ts-config", "/nowhere/at/all"}).ok());
  EXPECT_THAT(Serve({"store", "--ts-config", folder_.string()}).status().message(),
              HasSubstr(folder_.string() + ": expected a file of at most 8388608 bytes, found a folder"));
}

TEST_F(TorchserveSettingsTest, ModelsAreRegisteredFromAStore) {
  EXPECT_THAT(Serve({"--sagemaker-models", "/tmp", "--dialects", "sagemaker,torchserve", "--torchserve-port", "7",
                     "--model-control-mode", "explicit", "--enable-model-api"})
                  .status()
                  .message(),
              HasSubstr("expected a path, the model store, found none"));
  const auto options = Serve({"store", "more", "--dialects", "torchserve", "--enable-model-api"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(RepositoriesOf(*options), std::vector<std::filesystem::path>{"more"});
  EXPECT_EQ(RepositoriesOf(*Serve({"store"})), std::vector<std::filesystem::path>{"store"});
  EXPECT_TRUE(RepositoriesOf(ServeOptions()).empty());
}

TEST_F(TorchserveSettingsTest, AFileOfPropertiesHasItsBounds) {
  EXPECT_THAT(Serve({"store", "--dialects", "torchserve"}, "#" + std::string(9 << 20, 'x')).status().message(),
              HasSubstr("found a file of more than 8388608 bytes"));
}

TEST_F(TorchserveSettingsTest, TokensAreAskedForWhereSomebodySaysSo) {
  const auto tokens = [&](std::vector<std::string> more, const std::string& properties = "metrics_mode=log\n") {
    std::vector<std::string> words = {"store", "--dialects", "torchserve"};
    words.insert(words.end(), more.begin(), more.end());
    const auto options = Serve(words, properties);
    EXPECT_TRUE(options.ok()) << options.status();
    return TorchserveListenersOf(*options).tokens;
  };
  EXPECT_FALSE(tokens({}));
  EXPECT_TRUE(tokens({"--torchserve-token-auth", "on"}));
  EXPECT_FALSE(tokens({"--torchserve-token-auth", "on", "--disable-token-auth"}));
  EXPECT_FALSE(tokens({}, "disable_token_authorization=true\n"));
  const auto said = tokens({}, "disable_token_authorization=false\ntoken_expiration_min=5\n");
  ASSERT_TRUE(said);
  EXPECT_EQ(said->expiration, std::chrono::minutes(5));
  EXPECT_EQ(said->file, "key_file.json");
  EXPECT_FALSE(tokens({"--disable-token-auth"}, "disable_token_authorization=false\n"));
  EXPECT_THAT(Serve({"store", "--torchserve-token-auth", "on"}).status().message(),
              HasSubstr("torchserve-token-auth: expected torchserve among --dialects"));
}

TEST_F(TorchserveSettingsTest, WhoReliesOnTokensIsToldThatThereAreNone) {
  const auto says_so = [&](const std::string& properties, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"store", "--dialects", "torchserve"};
    words.insert(words.end(), more.begin(), more.end());
    return testing::Value(Serve(words, properties)->torchserve.remarks,
                          Contains(HasSubstr("nobody is asked for a token")));
  };
  EXPECT_TRUE(says_so("metrics_mode=log\n"));
  EXPECT_FALSE(says_so("disable_token_authorization=true\n"));
  EXPECT_FALSE(says_so("disable_token_authorization=false\n"));
  EXPECT_FALSE(says_so("metrics_mode=log\n", {"--torchserve-token-auth", "on"}));
  EXPECT_FALSE(says_so("metrics_mode=log\n", {"--disable-token-auth"}));
  EXPECT_FALSE(says_so("metrics_mode=log\n", {"--keys", "keys"}));
  EXPECT_FALSE(
      testing::Value(Serve({"store", "--dialects", "torchserve"})->torchserve.remarks, Contains(HasSubstr("token"))));
}

TEST_F(TorchserveSettingsTest, TokensAreKeysForOtherMachinesButNotForMetrics) {
  const auto why_not = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"store", "--dialects", "torchserve"};
    words.insert(words.end(), more.begin(), more.end());
    return Serve(words).status().message();
  };
  EXPECT_EQ(why_not({"--torchserve-address", "0.0.0.0", "--torchserve-token-auth", "on"}), "");
  EXPECT_EQ(why_not({"--http-address", "0.0.0.0", "--torchserve-metrics-address", "127.0.0.1",
                     "--torchserve-token-auth", "on"}),
            "");
  EXPECT_THAT(why_not({"--torchserve-metrics-address", "0.0.0.0", "--torchserve-token-auth", "on"}),
              HasSubstr("host '0.0.0.0' can be reached from other machines"));
  EXPECT_EQ(why_not({"--torchserve-metrics-address", "0.0.0.0", "--torchserve-token-auth", "on",
                     "--torchserve-allow-metrics", "off"}),
            "");
  EXPECT_THAT(why_not({"--torchserve-address", "0.0.0.0", "--torchserve-token-auth", "on", "--disable-token-auth"}),
              HasSubstr("host '0.0.0.0' can be reached from other machines"));
}

TEST_F(TorchserveSettingsTest, DownloadsHaveTheirBounds) {
  const auto options = Serve({"store", "--dialects", "torchserve", "--torchserve-allowed-urls", "https://h/.*",
                              "--torchserve-download-networks", "10.1.0.0/16,fd00::/8", "--torchserve-download-size",
                              "1GiB", "--torchserve-download-timeout", "90s"});
  ASSERT_TRUE(options.ok()) << options.status();
  const TorchserveListeners listeners = TorchserveListenersOf(*options);
  EXPECT_EQ(listeners.downloads.networks.size(), 2U);
  EXPECT_EQ(listeners.downloads.max_bytes, uint64_t{1} << 30);
  EXPECT_EQ(listeners.downloads.timeout, std::chrono::seconds(90));
  EXPECT_THAT(Serve({"store", "--torchserve-download-networks", "10.1.0.0/99"}).status().message(),
              HasSubstr("torchserve-download-networks: expected a network such as"));
}

TEST_F(TorchserveSettingsTest, OtherMachinesNeedMoreThanAnAddress) {
  EXPECT_THAT(Serve({"store", "--dialects", "torchserve", "--torchserve-address", "0.0.0.0"}).status().message(),
              HasSubstr("host '0.0.0.0' can be reached from other machines"));
}

TEST_F(TorchserveSettingsTest, SaysAtTheStartThatAStoreIsNoFolder) {
  const std::string file = (folder_ / "config.properties").string();
  const auto typo = Serve({}, "model_store=/nowhere/stroe\nworkflow_store=/nowhere/flows\nenable_model_api=true\n");
  ASSERT_TRUE(typo.ok()) << typo.status();
  EXPECT_THAT(
      typo->torchserve.remarks,
      Contains(file + ": model_store: expected a folder, found no such folder: '/nowhere/stroe'; nothing can be "
                      "registered from there until it is one"));
  EXPECT_THAT(typo->torchserve.remarks, Contains(HasSubstr("(workflow_store): expected a folder")));
  EXPECT_THAT(Serve({"/nowhere", "--dialects", "torchserve", "--enable-model-api"})->torchserve.remarks,
              Contains(HasSubstr("model store: expected a folder, found no such folder: '/nowhere'")));
  const auto right = Serve({}, "model_store=" + folder_.string() + "\nenable_model_api=true\n");
  EXPECT_THAT(right->torchserve.remarks, Not(Contains(HasSubstr("expected a folder"))));
}

TEST_F(TorchserveSettingsTest, SaysWhichModelsOfItsFileAreNotInTheStore) {
  std::ofstream(folder_ / "there.mar") << "x";
  const auto options = Serve({}, "model_store=" + folder_.string() +
                                     "\nenable_model_api=true\nmodels={\"a\":{\"1.0\":{\"marName\":\"there.mar\"}},"
                                     "\"b\":{\"2.0\":{\"marName\":\"gone.mar\"}},\"c\":{\"1\":{\"marName\":"
                                     "\"https://x/c.mar\"}}}\n");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->torchserve.remarks, Contains(HasSubstr("models: b: 2.0: there is no 'gone.mar' in the model")));
  EXPECT_THAT(options->torchserve.remarks, Not(Contains(HasSubstr("there.mar"))));
  EXPECT_THAT(options->torchserve.remarks, Not(Contains(HasSubstr("c.mar"))));
}

}  // namespace
}  // namespace trireme
