// SPDX-License-Identifier: Apache-2.0
#include "plugins/child_service.hpp"

#include <future>

#include "plugins/host_table.hpp"
#include "plugins/http_bridge.hpp"
#include "plugins/instance.hpp"
#include "plugins/wire_event.hpp"

namespace gardu::host {
namespace {

constexpr std::size_t kMostWorkers = 32;  // threads of the plugin that ask and wait at once

// What may not wait behind a call that blocks, and never blocks itself.
bool is_quick(FrameKind kind) {
  switch (kind) {
    case FrameKind::log:
    case FrameKind::publish:
    case FrameKind::submit:
    case FrameKind::add_metric:
    case FrameKind::set_metric:
    case FrameKind::http:
      return true;
    default:
      return false;
  }
}

}  // namespace

ChildCode::Service::Service(PluginInstance& plugin, std::shared_ptr<Channel> channel)
    : plugin_(plugin),
      channel_(std::move(channel)),
      last_unit_(kBatchUnit),
      workers_(kMostWorkers) {}

void ChildCode::Service::stop() { workers_.stop(); }

void ChildCode::Service::take(FrameKind kind, std::uint64_t call, std::string payload) {
  if (is_quick(kind)) return serve(kind, call, payload);
  workers_.post([this, kind, call, payload = std::move(payload)] { serve(kind, call, payload); });
}

void ChildCode::Service::within_batch(Unit* unit, const std::function<void()>& body) {
  if (unit == nullptr) return body();
  // Not owned: it is the caller's, who must not go on while a call of the plugin still uses it.
  std::promise<void> unused;
  auto released = unused.get_future();
  {
    const std::lock_guard lock(mutex_);
    units_[kBatchUnit] = std::shared_ptr<Unit>(unit, [&unused](Unit*) { unused.set_value(); });
  }
  body();
  {
    std::shared_ptr<Unit> last;
    const std::lock_guard lock(mutex_);
    last.swap(units_[kBatchUnit]);
    units_.erase(kBatchUnit);
  }
  released.wait();
}

std::shared_ptr<Unit> ChildCode::Service::unit(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto it = units_.find(id);
  if (it == units_.end()) throw std::runtime_error("its transaction is over");
  return it->second;
}

// A frame begins with the unit that it joins. Every answer begins with a status.
void ChildCode::Service::serve(FrameKind kind, std::uint64_t call, const std::string& payload) {
  std::string answer;
  try {
    wire::Reader in(payload);
    const auto joins = in.get<std::uint64_t>();
    const auto run = [&] { answer = handle(kind, in); };
    if (joins == kNoUnit || kind == FrameKind::begin || kind == FrameKind::end) {
      run();
    } else {
      const auto whole = unit(joins);
      plugin_.within(*whole, run);
    }
  } catch (const storage::Error& e) {
    answer = wire::pack(tables::status_of(e));
  } catch (const std::exception& e) {
    answer = wire::pack(Status::internal(e.what()));
  }
  if (call != 0) channel_->answer(kind, call, answer);
}

std::string ChildCode::Service::handle(FrameKind kind, wire::Reader& in) {
  switch (kind) {
    case FrameKind::log: {
      const auto level = in.get<std::int32_t>();
      plugin_.log(level, in.get<std::string_view>());
      return {};
    }
    case FrameKind::publish:
      return publish(in);
    case FrameKind::submit:
      return submit(in);
    case FrameKind::read_journal:
      return read_journal(in);
    case FrameKind::journal_range: {
      const auto [oldest, newest] = plugin_.journal_range();
      return wire::pack(Status{}, oldest, newest);
    }
    case FrameKind::journal_cut: {
      const auto cut = plugin_.journal_cut(in.get<std::string_view>());
      return cut ? wire::pack(Status{}, *cut) : wire::pack(cut.status());
    }
    case FrameKind::add_route:
      return add_route(in);
    case FrameKind::may_follow: {
      gardu_principal p{};
      p.size = sizeof p;
      in.into(p.auth, p.workspace_id, p.user_id, p.token_id, p.name);
      const auto workspace = in.get<std::string_view>(), contact = in.get<std::string_view>(),
                 account = in.get<std::string_view>();
      return wire::pack(Status{}, plugin_.may_follow(p, workspace, contact, account));
    }
    case FrameKind::secret: {
      const auto name = in.get<std::string_view>();
      const auto made = plugin_.secret(name, in.get<std::uint32_t>());
      return made ? wire::pack(Status{}, *made) : wire::pack(made.status());
    }
    case FrameKind::define_metric: {
      const auto kind_of = in.get<std::uint32_t>();
      const auto name = in.get<std::string_view>(), labels = in.get<std::string_view>(),
                 help = in.get<std::string_view>();
      const std::uint64_t id = plugin_.define_metric(kind_of, name, labels, help);
      // The host's own ids are addresses: the process gets numbers instead.
      const std::lock_guard lock(mutex_);
      if (id != 0) metrics_.push_back(id);
      return wire::pack(Status{}, std::uint64_t{id == 0 ? 0 : metrics_.size()});
    }
    case FrameKind::add_metric:
    case FrameKind::set_metric: {
      const auto number = in.get<std::uint64_t>();
      const auto value = in.get<std::int64_t>();
      std::uint64_t id = 0;
      {
        const std::lock_guard lock(mutex_);
        if (number == 0 || number > metrics_.size()) return {};
        id = metrics_[static_cast<std::size_t>(number - 1)];
      }
      if (kind == FrameKind::add_metric) {
        plugin_.add_metric(id, value);
      } else {
        plugin_.set_metric(id, value);
      }
      return {};
    }
    case FrameKind::begin:
      return begin(in.get<std::uint64_t>());
    case FrameKind::end:
      return end(in);
    case FrameKind::http:
      return http(in);
    default:
      return handle_data(kind, in);
  }
}

std::string ChildCode::Service::publish(wire::Reader& in) {
  const auto token = in.get<std::uint64_t>();
  std::vector<Incoming> items;
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count; ++i) items.push_back(wire::take_incoming(in));
  return wire::pack(plugin_.publish(
      std::move(items), [channel = channel_, token](std::int32_t status,
                                                    std::span<const gardu_publish_result> results) {
        std::string payload;
        wire::Writer out(payload);
        out.put(token, status, static_cast<std::uint32_t>(results.size()));
        for (const auto& r : results) wire::put_result(out, r);
        channel->tell(FrameKind::publish_done, payload);
      }));
}

std::string ChildCode::Service::submit(wire::Reader& in) {
  PluginSend send;
  const auto token = in.get<std::uint64_t>();
  OutgoingMessage& m = send.message;
  in.into(send.message_id, m.type, m.priority, m.workspace_id, m.account_id, m.contact_id, m.to,
          m.text, m.content, m.reply_to, m.client_ref, m.metadata, m.scheduled_at);
  if (token != 0)
    send.done = [channel = channel_, token](const Status& status) {
      channel->tell(FrameKind::send_done, wire::pack(token, status));
    };
  return wire::pack(plugin_.send(std::move(send)));
}

std::string ChildCode::Service::read_journal(wire::Reader& in) {
  gardu_journal_query q{};
  q.size = sizeof q;
  in.into(q.limit, q.after_seq, q.types, q.workspace_id, q.contact_id, q.account_id);
  std::string events;
  wire::Writer out(events);
  std::uint32_t count = 0;
  const Status status = plugin_.read_journal(q, [&](const gardu_event& e) {
    wire::put_event(out, e);
    ++count;
    return true;
  });
  return wire::pack(status, count) + events;
}

std::string ChildCode::Service::add_route(wire::Reader& in) {
  PluginRoute route;
  const auto token = in.get<std::uint64_t>();
  in.into(route.method, route.pattern, route.auth, route.body_limit, route.deadline);
  route.handle = [channel = channel_, token](RoutedRequest request, http::Responder responder) {
    const std::string packed = pack_request(token, request);
    const auto kept = std::make_shared<RoutedRequest>(std::move(request));
    channel->ask(FrameKind::request, packed, [kept, responder](const std::string* answer) mutable {
      if (answer == nullptr) return answer_unavailable(*kept, responder);
      answer_from(*answer, *kept, responder);
    });
  };
  return wire::pack(plugin_.mount(std::move(route)));
}

std::string ChildCode::Service::begin(std::uint64_t parent) {
  if (parent != kNoUnit) {
    unit(parent)->begin_part();
    return wire::pack(Status{}, parent);
  }
  if (!plugin_.started()) return wire::pack(Status{GARDU_STOPPED, "the plugin is not started"});
  const std::lock_guard lock(mutex_);
  units_[++last_unit_] =
      std::make_shared<Unit>([&data = plugin_.services().data()] { return data.begin(); });
  return wire::pack(Status{}, last_unit_);
}

std::string ChildCode::Service::end(wire::Reader& in) {
  const auto id = in.get<std::uint64_t>();
  const bool part = in.get<bool>(), keep = in.get<bool>();
  if (part) {
    unit(id)->end_part(keep);
    return wire::pack(Status{});
  }
  std::shared_ptr<Unit> whole;
  {
    const std::lock_guard lock(mutex_);
    const auto node = units_.extract(id);
    if (!node || id == kBatchUnit) throw std::runtime_error("its transaction is over");
    whole = node.mapped();
  }
  if (keep) {
    plugin_.services().data().commit(plugin_.id(), std::move(whole->effects), whole->transaction());
  } else {
    whole->effects.undone({GARDU_REJECTED, "its transaction was undone"});
  }
  return wire::pack(Status{});
}

std::string ChildCode::Service::http(wire::Reader& in) {
  HttpExchange call;
  const auto token = in.get<std::uint64_t>();
  const auto deadline = [&] {
    in.into(call.method, call.url, call.body, call.headers);
    return in.get<std::int64_t>();
  }();
  call.deadline = std::chrono::microseconds(deadline);
  in.take(call.max_answer);
  return wire::pack(
      plugin_.http(std::move(call), [channel = channel_, token](const HttpOutcome& o) {
        channel->tell(FrameKind::http_done,
                      wire::pack(token, o.progress, o.status, o.headers, o.body, o.error));
      }));
}

}  // namespace gardu::host
