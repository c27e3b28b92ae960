// SPDX-License-Identifier: Apache-2.0
//
// For the FakeHost itself: the rules of abi.h that hold for every call, and the barrier of its
// tables.
#pragma once
#include <exception>

#include "state.hpp"

namespace gardu::testing::detail {

inline bool is_utf8(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    const auto byte = [&](size_t k) { return static_cast<unsigned char>(s[k]); };
    const unsigned lead = byte(i);
    const size_t n = lead < 0x80   ? 1
                     : lead < 0xC2 ? 0
                     : lead < 0xE0 ? 2
                     : lead < 0xF0 ? 3
                     : lead < 0xF5 ? 4
                                   : 0;
    if (n == 0 || n > s.size() - i) return false;
    for (size_t k = 1; k < n; ++k)
      if ((byte(i + k) & 0xC0U) != 0x80U) return false;
    const unsigned second = n > 1 ? byte(i + 1) : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return false;
    i += n;
  }
  return true;
}

inline Status State::enter(std::string_view service, std::string_view function, Tag tag) {
  const std::lock_guard lock(mutex);
  const std::string name = std::string(service) + " " + std::string(function);
  const auto wrong = [&](std::string_view rule) {
    fault_locked(name + ": called " + std::string(phase_text(phase)) + " (" + std::string(rule) +
                 ")");
    return Status{GARDU_STOPPED, name + " may not be called " + std::string(phase_text(phase))};
  };
  const bool plugin_thread =
      tag == Tag::alive_plugin || tag == Tag::from_start || tag == Tag::in_start;
  if (plugin_thread && !plugin_side_locked())
    fault_locked(name + ": called on a thread that is not the plugin's (it is [plugin-thread])");
  if (phase == Phase::destroyed) return wrong("nothing may be called after destroy");
  if (phase == Phase::stopped) return wrong("nothing of the plugin may call the host after stop");
  if (phase == Phase::created && tag == Tag::started) return wrong("it is [started]");
  if (phase == Phase::created && tag == Tag::from_start) return wrong("in start or later");
  if (tag == Tag::in_start && phase != Phase::free && phase != Phase::starting)
    return wrong("in start");
  return {};
}

inline Status State::refusal(std::string_view service, std::string_view function) {
  const std::lock_guard lock(mutex);
  const auto it = refusals.find(service);
  if (it == refusals.end() || it->second.times == 0) return {};
  if (it->second.times > 0) --it->second.times;
  gardu_status status = it->second.status;
  if (status == GARDU_FULL && depth > 0 && std::this_thread::get_id() == hook_thread &&
      ++full_refusals > 1000) {
    fault_locked(std::string(service) + " " + std::string(function) +
                 ": refused with GARDU_FULL and called again more than 1000 times within " + hook +
                 " (tell the sender to come again; a hook does not wait)");
    status = GARDU_STOPPED;  // so that who waits for the end of it comes to one
  }
  return {status, "the fake host says no"};
}

inline std::string State::take(std::string_view function, std::string_view field, gardu_str text,
                               bool utf8) {
  if (text.size == 0) return {};
  const std::string where = std::string(function) + ": " + std::string(field);
  if (text.data == nullptr) {
    fault(where + " has a size but no data (abi.h, rule 3)");
    return {};
  }
  std::string out(view(text));
  if (utf8 && !is_utf8(out)) fault(where + " is not UTF-8 (abi.h, rule 3)");
  return out;
}

inline Status State::too_short(std::string_view function, std::string_view type) {
  const std::string what = std::string(type) + " is shorter than version 1";
  fault(std::string(function) + ": " + what + " (abi.h, rule 1: `size` is what the writer knows)");
  return Status::invalid(what);
}

inline void State::check_secrets(std::string_view where, std::string_view text) {
  const std::lock_guard lock(mutex);
  for (const std::string& secret : secret_texts)
    if (text.find(secret) != std::string_view::npos)
      fault_locked(std::string(where) + ": contains a secret (never pass a secret)");
}

inline Duty* State::duty(std::string what, std::string rule) {
  const std::lock_guard lock(mutex);
  duties.push_back(std::make_unique<Duty>(Duty{this, std::move(what), std::move(rule), 0, false}));
  return duties.back().get();
}

inline bool State::tell(Duty& duty) {
  const std::lock_guard lock(mutex);
  if (duty.taken_back) {
    fault_locked(duty.what + ": told although the call was refused (" + duty.rule + ")");
    return false;
  }
  if (++duty.told > 1) {
    fault_locked(duty.what + ": told twice (" + duty.rule + ")");
    return false;
  }
  if (phase == Phase::stopped || phase == Phase::destroyed)
    fault_locked(duty.what + ": told " + std::string(phase_text(phase)) +
                 " (nothing of the plugin may call the host after stop)");
  return true;
}

// The barrier of the tables: what the test's own functions throw becomes the call's status.
template <class F>
int32_t serve(void* context, std::string_view service, std::string_view function, Tag tag,
              gardu_error* error, F&& body) noexcept {
  State& s = State::of(context);
  const Note note(s);
  try {
    if (error != nullptr && !GARDU_HAS(error, gardu_error, message)) {
      (void)s.too_short(function, "gardu_error");
      error = nullptr;
    }
    if (const Status status = s.enter(service, function, tag); !status.ok())
      return status.write_to(error);
    if (const Status status = s.refusal(service, function); !status.ok())
      return status.write_to(error);
    return body(s).write_to(error);
  } catch (const Failure& f) {
    return f.status().write_to(error);
  } catch (const std::exception& e) {
    return Status::internal(e.what()).write_to(error);
  } catch (...) {
    return Status::internal("an exception that is no std::exception").write_to(error);
  }
}

}  // namespace gardu::testing::detail
