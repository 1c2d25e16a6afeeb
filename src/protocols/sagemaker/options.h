// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace trireme::sagemaker {

// What POST /invocations means to a model.
enum class InferenceType : uint8_t { kInfer, kGenerate, kGenerateStream };

// What GET /ping asks.
enum class PingMode : uint8_t {
  kReady,  // whether the models are there that requests are for
  kLive,   // whether the process answers
};

// How the platform wants its container.
struct Options {
  std::filesystem::path models = "/opt/ml/models";  // what is loaded by URL lies below this folder
  std::string default_model;                        // of /invocations; empty: the only one
  InferenceType inference_type = InferenceType::kInfer;
  PingMode ping_mode = PingMode::kReady;
  std::string default_accept = "application/json";  // of requests that say nothing, or "*/*"

  // What GET /execution-parameters tells a batch job.
  uint32_t max_concurrent_transforms = 1;
  std::string batch_strategy = "MULTI_RECORD";
  uint32_t max_payload_megabytes = 6;
};

}  // namespace trireme::sagemaker
