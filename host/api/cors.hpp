// SPDX-License-Identifier: Apache-2.0
//
// Which pages of other origins may call: the origins that the configuration names, or "*". Pure.
#pragma once
#include <string>
#include <vector>

#include "http/message.hpp"

namespace gardu::host {

class Cors {
 public:
  explicit Cors(std::vector<std::string> origins);

  void decorate(const http::RequestHead& head, http::Response& response) const;
  // The answer to OPTIONS, whatever the route: 204, with permissions only for an allowed origin.
  http::Response preflight(const http::RequestHead& head) const;

 private:
  const std::vector<std::string> origins_;
  const bool any_;
};

}  // namespace gardu::host
