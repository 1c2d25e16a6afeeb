// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "protocols/torchserve/failure.h"
#include "protocols/torchserve/options.h"

namespace trireme::torchserve {

// Of an allowed URL: what it leads to must be fetched first.
struct MustFetch {};

// What the URL of a model that is registered leads to: a file or folder in the model store, links followed, by its name
// there, its path, or as file://; or what is elsewhere, if http and https URLs like it are allowed. Looks at the file
// system. Thread-safe.
std::variant<std::filesystem::path, MustFetch, Failure> FindInStore(const Options& options, const std::string& url);

// Where the store really lies; empty: there is none.
std::filesystem::path StoreOf(const Options& options);

// What in the store looks like models, by name: folders, and files that are called so; hidden ones are passed over.
std::vector<std::string> ListStore(const Options& options);

// "resnet_18" for "folder/resnet-18.mar": what a model is called that nobody names, nor its archive.
std::string NameOfUrl(const std::string& url);

}  // namespace trireme::torchserve
