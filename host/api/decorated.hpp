// SPDX-License-Identifier: Apache-2.0
//
// A responder that looks at the answer on its way out: what plugins answer gets the headers and the
// count that every answer has. Any thread.
#pragma once
#include <functional>

#include "http/responder.hpp"

namespace gardu::host {

// `decorate` is called for the first answer only, on the thread that gives it.
http::Responder decorated(http::Responder inner, std::function<void(http::Response&)> decorate);

}  // namespace gardu::host
