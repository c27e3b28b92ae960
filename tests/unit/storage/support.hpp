// SPDX-License-Identifier: Apache-2.0
//
// A migrated database in a directory of its own, and short ways to fill it.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

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

  std::string file() const { return (directory_ / "gardu.db").string(); }
  // Opens the file once more, in the same process.
  std::unique_ptr<Database> open(int writer_queue = 10'000) const;
  void write(const Writer::Work& work) { db().writer().run(work); }
  template <class F>
  auto read(F&& body) {
    return db().query(std::forward<F>(body));
  }
  Database& db() { return *database_; }
  void close() { database_.reset(); }
  // With the engine's own interface: the first column of the first row, as text.
  std::string sql(const std::string& text) const;

  void add_workspace(const std::string& id);
  void add_account(const std::string& workspace, const std::string& id);
  Contact add_contact(const std::string& account, const std::string& id,
                      const std::string& phone = {});

 private:
  std::filesystem::path directory_;
  std::unique_ptr<Database> database_;
};

// Of workspace "w", account "a", contact "c" unless changed.
Message message(const std::string& id, std::int64_t created_at = 1);
JournalEntry event(const std::string& id);

}  // namespace gardu::storage::testing
