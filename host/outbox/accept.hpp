// SPDX-License-Identifier: Apache-2.0
//
// Accepting an outbound message: the one way in, for REST and plugins alike. Within the caller's
// transaction it stores the message as pending, its outbox entry, and the message.sent event.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/messages.hpp"
#include "storage/writer.hpp"

namespace gardu::host {

struct SendCommand {
  std::string workspace_id;
  std::string contact_id;      // or account_id + to
  std::string account_id, to;  // `to`: phone number or provider address
  std::string type = "text";
  std::string text;
  std::string content;   // JSON object text, or empty
  std::string reply_to;  // our message id, or empty
  std::string priority = "normal";
  std::string client_ref;
  std::string metadata;           // JSON object text, or empty
  std::int64_t scheduled_at = 0;  // milliseconds; 0: now
  std::string sent_by_kind = "api", sent_by_id, sent_by_name;
  std::string source = "api";  // of the event: "api", "plugin:<id>"
  std::string origin_socket;   // X-Socket-ID, or empty
  std::string message_id;      // given already, or empty
};

struct FieldError {
  std::string field, message;
};

struct AcceptResult {
  std::optional<storage::Message> message;  // when accepted
  std::vector<FieldError> errors;           // else
};

// What can be said without the database: lengths, words, JSON, UTF-8.
std::vector<FieldError> check_send(const SendCommand& command);

AcceptResult accept_message(storage::Transaction& tx, const SendCommand& command);

}  // namespace gardu::host
