// SPDX-License-Identifier: Apache-2.0
#include "access/key_grant.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

using O = Operation;

TEST(KeyGrant, InferSeesAndRunsItsModels) {
  const KeyGrant grant({.infer = true}, {"resnet50", "ocr*"});
  for (const char* model : {"resnet50", "ocr", "ocr-large"}) {
    EXPECT_TRUE(grant.Allows(O::kInfer, model)) << model;
    EXPECT_TRUE(grant.Allows(O::kMetadata, model)) << model;
    EXPECT_FALSE(grant.Allows(O::kModelControl, model)) << model;
    EXPECT_FALSE(grant.Allows(O::kServerControl, model)) << model;
  }
  for (const char* model : {"resnet", "resnet501", "my-ocr", "*"}) {
    EXPECT_FALSE(grant.Allows(O::kInfer, model)) << model;
    EXPECT_FALSE(grant.Allows(O::kMetadata, model)) << model;
  }
  EXPECT_FALSE(grant.CoversEveryModel());
}

TEST(KeyGrant, WhatNamesNoModelIsDecidedByTheRole) {
  const KeyGrant infer({.infer = true}, {"a"});
  EXPECT_TRUE(infer.Allows(O::kMetadata, ""));
  EXPECT_TRUE(infer.Allows(O::kInfer, ""));
  EXPECT_TRUE(infer.Allows(O::kSharedMemory, ""));
  EXPECT_FALSE(infer.Allows(O::kMetrics, ""));
  const KeyGrant metrics({.metrics = true}, {});
  EXPECT_TRUE(metrics.Allows(O::kMetrics, ""));
  for (const O operation : {O::kMetadata, O::kInfer, O::kSharedMemory, O::kModelControl, O::kServerControl}) {
    EXPECT_FALSE(metrics.Allows(operation, "")) << Name(operation);
  }
}

TEST(KeyGrant, AdminMayDoEverything) {
  const KeyGrant grant({.admin = true}, {"*"});
  EXPECT_TRUE(grant.CoversEveryModel());
  for (const O operation :
       {O::kProbe, O::kMetadata, O::kInfer, O::kSharedMemory, O::kMetrics, O::kModelControl, O::kServerControl}) {
    EXPECT_TRUE(grant.Allows(operation, "")) << Name(operation);
    EXPECT_TRUE(grant.Allows(operation, "any")) << Name(operation);
  }
}

TEST(KeyGrant, AdminOfSomeModelsDoesNotChangeTheServer) {
  const KeyGrant grant({.admin = true}, {"a*"});
  EXPECT_TRUE(grant.Allows(O::kModelControl, "a1"));
  EXPECT_FALSE(grant.Allows(O::kModelControl, "b1"));
  EXPECT_TRUE(grant.Allows(O::kServerControl, "a1"));
  EXPECT_FALSE(grant.Allows(O::kServerControl, "b1"));
  EXPECT_FALSE(grant.Allows(O::kServerControl, ""));
}

TEST(KeyGrant, ProbesNeedNothing) {
  EXPECT_TRUE(KeyGrant({.metrics = true}, {}).Allows(O::kProbe, ""));
}

}  // namespace
}  // namespace trireme
