// SPDX-License-Identifier: Apache-2.0
#include "app/purge.hpp"

#include "storage/early_statuses.hpp"
#include "storage/idempotency.hpp"
#include "storage/outbox.hpp"

namespace gardu::host {
namespace {

constexpr std::int64_t kKeepEarlyMs = 7LL * 24 * 3600 * 1000;  // as long as a provider tries again
constexpr std::int64_t kKeepDoneMs = 24LL * 3600 * 1000;
constexpr int kDone = 200;      // entries of the outbox in one go
constexpr int kMostGoes = 100;  // the rest a minute later: others wait for the housekeeping

}  // namespace

void purge(storage::Database& database, std::int64_t now) {
  database.writer().run([&](storage::Transaction& tx) {
    storage::idempotency::purge(tx, now);
    storage::early_statuses::purge(tx, now - kKeepEarlyMs);
  });
  std::int64_t deleted = kDone;
  for (int goes = 0; goes < kMostGoes && deleted == kDone; ++goes)
    database.writer().run([&](storage::Transaction& tx) {
      deleted = storage::outbox::purge(tx, now - kKeepDoneMs, kDone);
    });
}

}  // namespace gardu::host
