// SPDX-License-Identifier: Apache-2.0
//
// How the engine goes about the very statements that a repository runs: they are caught on their
// way and explained.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support.hpp"

namespace gardu::storage::testing {

struct Plan {
  std::string sql, text;
};

bool goes_by(const std::string& plan, const std::string& index);

class PlansTest : public StorageTest {
 protected:
  // A few thousand rows, a tenth of them in "w": an engine that looks at its tables first sees that
  // its indexes are worth their while.
  PlansTest();

  // Of every statement that `body` runs, but insertions and the transaction's own.
  std::vector<Plan> plans_of(const std::function<void(Session&)>& body, bool full_text = false);
  std::vector<Plan> plans_of_work(const Writer::Work& body);
  // Each begins in an index. A list's is in the order of the list, so that a page reads a page.
  void expect_index(const std::vector<Plan>& plans);
  void expect_list(const std::vector<Plan>& plans);
  void expect_full_text(const std::vector<Plan>& plans);

 private:
  Options traced();
  std::vector<Plan> explain(bool full_text);

  std::mutex mutex_;
  std::vector<std::string> caught_;  // with literals where the engine wants them
  std::optional<Database> traced_;
};

}  // namespace gardu::storage::testing
