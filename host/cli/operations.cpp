// SPDX-License-Identifier: Apache-2.0
// The commands for whoever keeps the database: migrate, backup, prune.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/bootstrap.hpp"
#include "app/pruner.hpp"
#include "cli/cli.hpp"
#include "config/secret_store.hpp"

namespace gardu::host {

int migrate_command(const Arguments& a) {
  const Settings s = load_settings(a);
  SecretStore directory(s.data_dir);  // makes the data directory
  storage::Database database(database_options(s));
  if (!a.has("status")) database.migrate();
  database.refuse_newer_schema();
  const int have = database.schema_version(), newest = storage::Database::newest_schema();
  std::cout << "schema " << have << " of " << newest
            << (have == newest ? ", up to date\n" : "; run gardu migrate --up\n");
  return 0;
}

// Of whatever version the database is; nothing is made that is not there.
int backup_command(const Arguments& a) {
  if (a.words.size() != 2)
    throw CommandError(2, "backup takes the file to write\nsee gardu --help");
  const std::string& file = a.words[1];
  const Settings s = load_settings(a);
  if (s.storage.backend == "sqlite3" && !std::filesystem::exists(s.storage.dsn))
    throw CommandError(1, s.storage.dsn + " does not exist: there is nothing to back up");
  if (std::error_code ignored; std::filesystem::exists(file, ignored))
    throw CommandError(1, file + " exists already\nname a file that does not");
  storage::Database database(database_options(s));
  database.backup(file);
  std::cout << file << "\n";
  return 0;
}

int prune_command(const Arguments& a) {
  if (a.words.size() != 1) throw CommandError(2, "prune takes no word\nsee gardu --help");
  const Settings s = load_settings(a);
  SecretStore directory(s.data_dir);
  storage::Database database(database_options(s));
  database.migrate();
  Pruner pruner(database, pruner_options(s), Logger(make_log_sink(LogLevel::warn, false), "gardu"));
  const bool look = a.has("dry-run");
  const auto report = look ? std::optional(pruner.look()) : pruner.run();
  if (!report) throw CommandError(1, "another gardu is pruning this database right now");
  nlohmann::json out = nlohmann::json::array();
  for (const auto& one : report->workspaces) {
    out.push_back({{"workspace", one.slug},
                   {"workspace_id", one.workspace_id},
                   {"days", one.days},
                   {"messages", one.messages},
                   {"files", one.files},
                   {"bytes", one.bytes},
                   {"events", one.events},
                   {"held_by", one.held_by}});
    if (!a.has("json")) std::cout << describe(one, look) << "\n";
  }
  if (a.has("json")) std::cout << out.dump(2) << "\n";
  if (report->swept > 0 && !a.has("json"))
    std::cout << report->swept << " files that nothing named any more deleted\n";
  if (report->batches > 0 && !a.has("json"))
    std::cout << report->batches << " batches, the longest of "
              << std::chrono::duration_cast<std::chrono::milliseconds>(report->longest).count()
              << " ms, " << report->late << " longer than they should be\n";
  if (out.empty() && !a.has("json"))
    std::cout << "every workspace keeps everything: storage.retention_days is 0\n";
  return 0;
}

}  // namespace gardu::host
