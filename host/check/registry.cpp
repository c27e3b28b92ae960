// SPDX-License-Identifier: Apache-2.0
// The list of all checks.
#include "check/checks.hpp"

namespace gardu::host::check {

const std::vector<Check>& all_checks() {
  static const std::vector<Check> checks{
      {"static.manifest", "the manifest can be read and keeps its form", "", 1, check_manifest},
      {"static.texts", "id, version, name and license say what they must", "static.manifest", 1,
       check_texts},
      {"static.roles", "roles, delivery and subscriptions are known ones", "static.manifest", 1,
       check_roles},
      {"static.needs", "this host offers what the plugin needs", "static.manifest", 1, check_needs},
      {"static.exports", "exactly the two symbols of the contract are exported", "", 1,
       check_exports},
      {"static.unique", "no symbol is unique in the process", "", 1, check_unique_symbols},
      {"static.relocations", "no relocations in the code", "", 1, check_text_relocations},
      {"static.runpath", "libraries are not looked for outside of $ORIGIN", "", 1,
       check_search_path},
      {"static.runtime", "the C++ runtime is the host's", "", 1, check_cpp_runtime},
      {"static.bind_now", "all symbols are bound at the load", "", 1, check_bind_now},
      {"static.schema", "the settings schema is valid and described", "static.manifest", 1,
       check_schema},
      {"load.open", "the library can be loaded", "static.manifest", 1, check_open},
      {"load.constructors", "static constructors do nothing that shows", "load.open", 1,
       check_constructors},
      {"load.create", "create gives a whole table and does nothing that shows", "load.open", 1,
       check_create},

      {"contract.cycle", "start, stop and destroy come back with a status", "load.create", 1,
       check_cycle},
      {"contract.destroy", "destroy works without a start", "load.create", 1, check_destroy},
      {"contract.failed_start", "stop works after a start that failed", "contract.cycle", 1,
       check_failed_start},
      {"contract.extensions", "an extension that nobody knows is null", "load.create", 1,
       check_extensions},
      {"contract.smaller_host", "a host of 1.0 is enough, or is said not to be", "contract.cycle",
       1, check_smaller_host},
      {"settings.start", "it starts with its settings", "contract.cycle", 1, check_start},
      {"contract.larger_host", "a later host is fine as well", "settings.start", 1,
       check_larger_host},
      {"contract.growth", "a hundred starts and stops leave nothing behind", "contract.cycle", 6,
       check_growth},

      {"events.one", "an event is handled", "settings.start", 1, check_one_event},
      {"events.empty", "an empty batch is handled", "events.one", 1, check_empty_batch},
      {"events.batch", "the largest batch is handled", "events.one", 1, check_full_batch},
      {"events.types", "every known type is handled", "events.one", 1, check_known_types},
      {"events.unknown_type", "types of a later version are tolerated", "events.one", 1,
       check_unknown_type},
      {"events.huge_text", "a MiB of text is handled", "events.one", 1, check_huge_text},
      {"events.bad_utf8", "text that is not UTF-8 does no harm", "events.one", 1, check_bad_utf8},
      {"events.bare", "optional parts may be missing", "events.one", 1, check_bare_events},
      {"events.views", "no view is looked at after its call", "events.one", 1, check_views},
      {"events.retained", "retained events are released", "events.one", 1, check_retained},

      {"pressure.full", "a full host is borne", "events.one", 2, check_full},
      {"threads.rules", "host functions are called where and when they may be", "events.one", 2,
       check_call_rules},
      {"threads.after_stop", "the host is not called after stop", "events.one", 1,
       check_after_stop},

      {"transport.describe", "the transport describes itself", "settings.start", 1, check_describe},
      {"transport.connect", "accounts come and go", "transport.describe", 1, check_connect},
      {"transport.send", "each send has one outcome", "transport.describe", 2, check_send},
      {"transport.types", "a message of any type has an outcome", "transport.describe", 2,
       check_message_types},
      {"transport.disconnect", "an account may go while it sends", "transport.describe", 2,
       check_disconnect},
      {"transport.act", "promised actions are there", "transport.describe", 2, check_actions},

      {"http.routes", "routes are within the plugin's own paths", "settings.start", 1,
       check_routes},
      {"http.requests", "every request has one answer", "settings.start", 2, check_requests},
  };
  return checks;
}

}  // namespace gardu::host::check
