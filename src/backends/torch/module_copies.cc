// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/module_copies.h"

#include <map>
#include <optional>
#include <utility>

// GCC 12 takes the end of a temporary value of the library's for a write to where nothing is.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

namespace trireme::torch_backend {
namespace {

using ObjectPtr = c10::intrusive_ptr<c10::ivalue::Object>;
using Known = std::map<const c10::ivalue::Object*, ObjectPtr>;

// One that is at two places stays one.
ObjectPtr CopyObject(const ObjectPtr& object, Known& known) {
  if (const auto found = known.find(object.get()); found != known.end()) return found->second;
  ObjectPtr copy = object->copy();
  known.emplace(object.get(), copy);
  for (size_t slot = 0; slot < copy->slots().size(); ++slot) {
    const c10::IValue& value = object->getSlot(slot);
    if (value.isObject()) copy->setSlot(slot, CopyObject(value.toObject(), known));
  }
  return copy;
}

// Where an object keeps an attribute.
struct Place {
  c10::ivalue::Object* owner = nullptr;
  size_t slot = 0;
};

std::optional<Place> Find(c10::ivalue::Object& self, const AttributePath& path) {
  Place place{.owner = &self};
  for (size_t i = 0; i < path.size(); ++i) {
    const auto slot = place.owner->type()->findAttributeSlot(path[i]);
    if (!slot) return std::nullopt;
    place.slot = *slot;
    if (i + 1 == path.size()) return place;
    const c10::IValue& value = place.owner->getSlot(*slot);
    if (!value.isObject()) return std::nullopt;
    place.owner = &const_cast<c10::ivalue::Object&>(value.toObjectRef());
  }
  return std::nullopt;
}

}  // namespace

struct ModuleCopies::Copy {
  struct Scratch {
    Place place;
    c10::IValue in_file;
  };

  c10::IValue self;
  std::vector<Scratch> scratch;
};

ModuleCopies::ModuleCopies(const torch::jit::Module& module, std::vector<AttributePath> scratch)
    : module_(module), scratch_(std::move(scratch)) {}

ModuleCopies::~ModuleCopies() = default;

std::unique_ptr<ModuleCopies::Copy> ModuleCopies::Make() const {
  Known known;
  auto copy = std::make_unique<Copy>();
  const ObjectPtr self = CopyObject(module_._ivalue(), known);
  copy->self = c10::IValue(self);
  for (const AttributePath& path : scratch_) {
    const std::optional<Place> place = Find(*self, path);
    if (!place) continue;  // a form of the program that has no use for it
    copy->scratch.push_back({.place = *place, .in_file = place->owner->getSlot(place->slot)});
  }
  return copy;
}

std::unique_ptr<ModuleCopies::Copy> ModuleCopies::Take() {
  {
    const MutexLock lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Copy> copy = std::move(idle_.back());
      idle_.pop_back();
      return copy;
    }
  }
  return Make();
}

void ModuleCopies::Return(std::unique_ptr<Copy> copy) {
  const MutexLock lock(mutex_);
  idle_.push_back(std::move(copy));
}

ModuleCopies::Lease::Lease(ModuleCopies& owner) : owner_(owner), copy_(owner.Take()) {
  for (const Copy::Scratch& scratch : copy_->scratch) scratch.place.owner->setSlot(scratch.place.slot, scratch.in_file);
}

ModuleCopies::Lease::~Lease() {
  owner_.Return(std::move(copy_));
}

const c10::IValue& ModuleCopies::Lease::self() const {
  return copy_->self;
}

}  // namespace trireme::torch_backend
