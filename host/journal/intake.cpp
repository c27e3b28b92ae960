// SPDX-License-Identifier: Apache-2.0
#include "journal/intake.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "base/utf8.hpp"
#include "base/uuid.hpp"
#include "event/types.hpp"
#include "journal/events.hpp"
#include "journal/people.hpp"
#include "journal/statuses.hpp"

namespace gardu::host {
namespace {

using nlohmann::json;

constexpr std::int64_t kMicros = 1000;  // in a millisecond

// One publication on its way through the transaction.
struct Step {
  storage::Transaction& tx;
  const Publication& in;
  gardu_publish_result& out;
  Origin origin;
  std::optional<storage::Account> account;
  Ephemeral& ephemeral;

  void refuse(std::int32_t status, std::string_view why) const {
    out.status = status;
    const auto text = cut_utf8(why, sizeof out.detail - 1);
    std::memcpy(out.detail, text.data(), text.size());
    out.detail[text.size()] = '\0';
  }
  static void put(char (&field)[40], const std::string& id) {
    std::memcpy(field, id.c_str(), std::min<std::size_t>(id.size() + 1, sizeof field - 1));
  }
};

std::optional<std::string> maybe(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

json object_of(const std::string& text) {
  auto j = json::parse(text.empty() ? "{}" : text, nullptr, false);
  return j.is_object() ? j : json::object();
}

storage::Contact contact_of(Step& s) {
  Person p;
  for (const Identity& id : s.in.peer->identities)
    p.identities.push_back(
        {std::string(identity_kind_name(static_cast<std::uint32_t>(id.kind))), id.value});
  p.address = s.in.peer->address;
  p.name = s.in.peer->name;
  p.is_group = s.in.peer->is_group;
  return resolve_contact(s.tx, s.origin, *s.account, p);
}

storage::Message message_of(const Step& s, const storage::Contact& contact) {
  const InboundMessage& in = *s.in.message;
  storage::Message m;
  m.id = uuid_v7();
  m.workspace_id = contact.workspace_id;
  m.account_id = contact.account_id;
  m.contact_id = contact.id;
  m.provider_message_id = in.provider_message_id;
  m.raw_id = maybe(in.raw_id);
  const bool inbound = in.direction == GARDU_INBOUND;
  m.direction = inbound ? "inbound" : "outbound";
  m.chat_type = s.in.peer->is_group ? "group" : "private";
  m.type = message_type_name(static_cast<std::uint32_t>(in.type));
  if (!in.sender_address.empty())
    m.sender = json{{"address", in.sender_address}, {"name", in.sender_name}}.dump();
  m.text = maybe(in.text);
  m.content = maybe(in.content);
  m.metadata = maybe(in.metadata);
  m.reply_to_provider_id = maybe(in.reply_to_provider_id);
  m.forwarded = in.forwarded;
  // One that the owner sent from elsewhere was sent already, by what the provider tells us.
  m.status = inbound ? "received" : "sent";
  m.sent_by =
      inbound ? R"({"id":")" + contact.id + R"(","kind":"contact"})" : R"({"kind":"phone"})";
  m.created_at = s.origin.occurred_at;
  if (!inbound) m.sent_at = m.created_at;
  return m;
}

void take_message(Step& s) {
  if (storage::messages::known(s.tx, s.account->id, s.in.message->provider_message_id)) {
    s.out.flags |= GARDU_PUBLISH_DUPLICATE;
    if (const auto m =
            storage::messages::find(s.tx, s.account->id, s.in.message->provider_message_id)) {
      Step::put(s.out.message_id, m->id);
      Step::put(s.out.contact_id, m->contact_id);
    }
    return;
  }
  storage::Contact contact = contact_of(s);
  storage::Message m = message_of(s, contact);
  if (m.reply_to_provider_id)
    if (const auto quoted = storage::messages::find(s.tx, m.account_id, *m.reply_to_provider_id))
      m.reply_to_message_id = quoted->id;
  storage::messages::insert(s.tx, m);
  const bool inbound = m.direction == "inbound";
  storage::contacts::on_message(s.tx, contact, m.created_at, m.id, inbound);
  contact.unread += inbound ? 1 : 0;
  contact.last_message_at = std::max(contact.last_message_at.value_or(0), m.created_at);
  s.out.seq = append_message_event(s.tx, inbound ? "message.received" : "message.sent", s.origin, m,
                                   contact);
  Step::put(s.out.message_id, m.id);
  Step::put(s.out.contact_id, contact.id);
}

void take_status(Step& s) {
  const InboundStatus& in = *s.in.status;
  StatusReport report;
  report.message_id = in.message_id;
  report.provider_message_id = in.provider_message_id;
  report.status = message_status_name(static_cast<std::uint32_t>(in.status));
  report.participant = in.participant;
  if (in.status == GARDU_STATUS_FAILED)
    report.error = json{{"code", in.error_code},
                        {"title", in.error_title},
                        {"detail", in.error_detail},
                        {"retryable", in.error_retryable}}
                       .dump();
  const auto moved = apply_report(s.tx, s.origin, *s.account, report);
  if (moved.message_id.empty() || moved.seq == 0) s.out.flags |= GARDU_PUBLISH_STALE;
  s.out.seq = moved.seq;
  Step::put(s.out.message_id, moved.message_id);
}

// About a message that we have: reaction, edit, deletion.
void take_about(Step& s) {
  const auto m = storage::messages::find(s.tx, s.account->id, s.in.target);
  if (!m) {
    s.out.flags |= GARDU_PUBLISH_STALE;
    return;
  }
  const std::int64_t at = s.origin.occurred_at;
  if (s.in.type == GARDU_EVENT_MESSAGE_REACTION) {
    s.out.seq = append_about(s.tx, "message.reaction", s.origin, *m,
                             {{"message_id", m->id}, {"emoji", s.in.text}, {"by", "contact"}});
  } else if (s.in.type == GARDU_EVENT_MESSAGE_DELETED) {
    if (!m->deleted_at) {
      storage::messages::set_deleted(s.tx, *m, at);
      s.out.seq = append_about(s.tx, "message.deleted", s.origin, *m,
                               {{"message_id", m->id}, {"by", "contact"}});
    } else {
      s.out.flags |= GARDU_PUBLISH_DUPLICATE;
    }
  } else if (m->text != s.in.text) {
    storage::messages::set_edited(s.tx, *m, s.in.text, at);
    const auto now = storage::messages::get(s.tx, m->workspace_id, m->id);
    const auto contact = storage::contacts::get(s.tx, m->workspace_id, m->contact_id);
    if (now && contact)
      s.out.seq = append_message_event(s.tx, "message.updated", s.origin, *now, *contact);
  }
  Step::put(s.out.message_id, m->id);
  Step::put(s.out.contact_id, m->contact_id);
}

// Known contacts only: a bubble is no reason to open a conversation.
void take_ephemeral(Step& s) {
  std::vector<storage::ContactIdentity> identities;
  for (const Identity& id : s.in.peer->identities)
    identities.push_back(
        {std::string(identity_kind_name(static_cast<std::uint32_t>(id.kind))), id.value});
  const auto found = storage::contacts::find(s.tx, s.account->id, identities);
  if (found.empty()) {
    s.out.flags |= GARDU_PUBLISH_STALE;
    return;
  }
  const storage::Contact& c = found.front();
  json data = object_of(s.in.data);
  data["contact_id"] = c.id;
  if (s.in.type != GARDU_EVENT_CONTACT_PRESENCE) {
    data["by"] = "contact";
    data["kind"] = s.in.text == "recording" ? "recording" : "typing";
  }
  auto entry = make_entry(std::string(event_type_name(static_cast<std::uint32_t>(s.in.type))),
                          c.workspace_id, s.origin, data);
  entry.account_id = c.account_id;
  entry.contact_id = c.id;
  s.tx.defer([&ephemeral = s.ephemeral, entry = std::move(entry)] { ephemeral.raise(entry); });
  Step::put(s.out.contact_id, c.id);
}

// A QR or pairing code lets whoever has it take the account over: it travels, and is never stored.
void take_qr(Step& s) {
  json data = object_of(s.in.data);
  data["account_id"] = s.account->id;
  auto entry = make_entry("account.qr", s.account->workspace_id, s.origin, data);
  entry.account_id = s.account->id;
  s.tx.defer([&ephemeral = s.ephemeral, entry = std::move(entry)] { ephemeral.raise(entry); });
}

void take_account_status(Step& s) {
  const json data = object_of(s.in.data);
  storage::Account a = *s.account;
  const std::string status = data.value("status", "");
  static constexpr std::string_view kKnown[] = {"disconnected",  "connecting", "qr_ready",
                                                "authenticated", "ready",      "failed"};
  if (std::find(std::begin(kKnown), std::end(kKnown), status) == std::end(kKnown))
    return s.refuse(GARDU_INVALID, "data.status is not a status of accounts");
  const auto reason = data.contains("reason") && data["reason"].is_string()
                          ? std::optional(data["reason"].get<std::string>())
                          : std::nullopt;
  if (a.status == status && a.status_reason == reason) {
    s.out.flags |= GARDU_PUBLISH_STALE;
    return;
  }
  a.status = status;
  a.status_reason = reason;
  storage::accounts::set_status(
      s.tx, a.id, status, reason,
      status == "ready" ? std::optional(s.origin.occurred_at) : std::nullopt);
  s.out.seq = append_account_status(s.tx, s.origin, a);
}

// account.health, template.status, call.received, and a plugin's own: journaled with the data as
// they came.
void take_plain(Step& s, const std::string& plugin) {
  std::string type(event_type_name(static_cast<std::uint32_t>(s.in.type)));
  if (s.in.type == GARDU_EVENT_OTHER) {
    type = s.in.type_name;
    if (type.rfind(plugin + ".", 0) != 0)
      return s.refuse(GARDU_INVALID, "a plugin's own event is named <plugin id>.<name>");
  }
  json data = object_of(s.in.data);
  const std::string workspace = s.account ? s.account->workspace_id : s.in.workspace_id;
  std::optional<storage::Contact> contact;
  if (s.account && s.in.peer) contact = contact_of(s);
  if (s.account && s.in.type != GARDU_EVENT_OTHER) data["account_id"] = s.account->id;
  if (contact) data["contact_id"] = contact->id;
  auto entry = make_entry(std::move(type), workspace, s.origin, data);
  if (s.account) entry.account_id = s.account->id;
  if (contact) entry.contact_id = contact->id;
  s.out.seq = s.tx.append(std::move(entry));
}

void take_one(Step& s, const std::string& plugin) {
  if (!s.in.account_id.empty()) {
    s.account = storage::accounts::get_any(s.tx, s.in.account_id);
    if (!s.account || s.account->transport != plugin)
      return s.refuse(GARDU_NOT_FOUND, "no such account of this transport");
  }
  switch (s.in.type) {
    case GARDU_EVENT_MESSAGE_RECEIVED:
    case GARDU_EVENT_MESSAGE_SENT:
      return take_message(s);
    case GARDU_EVENT_MESSAGE_STATUS_UPDATED:
      return take_status(s);
    case GARDU_EVENT_MESSAGE_REACTION:
    case GARDU_EVENT_MESSAGE_UPDATED:
    case GARDU_EVENT_MESSAGE_DELETED:
      return take_about(s);
    case GARDU_EVENT_TYPING_STARTED:
    case GARDU_EVENT_TYPING_STOPPED:
    case GARDU_EVENT_CONTACT_PRESENCE:
      return take_ephemeral(s);
    case GARDU_EVENT_ACCOUNT_QR:
      return take_qr(s);
    case GARDU_EVENT_ACCOUNT_STATUS:
      return take_account_status(s);
    default:
      return take_plain(s, plugin);
  }
}

}  // namespace

Intake::Intake(storage::Database& database, Ephemeral& ephemeral)
    : database_(database), ephemeral_(ephemeral) {}

void Intake::apply(storage::Transaction& tx, const std::string& plugin,
                   const std::vector<Incoming>& items, std::vector<gardu_publish_result>& results) {
  results.assign(items.size(), {});
  for (std::size_t i = 0; i < items.size(); ++i) {
    gardu_publish_result& out = results[i];
    out.size = sizeof out;
    const Publication& in = items[i].publication;
    const std::int64_t at = in.occurred_at == 0 ? now_ms() : in.occurred_at / kMicros;
    Step step{tx, in, out, {"plugin:" + plugin, at, {}}, {}, ephemeral_};
    if (!items[i].refused.ok()) {
      step.refuse(items[i].refused.code(), items[i].refused.message());
    } else {
      take_one(step, plugin);
    }
  }
}

Status Intake::publish(const std::string& plugin, std::vector<Incoming> items, Done done) {
  struct Job {
    std::vector<Incoming> items;
    std::vector<gardu_publish_result> results;
    Done done;
  };
  const auto job = std::make_shared<Job>(Job{std::move(items), {}, std::move(done)});
  const auto work = [this, plugin, job](storage::Transaction& tx) {
    apply(tx, plugin, job->items, job->results);
  };
  const auto finished = [job](const std::exception_ptr& failed) {
    if (!job->done) return;
    if (failed) {
      job->done(GARDU_RETRY, {});
    } else {
      job->done(GARDU_OK, job->results);
    }
  };
  if (!database_.writer().submit(work, finished, storage::Writer::Repeat::allowed))
    return {GARDU_FULL, "too much is waiting to be stored"};
  return {};
}

}  // namespace gardu::host
