// SPDX-License-Identifier: Apache-2.0
#include "loopback.hpp"

#include <chrono>
#include <utility>

#include "inject.hpp"

namespace gardu::loopback {
namespace {

using std::chrono::milliseconds;

constexpr Micros kFullRetry = milliseconds(50);        // the host's intake was full: again after
constexpr Micros kMuteFor = std::chrono::minutes(10);  // well past any host's own limit
constexpr int kThrottles = 2;
constexpr std::size_t kMaxThrottled = 10000;  // messages remembered; cancelled ones never return

Peer peer_of(const Outbound& outbound) {
  Peer peer;
  const gardu_outbound& raw = outbound.raw();
  for (uint32_t i = 0; i < raw.identity_count; ++i)
    peer.identities.push_back({static_cast<gardu_identity_kind>(raw.identities[i].kind),
                               std::string(view(raw.identities[i].value))});
  const std::string phone = phone_of(outbound.to());
  peer.address = outbound.to();
  peer.is_group = outbound.message().in_group();
  if (peer.identities.empty())
    peer.identities.push_back(
        {peer.is_group    ? GARDU_IDENTITY_GROUP
         : !phone.empty() ? GARDU_IDENTITY_PHONE
                          : GARDU_IDENTITY_OTHER,
         phone.empty() || peer.is_group ? std::string(outbound.to()) : phone});
  peer.name = "Loopback " + (phone.empty() ? peer.address : phone);
  return peer;
}

}  // namespace

Status Loopback::start(std::string_view settings) {
  settings_ = read_settings(settings);
  sessions_.set_login(settings_.login);
  // Without a seed the start's time keeps the ids of two runs apart.
  run_ = "loop.in." +
         std::to_string(settings_.seed.value_or(static_cast<std::uint64_t>(
             std::chrono::duration_cast<Micros>(std::chrono::system_clock::now().time_since_epoch())
                 .count()))) +
         ".";
  next_ = 1;
  host().route(
      {"POST", "/api/v1/loopback/inject", GARDU_AUTH_AGENT,
       [this](const HttpRequest& request, HttpReply reply) { inject(request, std::move(reply)); },
       kInjectBodyLimit, Micros{0}});
  return {};
}

void Loopback::stop() {
  for (auto& [key, completion] : std::exchange(unanswered_, {}))
    completion.failed(Status::timeout("the number never answered; the transport is stopping"));
  sessions_.clear();
  throttled_.clear();
}

gardu_transport_info Loopback::describe() const {
  gardu_transport_info info{};
  info.size = sizeof info;
  info.max_in_flight = 64;
  info.features = GARDU_CAN_MEDIA | GARDU_CAN_LOCATION | GARDU_CAN_CONTACTS |
                  GARDU_CAN_INTERACTIVE | GARDU_CAN_TEMPLATE | GARDU_CAN_REACTION |
                  GARDU_CAN_REPLY | GARDU_REFERENCE_ECHOED | GARDU_CAN_MARK_READ |
                  GARDU_CAN_TYPING | GARDU_CAN_EDIT | GARDU_CAN_REVOKE | GARDU_CAN_SYNC |
                  GARDU_CAN_HEALTH | GARDU_CAN_LOGOUT | GARDU_CAN_PAIR;
  info.text_limit = 65536;
  return info;
}

Status Loopback::connect(const Account& account) {
  sessions_.connect(account.id, account.workspace_id);
  return {};
}

Status Loopback::disconnect(std::string_view account_id) {
  sessions_.disconnect(account_id);
  return {};
}

void Loopback::send(const Outbound& outbound, SendCompletion completion) {
  const MessageView message = outbound.message();
  if (!sessions_.linked(message.account_id()))
    return completion.failed(Status::not_connected("the account is not linked"));

  const Behaviour behaviour = behaviour_of(outbound.to());
  if (behaviour == Behaviour::unreachable) return completion.failed(status_of(behaviour));
  if (behaviour == Behaviour::mute) return keep_unanswered(std::move(completion));
  if (behaviour == Behaviour::rate_limited && throttle(message, completion)) return;

  Sent sent{std::string(message.account_id()),
            std::string(message.id()),
            "loop." + std::string(message.id()),
            std::string(message.text()),
            std::string(message.content()),
            static_cast<gardu_message_type>(message.type()),
            peer_of(outbound)};
  completion.accepted({sent.provider_id, {}, {}, false});
  acknowledge(sent, behaviour);
}

// True when it was told to wait.
bool Loopback::throttle(const MessageView& message, SendCompletion& completion) {
  if (throttled_.size() >= kMaxThrottled) throttled_.clear();
  int& times = throttled_[std::string(message.id())];
  if (times < kThrottles) {
    ++times;
    completion.failed(status_of(Behaviour::rate_limited));
    return true;
  }
  throttled_.erase(std::string(message.id()));
  return false;
}

void Loopback::keep_unanswered(SendCompletion completion) {
  const std::uint64_t key = next_++;
  unanswered_.emplace(key, std::move(completion));
  const std::uint64_t timer = host().after(kMuteFor, [this, key] {
    if (auto kept = unanswered_.extract(key))
      kept.mapped().failed(Status::timeout("the number never answered"));
  });
  if (timer == 0) unanswered_.erase(key);  // stopping
}

void Loopback::acknowledge(const Sent& sent, Behaviour behaviour) {
  const auto ack = [&](gardu_message_status status, Micros delay) {
    Publication p;
    p.type = GARDU_EVENT_MESSAGE_STATUS_UPDATED;
    p.account_id = sent.account_id;
    p.status = InboundStatus{};
    p.status->status = status;
    p.status->provider_message_id = sent.provider_id;
    p.status->message_id = sent.message_id;
    publish_after(delay, std::move(p));
  };
  if (behaviour == Behaviour::out_of_order) {
    ack(GARDU_STATUS_READ, settings_.sent);
    ack(GARDU_STATUS_SENT, settings_.sent + milliseconds(1));
    ack(GARDU_STATUS_DELIVERED, settings_.delivered);
    ack(GARDU_STATUS_READ, settings_.read);
    ack(GARDU_STATUS_DELIVERED, settings_.read + milliseconds(1));
  } else {
    ack(GARDU_STATUS_SENT, settings_.sent);
    ack(GARDU_STATUS_DELIVERED, settings_.delivered);
    ack(GARDU_STATUS_READ, settings_.read);
  }
  answer(sent);
}

void Loopback::answer(const Sent& sent) {
  Publication p;
  p.type = GARDU_EVENT_MESSAGE_RECEIVED;
  p.account_id = sent.account_id;
  p.peer = sent.peer;
  p.message = InboundMessage{};
  if (settings_.peer == PeerKind::silent) return;
  if (settings_.peer == PeerKind::script) {
    const std::string* reply = answer_from(settings_.script, sent.text);
    if (reply == nullptr) return;
    p.message->text = *reply;
  } else {
    p.message->type = sent.type;
    p.message->text = sent.text;
    p.message->content = sent.content;
  }
  // The id is taken now: it depends on the order of the sends alone, not on that of the timers.
  p.message->provider_message_id = next_id();
  p.message->reply_to_provider_id = sent.provider_id;
  if (sent.peer.is_group) {
    p.message->sender_address = "loopback";
    p.message->sender_name = sent.peer.name;
  }

  // One moment after the last acknowledgement, so that it never overtakes it.
  const Micros after_read = settings_.read + milliseconds(2);
  if (settings_.typing.count() > 0) {
    Publication typing;
    typing.type = GARDU_EVENT_TYPING_STARTED;
    typing.account_id = sent.account_id;
    typing.peer = sent.peer;
    typing.text = "typing";
    publish_after(after_read, std::move(typing));
  }
  publish_after(after_read + settings_.typing, std::move(p));
}

void Loopback::publish_after(Micros delay, Publication publication) {
  host().after(delay, [this, p = std::move(publication)]() mutable { publish(std::move(p)); });
}

void Loopback::publish(Publication publication) {
  std::vector<Publication> items;
  items.push_back(std::move(publication));
  const Status status = host().publish(items);
  if (status.code() == GARDU_FULL) {
    publish_after(kFullRetry, std::move(items.front()));
  } else if (!status.ok() && status.code() != GARDU_STOPPED) {
    host().warn("a publication was refused: " + status.message());
  }
}

std::string Loopback::next_id() { return run_ + std::to_string(next_++); }

void Loopback::inject(const HttpRequest& request, HttpReply reply) {
  const Principal caller = request.principal();
  Injection injection = read_injection(request.body(), [this] { return next_id(); });
  if (injection.problem) return reply.send(*injection.problem);

  const std::string* const workspace = sessions_.workspace_of(injection.account_id);
  const bool anywhere = caller.auth >= GARDU_AUTH_PLATFORM;
  if (workspace == nullptr || (!anywhere && *workspace != caller.workspace_id) ||
      (!anywhere && !host().may_follow(caller, caller.workspace_id, {}, injection.account_id)))
    return reply.send(
        problem(404, "No such account", "There is no connected loopback account of this id here."));

  // The answer waits for the commit, wherever that is told.
  const auto held = std::make_shared<HttpReply>(std::move(reply));
  const Status status =
      host().publish(injection.publications, [held](int32_t code, PublishResults results) {
        held->send(answer_to_injection(code, results));
      });
  if (!status.ok()) held->send(answer_to_injection(status.code(), {}));
}

}  // namespace gardu::loopback
