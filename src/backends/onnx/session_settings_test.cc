// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/session_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace trireme::onnx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

Result<SessionSettings> Read(std::map<std::string, std::string> parameters) {
  return ReadSessionSettings({.runtime_parameters = std::move(parameters)});
}

TEST(SessionSettings, AreFastWithoutAnyParameter) {
  const auto settings = ReadSessionSettings({.threads = 2});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->optimization, SessionSettings::Optimization::kAll);
  EXPECT_EQ(settings->threads, 2);
  EXPECT_FALSE(settings->parallel);
  EXPECT_TRUE(settings->memory_arena);
  EXPECT_TRUE(settings->memory_pattern);
  EXPECT_FALSE(settings->shrink_arena);
  EXPECT_THAT(settings->entries, IsEmpty());
  EXPECT_THAT(settings->ignored, IsEmpty());
}

TEST(SessionSettings, NumberGraphLevelsAsTritonDoes) {
  using Optimization = SessionSettings::Optimization;
  const std::pair<int, Optimization> levels[] = {
      {-1, Optimization::kBasic}, {0, Optimization::kAll}, {1, Optimization::kExtended}, {2, Optimization::kNone}};
  for (const auto& [level, optimization] : levels) {
    EXPECT_EQ(ReadSessionSettings({.graph_optimization = level})->optimization, optimization) << level;
  }
  const auto other = ReadSessionSettings({.graph_optimization = 99});
  EXPECT_EQ(other->optimization, Optimization::kAll);
  EXPECT_THAT(other->ignored, ElementsAre("optimization.graph.level 99"));
}

TEST(SessionSettings, TakeTritonsParameters) {
  const auto settings = Read({{"execution_mode", "1"},
                              {"inter_op_thread_count", "3"},
                              {"intra_op_thread_count", "8"},
                              {"enable_mem_pattern", "FALSE"},
                              {"memory.enable_memory_arena_shrinkage", "cpu:0;gpu:0"},
                              {"session.use_device_allocator_for_initializers", "true"},
                              {"session.dynamic_block_base", "4"},
                              {"share_session_between_instances", "true"}});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_TRUE(settings->parallel);
  EXPECT_EQ(settings->inter_op_threads, 3);
  EXPECT_FALSE(settings->memory_pattern);
  EXPECT_TRUE(settings->shrink_arena);
  EXPECT_THAT(settings->entries, ElementsAre(Pair("session.dynamic_block_base", "4"),
                                             Pair("session.use_device_allocator_for_initializers", "1")));
  EXPECT_THAT(settings->ignored, ElementsAre("memory.enable_memory_arena_shrinkage (gpu:0)"));
}

TEST(SessionSettings, ShrinkNoArenaThatIsNotThere) {
  const auto settings = Read({{"enable_mem_arena", "0"}, {"memory.enable_memory_arena_shrinkage", "cpu:0"}});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_FALSE(settings->memory_arena);
  EXPECT_FALSE(settings->shrink_arena);
}

TEST(SessionSettings, PassOverWhatIsNotForThem) {
  const auto settings = Read({{"cudnn_conv_algo_search", "0"}, {"my_own_note", "anything"}});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_THAT(settings->ignored, ElementsAre("cudnn_conv_algo_search", "my_own_note"));
}

TEST(SessionSettings, NameWhatWasExpectedAndFound) {
  const std::pair<std::string, std::string> wrong[] = {
      {"execution_mode", "2"},
      {"execution_mode", "parallel"},
      {"inter_op_thread_count", "-1"},
      {"inter_op_thread_count", "1000000"},
      {"inter_op_thread_count", "2x"},
      {"enable_mem_arena", "yes"},
      {"enable_mem_pattern", ""},
      {"share_session_between_instances", "maybe"},
      {"memory.enable_memory_arena_shrinkage", "disk:0"},
      {"memory.enable_memory_arena_shrinkage", ""},
      {"session.disable_prepacking", "2"},
      {"session.dynamic_block_base", "-4"},
  };
  for (const auto& [key, value] : wrong) {
    const Status status = Read({{key, value}}).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << key << " " << value;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("parameters[\"" + key + "\"]"), HasSubstr("expected"),
                                        HasSubstr("found \"" + value + "\"")));
  }
  EXPECT_LT(Read({{"execution_mode", std::string(1 << 20, '9')}}).status().message().size(), 300U);
}

TEST(SessionSettings, HandOnNothingThatReadsOrWritesFiles) {
  for (const std::string key :
       {"session.model_external_initializers_file_folder_path", "session.collect_node_memory_stats_to_file",
        "session.node_partition_config_file", "session.load_model_format", "session.optimized_model_filepath",
        "session.use_env_allocators", "session.no_such_setting"}) {
    EXPECT_EQ(Read({{key, "1"}}).status().code(), StatusCode::kInvalidArgument) << key;
  }
}

TEST(SessionSettings, OnAGpuTheProvidersCount) {
  OpenOptions options{.runtime_parameters = {
                          {"gpu_mem_limit", "1000"}, {"cudnn_conv_algo_search", "1"}, {"arena_extend_strategy", "0"}}};
  EXPECT_EQ(ReadSessionSettings(options)->ignored.size(), 3U);
  options.device.kind = DeviceKind::kCuda;
  EXPECT_THAT(ReadSessionSettings(options)->cuda_entries,
              UnorderedElementsAre(Pair("gpu_mem_limit", "1000"), Pair("cudnn_conv_algo_search", "HEURISTIC"),
                                   Pair("arena_extend_strategy", "kNextPowerOfTwo")));
  for (const char* key : {"gpu_mem_limit", "cudnn_conv_algo_search", "arena_extend_strategy"}) {
    options.runtime_parameters = {{key, "-1"}};
    EXPECT_EQ(ReadSessionSettings(options).status().code(), StatusCode::kInvalidArgument) << key;
  }
}

}  // namespace
}  // namespace trireme::onnx
