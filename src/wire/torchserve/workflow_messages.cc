// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/workflow_messages.h"

#include "base/excerpt.h"
#include "base/log.h"
#include "codec/json_cursor.h"
#include "wire/torchserve/gson_writer.h"

namespace trireme::torchserve {

WorkflowRequest ReadWorkflowRequest(Parameters parameters) {
  return {.url = TextOf(parameters, "url"), .workflow_name = TextOf(parameters, "workflow_name").value_or("")};
}

Result<WorkflowRequest> ParseWorkflowRequest(std::string_view text) {
  WorkflowRequest request;
  JsonCursor json(text);
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    const std::string name(*key);
    const bool is_known = name == "url" || name == "workflow_name";
    if (!is_known || json.Peek() == JsonCursor::Kind::kNull) {
      json.Skip();
    } else if (const auto value = json.ReadString()) {
      if (name == "url") request.url = *value;
      if (name == "workflow_name") request.workflow_name = *value;
    }
    if (!json.ok()) return Status(json.status()).Within(PlainText(Excerpt(name, 64)));
  }
  if (!json.Finish()) return json.status();
  return request;
}

std::string EncodeWorkflowDescription(const WorkflowDescription& workflow) {
  GsonWriter json;
  json.BeginArray().BeginObject();
  json.Key("workflowName").Text(workflow.name).Key("workflowUrl").Text(workflow.url);
  json.Key("minWorkers").Integer(workflow.min_workers).Key("maxWorkers").Integer(workflow.max_workers);
  json.Key("batchSize").Integer(workflow.batch_size);
  json.Key("maxBatchDelay").Integer(workflow.max_batch_delay.count());
  json.Key("workflowDag").Text(workflow.dag);
  json.EndObject().EndArray();
  return json.Take() + "\n";
}

}  // namespace trireme::torchserve
