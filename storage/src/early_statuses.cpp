// SPDX-License-Identifier: Apache-2.0
#include "storage/early_statuses.hpp"

#include "session.hpp"

namespace gardu::storage::early_statuses {

void put(Transaction& tx, const EarlyStatus& e) {
  run(tx,
      "insert into early_statuses (account_id, provider_message_id, status, at, error) "
      "values (:a, :b, :c, :d, :e)",
      e.account_id, e.provider_message_id, e.status, e.at, e.error);
}

std::vector<EarlyStatus> take(Transaction& tx, const std::string& account_id,
                              const std::string& provider_message_id) {
  std::vector<EarlyStatus> out;
  each(
      tx,
      "select status, at, error from early_statuses where account_id = :a and "
      "provider_message_id = :b order by id",
      "sis",
      [&](Row& r) {
        EarlyStatus e{account_id, provider_message_id, r.text(), 0, std::nullopt};
        e.at = r.integer();
        e.error = r.maybe_text();
        out.push_back(std::move(e));
      },
      account_id, provider_message_id);
  if (!out.empty())
    run(tx, "delete from early_statuses where account_id = :a and provider_message_id = :b",
        account_id, provider_message_id);
  return out;
}

void purge(Transaction& tx, std::int64_t older_than) {
  run(tx, "delete from early_statuses where at < :a", older_than);
}

}  // namespace gardu::storage::early_statuses
