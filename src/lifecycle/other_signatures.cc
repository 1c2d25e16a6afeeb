// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/other_signatures.h"

#include <utility>

#include "lifecycle/served_model.h"

namespace trireme {
namespace {

// What the next attempt would fail of as well.
bool IsForGood(const Status& status) {
  return status.code() == StatusCode::kInvalidArgument || status.code() == StatusCode::kUnsupported ||
         status.code() == StatusCode::kNotFound;
}

Status Gone() {
  return Cancelled("the model is being closed");
}

}  // namespace

OtherSignatures::OtherSignatures(std::shared_ptr<const FileSignatures> file, Open open)
    : file_(std::move(file)), open_(std::move(open)) {}

OtherSignatures::~OtherSignatures() {
  Close();
}

bool OtherSignatures::Knows(std::string_view signature) const {
  return signature != file_->served && file_->Find(signature) != nullptr;
}

std::shared_ptr<ServedModel> OtherSignatures::Find(std::string_view signature) const {
  const MutexLock lock(mutex_);
  const auto place = places_.find(signature);
  return place == places_.end() ? nullptr : place->second.model;
}

bool OtherSignatures::WhenOpen(const std::string& signature, Done done) {
  Status status;
  {
    const MutexLock lock(mutex_);
    Place& place = places_[signature];
    if (closed_) {
      status = Gone();
    } else if (!place.model && place.failure.ok()) {
      place.waiting.push_back(std::move(done));
      return !std::exchange(place.opening, true);
    } else {
      status = place.failure;
    }
  }
  done(std::move(status));
  return false;
}

Status OtherSignatures::OpenNow(const std::string& signature) {
  Result<std::shared_ptr<ServedModel>> opened = open_(signature);
  Status status = opened.status();
  std::shared_ptr<ServedModel> model = opened.ok() ? *std::move(opened) : nullptr;
  std::shared_ptr<ServedModel> unwanted;
  std::vector<Done> told;
  {
    const MutexLock lock(mutex_);
    if (closed_) {
      unwanted = std::move(model);
      status = Gone();
    }
    told = End(signature, std::move(model), status);
  }
  if (unwanted) unwanted->Close();
  for (const Done& done : told) done(status);
  return status;
}

void OtherSignatures::GiveUp(const std::string& signature, const Status& why) {
  std::vector<Done> told;
  {
    const MutexLock lock(mutex_);
    told = End(signature, nullptr, why);
  }
  for (const Done& done : told) done(why);
}

std::vector<OtherSignatures::Done> OtherSignatures::End(const std::string& signature,
                                                        std::shared_ptr<ServedModel> model, const Status& status) {
  Place& place = places_[signature];
  place.opening = false;
  place.model = std::move(model);
  if (IsForGood(status)) place.failure = status;
  return std::exchange(place.waiting, {});
}

void OtherSignatures::Close() {
  std::vector<std::shared_ptr<ServedModel>> models;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    for (auto& [signature, place] : places_) {
      if (place.model) models.push_back(std::move(place.model));
    }
  }
  for (const std::shared_ptr<ServedModel>& model : models) model->Close();
}

DeviceBytes OtherSignatures::memory() const {
  DeviceBytes bytes;
  const MutexLock lock(mutex_);
  for (const auto& [signature, place] : places_) {
    if (place.model) bytes.Add(place.model->memory());
  }
  return bytes;
}

}  // namespace trireme
