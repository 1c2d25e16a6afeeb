// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/messages.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/torchserve/errors.h"

namespace trireme::torchserve {
namespace {

TEST(EncodeError, NamesCodeTypeAndMessage) {
  EXPECT_EQ(EncodeError(ErrorType::kModelNotFound, "Model not found: it's"),
            "{\n  \"code\": 404,\n  \"type\": \"ModelNotFoundException\",\n  \"message\": \"Model not found: "
            "it\\u0027s\"\n}\n");
  EXPECT_EQ(EncodeError(512, "PredictionException", "x"),
            "{\n  \"code\": 512,\n  \"type\": \"PredictionException\",\n  \"message\": \"x\"\n}\n");
}

TEST(DecodeError, FindsTheMessage) {
  EXPECT_EQ(DecodeError(EncodeError(ErrorType::kServiceUnavailable, "no \"worker\"")), "no \"worker\"");
  for (const char* text : {"", "{}", "[]", "{\"message\": 7}", "{\"message\": \"cut", "Prediction failed"}) {
    EXPECT_EQ(DecodeError(text), std::nullopt) << text;
  }
}

TEST(NumbersOf, IsOneTable) {
  EXPECT_EQ(NumbersOf(ErrorType::kResourceNotFound).http, 404);
  EXPECT_EQ(NumbersOf(ErrorType::kInvalidKey).http, 400);
  EXPECT_EQ(NumbersOf(ErrorType::kInvalidModelVersion).http, 403);
  EXPECT_EQ(NumbersOf(ErrorType::kInternalServer).type, "InternalServerException");
  EXPECT_EQ(NumbersOf(ErrorType::kOutOfMemory).type, "OutOfMemoryError");
  EXPECT_EQ(NumbersOf(ErrorType::kWorkflowNotFound).grpc, 5);
  EXPECT_EQ(NumbersOf(ErrorType::kDownloadArchive).grpc, 3);
  EXPECT_EQ(NumbersOf(ErrorType::kConflictStatus).grpc, 13);
}

TEST(EncodeStatus, IsOneMember) {
  EXPECT_EQ(EncodeStatus("Model \"m\" unregistered"), "{\n  \"status\": \"Model \\\"m\\\" unregistered\"\n}\n");
  EXPECT_EQ(EncodePing(true), "{\n  \"status\": \"Healthy\"\n}\n");
  EXPECT_EQ(EncodePing(false), "{\n  \"status\": \"Unhealthy\"\n}\n");
  EXPECT_EQ(EncodeReady("m", true), "{\n  \"name\": \"m\",\n  \"ready\": true\n}\n");
  EXPECT_EQ(WithoutNewline(EncodePing(true)), "{\n  \"status\": \"Healthy\"\n}");
  EXPECT_EQ(WithoutNewline(""), "");
}

TEST(PageOf, GoesByLimitAndToken) {
  EXPECT_EQ(PageOf(5, 2, 0), (Page{.begin = 0, .end = 2, .next_token = 2}));
  EXPECT_EQ(PageOf(5, 2, 4), (Page{.begin = 4, .end = 5}));
  EXPECT_EQ(PageOf(4, 2, 2), (Page{.begin = 2, .end = 4, .next_token = 4}));  // and the next one is empty
  EXPECT_EQ(PageOf(4, 2, 4), (Page{.begin = 4, .end = 4}));
  EXPECT_EQ(PageOf(4, 2, 1000), (Page{.begin = 4, .end = 4}));
  EXPECT_EQ(PageOf(200, -1, -5), (Page{.begin = 0, .end = 100, .next_token = 100}));
  EXPECT_EQ(PageOf(200, 101, 150), (Page{.begin = 150, .end = 200}));
  EXPECT_EQ(PageOf(200, 0, 0), (Page{.begin = 0, .end = 100, .next_token = 100})) << "no page without an end";
  EXPECT_EQ(PageOf(0, 100, 0), (Page{}));
  EXPECT_EQ(PageOf(1, 100, INT64_MAX), (Page{.begin = 1, .end = 1}));
}

TEST(EncodeModelList, HasATokenWhereMoreFollow) {
  EXPECT_EQ(EncodeModelList({}, std::nullopt), "{\n  \"models\": []\n}\n");
  EXPECT_EQ(EncodeModelList({{"noop", "noop.mar"}}, 1), R"({
  "nextPageToken": "1",
  "models": [
    {
      "modelName": "noop",
      "modelUrl": "noop.mar"
    }
  ]
}
)");
  EXPECT_EQ(EncodeWorkflowList({}, std::nullopt), "{\n  \"workflows\": []\n}\n");
}

TEST(EncodeDescriptions, HaveTheirMembersInOrder) {
  ModelDescription model{.name = "noop", .version = "1.11", .url = "noop.mar"};
  model.engine = "Torch";
  model.parallel_type = "";
  model.device_type = "gpu";
  model.device_ids = {0, 1};
  model.status = "READY";
  model.workers = {{.id = "9000", .process = 7}, {.id = "9001", .is_ready = false, .on_gpu = true}};
  model.job_queue = {.remaining_capacity = 100};
  model.customized_metadata = R"({"a":{"b":[1]}})";
  EXPECT_EQ(EncodeDescriptions({model}), R"([
  {
    "modelName": "noop",
    "modelVersion": "1.11",
    "modelUrl": "noop.mar",
    "engine": "Torch",
    "runtime": "python",
    "minWorkers": 0,
    "maxWorkers": 0,
    "batchSize": 1,
    "maxBatchDelay": 100,
    "responseTimeout": 120,
    "startupTimeout": 120,
    "maxRetryTimeoutInSec": 300,
    "clientTimeoutInMills": 0,
    "parallelType": "",
    "parallelLevel": 1,
    "deviceType": "gpu",
    "deviceIds": [
      0,
      1
    ],
    "continuousBatching": false,
    "useJobTicket": false,
    "useVenv": false,
    "stateful": false,
    "sequenceMaxIdleMSec": 0,
    "sequenceTimeoutMSec": 0,
    "maxNumSequence": 0,
    "maxSequenceJobQueueSize": 0,
    "status": "READY",
    "loadedAtStartup": false,
    "workers": [
      {
        "id": "9000",
        "startTime": "1970-01-01T00:00:00.000Z",
        "status": "READY",
        "memoryUsage": 0,
        "pid": 7,
        "gpu": false,
        "gpuUsage": "N/A"
      },
      {
        "id": "9001",
        "startTime": "1970-01-01T00:00:00.000Z",
        "status": "UNLOADING",
        "memoryUsage": 0,
        "pid": 0,
        "gpu": true,
        "gpuUsage": "N/A"
      }
    ],
    "jobQueueStatus": {
      "remainingCapacity": 100,
      "pendingRequests": 0
    },
    "customizedMetadata": {
      "a": {
        "b": [
          1
        ]
      }
    }
  }
]
)");
}

TEST(EncodeDescriptions, LeaveOutWhatIsNotThere) {
  const std::string text = EncodeDescriptions({{.name = "m", .version = "1", .url = "m.mar"}});
  for (const char* key : {"engine", "parallelType", "deviceType", "deviceIds", "\"status\"", "jobQueueStatus",
                          "metrics", "customizedMetadata"}) {
    EXPECT_EQ(text.find(key), std::string::npos) << key;
  }
  EXPECT_NE(text.find("\"workers\": []"), std::string::npos);
  EXPECT_EQ(EncodeDescriptions({}), "[]\n");
  const std::string odd = EncodeDescriptions({{.name = "m", .version = "1", .url = "", .customized_metadata = "[1]"}});
  EXPECT_NE(odd.find("\"customizedMetadata\": {}"), std::string::npos);
}

}  // namespace
}  // namespace trireme::torchserve
