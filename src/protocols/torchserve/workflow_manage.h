// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "access/authoriser.h"
#include "protocols/torchserve/manage.h"
#include "wire/torchserve/workflow_messages.h"

namespace trireme::torchserve {

// Loads all models of a workflow, or none. The archive is unpacked and looked at on a codec worker. The caller must be
// allowed to control a model of the workflow's name.
void RegisterWorkflow(const Services& services, const WorkflowRequest& request, const Identity& identity,
                      ManageDone done);

// No request finds it from now on; done when those on their way are answered and its models are unloaded.
void UnregisterWorkflow(const Services& services, const std::string& workflow, ManageDone done);

// The JSON texts that tell of workflows.
std::variant<std::string, Failure> DescribeWorkflow(const Services& services, const std::string& workflow);
std::string ListWorkflows(const Services& services, const ListRequest& request, const Identity& identity);

// The same of what is to be there from the start, whatever the API may. Looks at files on the calling thread.
void RegisterWorkflowAtStart(const Services& services, const WorkflowToLoad& wanted, ManageDone done);

}  // namespace trireme::torchserve
