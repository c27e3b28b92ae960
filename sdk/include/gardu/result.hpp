// SPDX-License-Identifier: Apache-2.0
//
// Statuses as C++ values: a code whose class decides what the host does, and a text for people.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "abi/abi.h"

namespace gardu {

// How the contract counts time.
using Micros = std::chrono::microseconds;

// The same bytes, not owned.
inline std::string_view view(gardu_str s) noexcept {
  return s.size == 0 ? std::string_view{} : std::string_view{s.data, static_cast<size_t>(s.size)};
}
// The same bytes, not owned.
inline gardu_str str(std::string_view s) noexcept {
  return gardu_str{s.data(), static_cast<uint64_t>(s.size())};
}

// What came of something. Default: fine.
class [[nodiscard]] Status {
 public:
  // Fine.
  Status() = default;
  // A code with a text for people. Never put a secret into the text.
  Status(gardu_status code, std::string message) : code_(code), message_(std::move(message)) {}

  // A passing fault: worth another try, counts as an attempt.
  static Status retry(std::string why) { return {GARDU_RETRY, std::move(why)}; }
  // The way is closed for now: no attempt.
  static Status not_connected(std::string why) { return {GARDU_NOT_CONNECTED, std::move(why)}; }
  // The other side refused this message.
  static Status rejected(std::string why) { return {GARDU_REJECTED, std::move(why)}; }
  // Malformed, or against a documented limit.
  static Status invalid(std::string why) { return {GARDU_INVALID, std::move(why)}; }
  // Credentials refused: the account needs a person.
  static Status auth(std::string why) { return {GARDU_AUTH, std::move(why)}; }
  // Not a thing that this side can do.
  static Status unsupported(std::string why) { return {GARDU_UNSUPPORTED, std::move(why)}; }
  // A setting or credential is missing; `why` names it.
  static Status unconfigured(std::string why) { return {GARDU_UNCONFIGURED, std::move(why)}; }
  // A fault in the program that answers.
  static Status internal(std::string why) { return {GARDU_INTERNAL, std::move(why)}; }
  // No answer in time; the outcome is unknown.
  static Status timeout(std::string why) { return {GARDU_TIMEOUT, std::move(why)}; }
  // Asked to slow down, for that long (0: not told) and that far: no attempt.
  static Status throttled(std::string why, Micros retry_after, gardu_scope scope) {
    Status s{GARDU_THROTTLED, std::move(why)};
    s.retry_after_ = retry_after;
    s.scope_ = scope;
    return s;
  }

  // The other side's own code, and its few stable words, e.g. {"131047", "Re-engagement message"}.
  Status&& with_code(std::string provider_code, std::string title) && {
    provider_code_ = std::move(provider_code);
    title_ = std::move(title);
    return std::move(*this);
  }

  // It is GARDU_OK.
  bool ok() const noexcept { return code_ == GARDU_OK; }
  // gardu_status; one of a later version may come.
  int32_t code() const noexcept { return code_; }
  // What happened, for people.
  const std::string& message() const noexcept { return message_; }
  // The other side's own code, or empty.
  const std::string& provider_code() const noexcept { return provider_code_; }
  // A few words, stable per code, or empty.
  const std::string& title() const noexcept { return title_; }
  // When to come again; 0: not told.
  Micros retry_after() const noexcept { return retry_after_; }
  // gardu_scope: how far a throttling reaches.
  uint32_t scope() const noexcept { return scope_; }

  // Writes this into a record that the other side handed over (may be null); returns the code.
  int32_t write_to(gardu_error* out) const noexcept {
    if (out != nullptr && GARDU_HAS(out, gardu_error, message)) {
      out->status = code_;
      out->retry_after = retry_after_.count();
      out->scope = scope_;
      copy(out->provider_code, provider_code_);
      copy(out->title, title_);
      copy(out->message, message_);
    }
    return code_;
  }
  // The status of a call that returned `code` and wrote `record`, which is read unless it is fine.
  static Status read_from(int32_t code, const gardu_error& record) {
    Status s;
    s.code_ = code;
    if (code == GARDU_OK) return s;
    s.message_ = record.message;
    s.provider_code_ = record.provider_code;
    s.title_ = record.title;
    s.retry_after_ = Micros{record.retry_after};
    s.scope_ = record.scope;
    return s;
  }
  // An empty record to hand over.
  static gardu_error record() noexcept {
    gardu_error e{};
    e.size = sizeof e;
    return e;
  }

 private:
  template <size_t N>
  static void copy(char (&out)[N], const std::string& in) noexcept {
    size_t n = std::min(in.size(), N - 1);
    if (n < in.size())  // never cut through a character
      while (n > 0 && (static_cast<unsigned char>(in[n]) & 0xC0U) == 0x80U) --n;
    std::memcpy(out, in.data(), n);
    out[n] = '\0';
  }

  int32_t code_ = GARDU_OK;
  uint32_t scope_ = GARDU_SCOPE_MESSAGE;
  Micros retry_after_{0};
  std::string message_, provider_code_, title_;
};

// A status as an exception: what the services throw, and what a hook may throw to set its own
// status. It never leaves the plugin; the layer turns it back into a status.
class Failure : public std::runtime_error {
 public:
  // Its what() is the status's message.
  explicit Failure(Status status)
      : std::runtime_error(status.message()), status_(std::move(status)) {}
  // What went wrong.
  const Status& status() const noexcept { return status_; }

 private:
  Status status_;
};

// A value, or the status that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  // There is a value.
  Result(T value) : state_(std::move(value)) {}
  // There is none; `status` says why and should not be fine.
  Result(Status status) : state_(std::move(status)) {}
  // Whether there is a value.
  explicit operator bool() const noexcept { return std::holds_alternative<T>(state_); }
  // The value; throws std::bad_variant_access when there is none.
  T& operator*() { return std::get<T>(state_); }
  // Likewise.
  const T& operator*() const { return std::get<T>(state_); }
  // Likewise.
  T* operator->() { return &std::get<T>(state_); }
  // Likewise.
  const T* operator->() const { return &std::get<T>(state_); }
  // Fine when there is a value, else why there is none.
  Status status() const { return *this ? Status{} : std::get<Status>(state_); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace gardu
