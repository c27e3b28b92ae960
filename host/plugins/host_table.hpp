// SPDX-License-Identifier: Apache-2.0
//
// The host's side of the ABI: tables of functions that check what crosses, turn it into calls of
// PluginHost, and let no exception out. `context` is the PluginHost.
#pragma once
#include <exception>
#include <string_view>
#include <vector>

#include <gardu/abi/abi.h>

#include "plugins/plugin_host.hpp"
#include "storage/error.hpp"

namespace gardu::host {

// Ids of all services that this host offers.
const std::vector<std::string_view>& offered_services();

// The table for one plugin. `host` outlives it, and so do the texts.
gardu_host make_host_table(PluginHost& host, std::string_view version, std::string_view id,
                           std::string_view data_dir);

// For the tables themselves.
namespace tables {

// What went wrong in the database, as a plugin is told it.
Status status_of(const storage::Error& e);

// The barrier of the host's side.
template <class F>
std::int32_t guard(gardu_error* error, F&& body) noexcept {
  try {
    const Status status = body();
    return status.write_to(error);
  } catch (const storage::Error& e) {
    return status_of(e).write_to(error);
  } catch (const std::exception& e) {
    return Status::internal(e.what()).write_to(error);
  } catch (...) {
    return GARDU_INTERNAL;
  }
}

inline PluginHost& of(void* context) { return *static_cast<PluginHost*>(context); }

const void* data_service(std::string_view id);  // db, kv, http-client, media, directory, settings

}  // namespace tables
}  // namespace gardu::host
