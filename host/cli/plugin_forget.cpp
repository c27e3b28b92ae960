// SPDX-License-Identifier: Apache-2.0
// gardu plugin forget: what the database keeps for a durable subscriber that is gone for good, and
// for which it therefore keeps the journal.
#include <iostream>

#include "app/bootstrap.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "cli/cli.hpp"
#include "config/secret_store.hpp"
#include "storage/audit.hpp"
#include "storage/backlog.hpp"
#include "storage/clock.hpp"
#include "storage/cursors.hpp"

namespace gardu::host {
namespace {

constexpr int kForgotten = 1000;  // entries at once, so that a running gateway writes in between

// Another host of the database may have the plugin in its configuration.
void refuse_leased(storage::Session& s, const std::string& id) {
  if (storage::cursors::leased_until(s, id) > storage::clock_ms(s))
    throw CommandError(1, "a running gateway delivers events to '" + id +
                              "'\ntake it out of that one's configuration and restart it first");
}

void record(storage::Transaction& tx, const std::string& id, bool cursor, std::int64_t events) {
  storage::AuditEntry e;
  e.id = uuid_v7();
  e.actor = "command line";
  e.action = "plugin.forget";
  e.object = id;
  e.before = std::string("{\"cursor\":") + (cursor ? "true" : "false") +
             ",\"backlog\":" + std::to_string(events) + "}";
  e.at = now_ms();
  storage::audit::append(tx, e);
}

}  // namespace

int plugin_forget_command(const Arguments& a) {
  if (a.words.size() != 3 || a.words[2].empty())
    throw CommandError(2, "plugin forget takes the id of a plugin\nsee gardu --help");
  const std::string& id = a.words[2];
  const Settings s = load_settings(a);
  for (const auto& p : s.plugins)
    if (p.id == id)
      throw CommandError(1, "'" + id + "' is in the configuration\ntake it out there first");
  SecretStore directory(s.data_dir);
  storage::Database database(database_options(s));
  database.migrate();
  database.read([&](storage::Session& session) { refuse_leased(session, id); });
  std::int64_t events = 0;
  bool cursor = false;
  for (bool more = true; more;)
    database.writer().run([&](storage::Transaction& tx) {
      refuse_leased(tx, id);
      const std::int64_t rows = storage::backlog::forget(tx, id, kForgotten);
      more = rows == kForgotten;
      if (!more) cursor = storage::cursors::remove(tx, id);
      if (!more && (cursor || events + rows > 0)) record(tx, id, cursor, events + rows);
      tx.defer([&events, rows] { events += rows; });
    });
  if (!cursor && events == 0) throw CommandError(1, "nothing is kept for a plugin '" + id + "'");
  std::cout << id << ": its place in the journal and " << events
            << " events that waited or were parked are forgotten\n";
  return 0;
}

}  // namespace gardu::host
