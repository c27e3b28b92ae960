// SPDX-License-Identifier: Apache-2.0
//
// A bit of everything that a plugin of these roles is asked for: events, sends, requests.
#pragma once
#include <string>
#include <vector>

#include "check/rig.hpp"

namespace gardu::host::check {

using Told = std::function<bool()>;

// One round; `told` gets a function for each answer that the plugin owes.
void exercise(Context& context, Rig& rig, std::vector<Told>& told);

// A path that fits the pattern, with that value for each {name}.
std::string path_of(const std::string& pattern, const std::string& value);
// Waits for what is owed: up to 5 s, or until the stop, which this does. How many are left.
std::size_t owed_after_stop(Rig& rig, const std::vector<Told>& told);

}  // namespace gardu::host::check
