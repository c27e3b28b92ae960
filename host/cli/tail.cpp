// SPDX-License-Identifier: Apache-2.0
// gardu events: the journal, from a place on, perhaps following it.
#include <poll.h>

#include <charconv>
#include <iostream>

#include "app/bootstrap.hpp"
#include "base/time.hpp"
#include "cli/cli.hpp"
#include "event/json.hpp"

namespace gardu::host {
namespace {

constexpr int kPage = 500;
constexpr int kLookAgainMs = 500;  // another process writes: there is nobody to wake us

std::int64_t parse_seq(const std::string& text) {
  std::int64_t seq = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (ec != std::errc{} || end != text.data() + text.size() || seq < 0)
    throw CommandError(2, "--after takes a seq, not '" + text + "'");
  return seq;
}

void print(const storage::JournalEntry& e, bool as_json) {
  if (as_json) {
    std::cout << event_text(e) << "\n";
  } else {
    std::cout << e.seq << "  " << rfc3339_ms(e.recorded_at) << "  " << e.type << "  "
              << e.contact_id.value_or("-") << "  " << e.source << "\n";
  }
}

}  // namespace

int events_command(const Arguments& a) {
  if (a.has("channel")) return channel_events(a);
  const Settings s = load_settings(a);
  storage::Database database(database_options(s));
  database.migrate();
  storage::JournalQuery query;
  query.after_seq = a.has("after") ? parse_seq(a.get("after")) : 0;
  query.limit = kPage;
  for (;;) {
    const auto page = database.query(
        [&](storage::Session& session) { return storage::journal::read(session, query); });
    for (const auto& e : page) {
      print(e, a.has("json"));
      query.after_seq = e.seq;
    }
    std::cout.flush();
    if (!std::cout) return 0;  // the reader has gone
    if (page.size() == static_cast<std::size_t>(kPage)) continue;
    if (!a.has("follow")) return 0;
    ::poll(nullptr, 0, kLookAgainMs);
  }
}

}  // namespace gardu::host
