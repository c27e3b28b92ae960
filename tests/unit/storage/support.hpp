// SPDX-License-Identifier: Apache-2.0
//
// A migrated database in a directory of its own, and short ways to fill it.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "engine.hpp"
#include "storage/accounts.hpp"
#include "storage/contacts.hpp"
#include "storage/journal.hpp"
#include "storage/messages.hpp"
#include "storage/outbox.hpp"
#include "storage/workspaces.hpp"

namespace gardu::storage::testing {

class StorageTest : public ::testing::Test {
 protected:
  StorageTest();
  ~StorageTest() override;

  std::string file() const { return empty_.file(); }
  Options options() const { return empty_.options(); }
  // What errors name: the file, or the database.
  std::string place() const { return empty_.place(); }
  // Opens the database once more, in the same process.
  std::unique_ptr<Database> open(int writer_queue = 10'000) const;
  void write(const Writer::Work& work) { db().writer().run(work); }
  template <class F>
  auto read(F&& body) {
    return db().query(std::forward<F>(body));
  }
  Database& db() { return *database_; }
  void close() { database_.reset(); }
  // On a session of its own: the first column of the first row, as text.
  std::string sql(const std::string& text) const { return empty_.sql(text); }

  void add_workspace(const std::string& id);
  void add_account(const std::string& workspace, const std::string& id);
  Contact add_contact(const std::string& account, const std::string& id,
                      const std::string& phone = {});

 private:
  const EmptyDatabase empty_;
  std::unique_ptr<Database> database_;
};

template <class F>
Error error_of(F&& body) {
  try {
    body();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorKind::other, ""};
}

// Of workspace "w", account "a", contact "c" unless changed.
Message message(const std::string& id, std::int64_t created_at = 1);
JournalEntry event(const std::string& id);

}  // namespace gardu::storage::testing
