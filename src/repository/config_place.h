// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <string>

#include "repository/config_message.h"
#include "repository/finding.h"

namespace trireme {

// A place in a config: what its path is called and where it stands in the file, as well as that is known. Made from a
// whole config; then step by step into its fields. A value; the config must outlive it.
class ConfigPlace {
 public:
  ConfigPlace(const ConfigMessage& config, std::filesystem::path file);

  // A field of what is here; of a repeated one the whole, or what is at `index`. That there is no such field is a bug.
  ConfigPlace At(const char* name, int index = -1) const;

  // The value of a map: "parameters["key"]". `message` is what is here.
  ConfigPlace Entry(const char* name, const google::protobuf::Message& message, const std::string& key) const;

  const FieldPlace& place() const { return place_; }

  Finding Error(std::string expected, std::string found, std::string fix = "") const;
  Finding Warning(std::string expected, std::string found, std::string fix = "") const;
  Finding Note(std::string found, std::string fix = "") const;

 private:
  Finding Make(Finding::Severity severity) const;

  std::filesystem::path file_;
  FieldPlace place_;
  const google::protobuf::Descriptor* type_ = nullptr;                   // null: a scalar
  const google::protobuf::TextFormat::ParseInfoTree* inside_ = nullptr;  // null: nothing is known
};

}  // namespace trireme
