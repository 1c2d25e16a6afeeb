// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "access/authoriser.h"
#include "access/token_keys.h"

namespace trireme {

// Knows callers by TorchServe's tokens, and those who show another key as somebody else does.
//
// The key for inference opens what the role `infer` does; the one for management all that manages models and shows what
// they do, but runs none; the third one makes the others anew, and opens nothing else.
class TokenAuthoriser final : public Authoriser {
 public:
  // Which of the keys open anything: a listener for management alone opens nothing to the key for inference.
  struct Known {
    bool inference = true;
    bool management = true;  // and who may make keys anew
  };

  // `others` may be null: nobody has another key. Both must outlive it.
  TokenAuthoriser(const TokenKeys& keys, Known known, Authoriser* others);

  // kUnauthenticated has TorchServe's own text, where there are no other keys.
  Result<Identity> Authenticate(const Credentials& credentials) override;
  bool asks_for_keys() const override { return true; }

 private:
  const TokenKeys& keys_;
  const Known known_;
  Authoriser* const others_;
  // Shared by all that goes on in their names.
  const std::shared_ptr<const Grant> inference_;
  const std::shared_ptr<const Grant> management_;
  const std::shared_ptr<const Grant> api_;
  const std::shared_ptr<const Grant> none_;
};

}  // namespace trireme
