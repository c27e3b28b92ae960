// SPDX-License-Identifier: Apache-2.0
//
// The file under examination, mapped into this process, never unmapped. Static constructors of it
// run here.
#pragma once
#include <string>

#include "check/check.hpp"

namespace gardu::host::check {

struct Module {
  const gardu_manifest* manifest = nullptr;
  gardu_plugin_create_fn create = nullptr;
  std::string why;  // not empty: it could not be mapped, or lacks a symbol
};

Module map_module(Context& context);
// The same, or the check is left.
Module need_module(Context& context);

}  // namespace gardu::host::check
