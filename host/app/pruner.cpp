// SPDX-License-Identifier: Apache-2.0
#include "app/pruner.hpp"

#include <algorithm>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/time.hpp"
#include "storage/backlog.hpp"
#include "storage/cursors.hpp"

namespace gardu::host {
namespace {

namespace retention = storage::retention;
using std::chrono::microseconds;

constexpr std::int64_t kDay = 24LL * 3600 * 1000;
constexpr std::int64_t kLease = 10 * 60 * 1000;
constexpr int kFewest = 10;  // rows of a batch, however slow the disk
constexpr int kNight = 3;    // o'clock

// The last time that it was three o'clock in the night.
std::int64_t last_night(std::int64_t now) {
  const std::time_t seconds = now / 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  local.tm_mday -= local.tm_hour < kNight ? 1 : 0;
  local.tm_hour = kNight;
  local.tm_min = local.tm_sec = 0;
  local.tm_isdst = -1;
  return std::int64_t{std::mktime(&local)} * 1000;
}

}  // namespace

std::string describe(const PruneReport::One& one, bool only_looked) {
  std::string out = one.slug + ": " + std::to_string(one.messages) + " messages, " +
                    std::to_string(one.files) + " files (" + std::to_string(one.bytes) +
                    " bytes), " + std::to_string(one.events) + " events older than " +
                    std::to_string(one.days) + " days " + (only_looked ? "to delete" : "deleted");
  if (!one.held_by.empty()) out += "; older events are kept for " + one.held_by;
  return out;
}

Pruner::Options pruner_options(const Settings& settings) {
  Pruner::Options o;
  o.days = settings.storage.retention_days;
  o.media = std::filesystem::path(settings.data_dir) / "media";
  o.now = now_ms;
  return o;
}

Pruner::Pruner(storage::Database& database, Options options, Logger log)
    : database_(database), options_(std::move(options)), log_(std::move(log)) {
  rows_ = std::min(rows_, options_.batch);
}

int Pruner::days_of(const storage::Workspace& workspace, int otherwise) {
  const auto settings = nlohmann::json::parse(workspace.settings, nullptr, false);
  if (!settings.is_object()) return otherwise;
  const auto own = settings.find("retention_days");
  if (own == settings.end() || !own->is_number_integer()) return otherwise;
  return static_cast<int>(std::clamp<std::int64_t>(own->get<std::int64_t>(), 0, 36'500));
}

std::vector<PruneReport::One> Pruner::wanted() {
  constexpr int kPage = 500;
  std::vector<PruneReport::One> out;
  std::string after;
  for (bool more = true; more;) {
    const auto page = database_.query(
        [&](storage::Session& s) { return storage::workspaces::list(s, after, kPage); });
    for (const auto& w : page) {
      after = w.id;
      if (const int days = days_of(w, options_.days); days > 0) {
        PruneReport::One one;
        one.workspace_id = w.id;
        one.slug = w.slug;
        one.days = days;
        out.push_back(std::move(one));
      }
    }
    more = page.size() == static_cast<std::size_t>(kPage);
  }
  return out;
}

bool Pruner::due() {
  const std::int64_t now = options_.now();
  const std::int64_t last =
      database_.query([](storage::Session& s) { return retention::last_run(s); });
  // A run that lies ahead was before the clock was set back.
  return last < last_night(now) || last > now;
}

void Pruner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

// Between two steps: waits for as long as the last one held the writer, so that the others write;
// breaks off what is to be broken off, and renews the lease of a long look.
void Pruner::go_on() {
  {
    std::unique_lock lock(mutex_);
    const auto pause = std::exchange(owed_, microseconds(0));
    if (changed_.wait_for(lock, pause, [&] { return stopping_; }))
      throw storage::Error(storage::ErrorKind::busy, "the pruning was broken off");
  }
  const std::int64_t now = options_.now();
  if (now < renew_at_ && now >= renew_at_ - kLease) return;
  database_.writer().run([&](storage::Transaction& tx) { retention::renew(tx, now + kLease); });
  renew_at_ = now + kLease / 2;
}

// Twice as many as long as that takes under a quarter of the time that a batch may take: a disk
// that syncs is now and then slower. When one took too long, as many as would have taken half of
// it.
void Pruner::adapt(int rows, microseconds held) {
  const auto most = std::chrono::duration_cast<microseconds>(options_.most_held);
  if (held > most) {
    const auto fit =
        std::int64_t{rows} * (most.count() / 2) / std::max<std::int64_t>(held.count(), 1);
    rows_ = static_cast<int>(
        std::clamp<std::int64_t>(fit, std::min(kFewest, options_.batch), options_.batch));
  } else if (held < most / 4 && rows >= rows_) {
    rows_ = std::min(rows_ * 2, options_.batch);
  }
}

// One work of the writer; what it deleted. The time is from the work's beginning to the end of the
// commit. Who is to be broken off is so before it: what follows a commit is done.
std::int64_t Pruner::batch(int rows, const Works& work) {
  using Clock = std::chrono::steady_clock;
  std::int64_t deleted = 0;
  Clock::time_point begun, ended;
  go_on();
  database_.writer().run([&](storage::Transaction& tx) {
    begun = Clock::now();
    deleted = work(tx);
    tx.defer([&] { ended = Clock::now(); });
  });
  const auto held = std::chrono::duration_cast<microseconds>(ended - begun);
  ++batches_;
  if (held > options_.most_held) ++late_;
  longest_ = std::max(longest_, held);
  if (options_.observe) options_.observe(rows, held);
  adapt(rows, held);
  owed_ = std::max(held, microseconds(1000));
  return deleted;
}

void Pruner::prune_messages(PruneReport::One& one, std::int64_t before) {
  retention::Place after;
  for (;;) {
    const auto range = database_.query([&](storage::Session& s) {
      return retention::messages_after(s, one.workspace_id, after, before, rows_);
    });
    if (!range) return;
    one.messages += batch(static_cast<int>(range->rows), [&](storage::Transaction& tx) {
      return retention::delete_messages(tx, one.workspace_id, after, range->last);
    });
    after = range->last;
  }
}

void Pruner::prune_journal(PruneReport::One& one, std::int64_t before) {
  std::int64_t after = 0;
  for (;;) {
    const auto range = database_.query([&](storage::Session& s) {
      return retention::journal_after(s, one.workspace_id, after, before,
                                      retention::journal_limit(s), rows_);
    });
    if (!range) break;
    one.events += batch(static_cast<int>(range->rows), [&](storage::Transaction& tx) {
      return retention::delete_journal(tx, one.workspace_id, after, range->last.at);
    });
    after = range->last.at;
  }
  tell_who_holds(one, before);
}

// Old events that are left wait for somebody: a plugin that lags, or one that is not there any
// more.
void Pruner::tell_who_holds(PruneReport::One& one, std::int64_t before) {
  database_.read([&](storage::Session& s) {
    const std::int64_t limit = retention::journal_limit(s);
    if (limit == std::numeric_limits<std::int64_t>::max()) return;
    if (!retention::journal_after(s, one.workspace_id, limit, before,
                                  std::numeric_limits<std::int64_t>::max(), 1))
      return;
    const auto hold = [&](const std::string& what) {
      one.held_by += (one.held_by.empty() ? "" : ", ") + what;
    };
    for (const auto& cursor : storage::cursors::list(s))
      if (cursor.seq == limit) hold("plugin " + cursor.plugin);
    for (const auto& plugin : storage::backlog::holders(s, limit + 1))
      hold("events that wait or are parked for plugin " + plugin);
  });
}

PruneReport Pruner::look() {
  PruneReport out;
  out.workspaces = wanted();
  for (auto& one : out.workspaces) {
    const std::int64_t before = options_.now() - one.days * kDay;
    database_.read([&](storage::Session& s) {
      one.messages = retention::count_messages(s, one.workspace_id, before);
      one.events =
          retention::count_journal(s, one.workspace_id, before, retention::journal_limit(s));
    });
    prune_media(one, before, true);
    tell_who_holds(one, before);
  }
  return out;
}

std::optional<PruneReport> Pruner::run() {
  PruneReport out;
  out.workspaces = wanted();
  batches_ = late_ = 0;
  longest_ = microseconds(0);
  bool mine = false;
  database_.writer().run([&](storage::Transaction& tx) {
    const std::int64_t now = options_.now();
    mine = retention::lease(tx, now, now + kLease);
    renew_at_ = now + kLease / 2;
  });
  if (!mine) return std::nullopt;
  const auto release = [&](std::optional<std::int64_t> finished) {
    database_.writer().run([&](storage::Transaction& tx) { retention::release(tx, finished); });
  };
  try {
    for (auto& one : out.workspaces) {
      const std::int64_t before = options_.now() - one.days * kDay;
      prune_messages(one, before);
      prune_media(one, before, false);
      prune_journal(one, before);
    }
    out.swept = sweep();
  } catch (...) {
    try {
      release(std::nullopt);
    } catch (const storage::Error& e) {
      log_.warn("the lease of pruning is left to run out: {}", e.what());
    }
    throw;
  }
  release(options_.now());
  out.batches = batches_;
  out.late = late_;
  out.longest = longest_;
  return out;
}

}  // namespace gardu::host
