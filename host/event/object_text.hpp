// SPDX-License-Identifier: Apache-2.0
//
// The text of objects, written straight away: every message that arrives is journaled with its own
// and its contact's. The same fields as in json.hpp, in another order. Pure functions.
#pragma once
#include <string>

#include "storage/contacts.hpp"
#include "storage/messages.hpp"

namespace gardu::host {

std::string message_text(const storage::Message& m);
std::string contact_text(const storage::Contact& c);

}  // namespace gardu::host
