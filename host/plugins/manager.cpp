// SPDX-License-Identifier: Apache-2.0
#include "plugins/manager.hpp"

#include <algorithm>

#include "plugins/child_code.hpp"
#include "plugins/host_table.hpp"
#include "plugins/library.hpp"
#include "plugins/loaded_code.hpp"

namespace gardu::host {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kWatch{100};

// The library's code with the host's table for it, which must live as long.
class InProcess final : public PluginCode {
 public:
  InProcess(gardu_plugin_create_fn create, PluginInstance& plugin)
      : host_(make_host_table(plugin, plugin.options().host_version, plugin.id(),
                              plugin.options().data_dir)),
        code_(create, host_, plugin.file().manifest.roles) {}
  Status start(const std::string& settings) override { return code_.start(settings); }
  Status stop(const std::function<void()>& settle) override { return code_.stop(settle); }
  Status on_events(std::span<const EventRef> events, std::span<std::int32_t> results,
                   std::string& why) override {
    return code_.on_events(events, results, why);
  }
  const gardu_transport_info* transport() const override { return code_.transport(); }
  Status connect(const Account& account) override { return code_.connect(account); }
  Status disconnect(std::string_view account_id) override { return code_.disconnect(account_id); }
  void send(const OutboundMessage& message, SendDone done) override {
    code_.send(message, std::move(done));
  }
  void act(const ActionRequest& action, ActionDone done) override {
    code_.act(action, std::move(done));
  }

 private:
  const gardu_host host_;
  LoadedCode code_;
};

}  // namespace

PluginManager::PluginManager(Options options, PluginServices& services)
    : options_(std::move(options)), services_(services) {}

PluginManager::~PluginManager() { (void)stop_all(); }

// Checked and loaded, not started. `code` makes what it runs.
Result<std::shared_ptr<PluginInstance>> PluginManager::make(const PluginConfig& config,
                                                            PluginInstance::MakeCode& code) const {
  std::vector<PluginProblem> problems;
  auto checked = check_plugin(config, options_.paths, problems);
  if (!checked) {
    std::string why;
    for (const auto& p : problems) why += (why.empty() ? "" : "; ") + p.path + ": " + p.message;
    return Status::invalid(why);
  }
  const fs::path cache = options_.data_dir / "run" / "plugins";
  if (config.isolated) {
    const auto copy = keep_copy(checked->file, cache);
    if (!copy) return copy.status();
    code = [runner = options_.runner, file = *copy](PluginInstance& plugin) {
      return std::make_unique<ChildCode>(runner, file, plugin);
    };
  } else {
    const auto library = Library::load(checked->file, cache);
    if (!library) return library.status();
    code = [create = library->create()](PluginInstance& plugin) {
      return std::make_unique<InProcess>(create, plugin);
    };
  }
  const fs::path own = options_.data_dir / "plugins" / config.id;
  fs::create_directories(own);
  fs::permissions(own, fs::perms::owner_all);
  PluginInstance::Options options;
  options.settings = std::move(checked->settings);
  options.data_dir = own.string();
  options.host_version = options_.host_version;
  options.outside = config.outside;
  options.process_memory_mb = config.process_memory_mb;
  options.soft_limit = config.hook_warn;
  options.hard_limit = config.hook_limit;
  return std::make_shared<PluginInstance>(std::move(checked->file), std::move(options), services_);
}

void PluginManager::put(const std::string& id, std::shared_ptr<PluginInstance> instance,
                        std::string refused) {
  const std::lock_guard lock(mutex_);
  for (Entry& e : entries_)
    if (e.config.id == id) {
      e.instance = std::move(instance);
      e.refused = std::move(refused);
    }
}

void PluginManager::start_all(const std::vector<PluginConfig>& plugins) {
  const std::lock_guard changing(changing_);
  for (const PluginConfig& config : plugins) {
    {
      const std::lock_guard lock(mutex_);
      entries_.push_back({config, {}, nullptr});
    }
    PluginInstance::MakeCode code;
    const auto made = make(config, code);
    if (!made) {
      put(config.id, nullptr, made.status().message());
      services_.state_changed(config.id, to_string(PluginState::failed), made.status().message());
    } else if (config.enabled) {
      put(config.id, *made, {});
      (*made)->start(std::move(code), options_.start_limit);
    }
  }
  watcher_ = std::thread([this] { watch(); });
}

void PluginManager::watch() {
  std::unique_lock lock(mutex_);
  while (!stop_watching_.wait_for(lock, kWatch, [this] { return stopping_; })) {
    std::vector<std::shared_ptr<PluginInstance>> running;
    for (const Entry& e : entries_)
      if (e.instance) running.push_back(e.instance);
    lock.unlock();
    for (const auto& instance : running) instance->watch();
    running.clear();
    lock.lock();
  }
}

void PluginManager::retire(std::shared_ptr<PluginInstance> old) {
  if (old->stop(options_.stop_limit)) return;
  const std::lock_guard lock(mutex_);
  left_behind_.push_back(std::move(old));
}

bool PluginManager::stop_all() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_watching_.notify_all();
  if (watcher_.joinable()) watcher_.join();
  const std::lock_guard changing(changing_);
  auto all = entries();
  // In reverse: what was started first may be needed by what came after.
  for (auto it = all.rbegin(); it != all.rend(); ++it)
    if (it->instance) retire(it->instance);
  const std::lock_guard lock(mutex_);
  return left_behind_.empty();
}

Status PluginManager::replace(Entry& entry) {
  PluginInstance::MakeCode code;
  const auto made = make(entry.config, code);
  if (!made) return made.status();
  const std::shared_ptr<PluginInstance> fresh = *made, old = entry.instance;
  const auto outcome = [&]() -> Status {
    if (fresh->ready()) return {};
    const auto info = fresh->info();
    return {GARDU_INTERNAL, "the new copy did not start (" + std::string(to_string(info.state)) +
                                "): " + info.reason};
  };
  if (old && old->file().has_role(GARDU_ROLE_SERVICE)) {
    retire(old);
    fresh->start(std::move(code), options_.start_limit);
    if (const Status status = outcome(); !status.ok()) {
      retire(fresh);
      // The old code again, as a new instance: what was stopped cannot go on.
      const auto back = old->again();
      put(entry.config.id, back.first, {});
      back.first->start(back.second, options_.start_limit);
      return status;
    }
    put(entry.config.id, fresh, {});
    return {};
  }
  fresh->start(std::move(code), options_.start_limit, true);
  if (const Status status = outcome(); !status.ok()) {
    retire(fresh);
    return status;
  }
  if (old) (void)old->hand_over(options_.stop_limit);
  put(entry.config.id, fresh, {});
  if (old) retire(old);
  fresh->take_over(options_.start_limit);
  return {};
}

Status PluginManager::restart(const std::string& id) {
  const std::lock_guard changing(changing_);
  auto found = entry(id);
  if (!found) return {GARDU_NOT_FOUND, "no such plugin"};
  return replace(*found);
}

Status PluginManager::enable(const std::string& id, bool on) {
  const std::lock_guard changing(changing_);
  auto found = entry(id);
  if (!found) return {GARDU_NOT_FOUND, "no such plugin"};
  {
    const std::lock_guard lock(mutex_);
    for (Entry& e : entries_)
      if (e.config.id == id) e.config.enabled = on;
  }
  if (on == (found->instance != nullptr)) return {};
  if (on) return replace(*found);
  retire(found->instance);
  put(id, nullptr, {});
  return {};
}

std::vector<PluginManager::Entry> PluginManager::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

std::optional<PluginManager::Entry> PluginManager::entry(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& e) { return e.config.id == id; });
  return it == entries_.end() ? std::nullopt : std::optional(*it);
}

std::shared_ptr<PluginInstance> PluginManager::find(std::string_view id) const {
  const auto found = entry(id);
  return found ? found->instance : nullptr;
}

std::string PluginManager::schema(std::string_view id) const {
  const auto instance = find(id);
  return instance ? instance->file().schema : std::string();
}

}  // namespace gardu::host
