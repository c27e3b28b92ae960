// SPDX-License-Identifier: Apache-2.0
//
// What the parts of retention share.
#pragma once
#include <string>

#include "session.hpp"
#include "storage/retention.hpp"

namespace gardu::storage::retention {

// Of the outbox: the message may be sent yet.
inline const std::string kUnsent = "outbox.state in ('queued', 'leased', 'in_doubt', 'held')";

}  // namespace gardu::storage::retention
