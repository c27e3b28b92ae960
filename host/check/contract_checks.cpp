// SPDX-License-Identifier: Apache-2.0
// The life of a plugin: what every one must get through, on hosts older and newer than this one.
#include <array>
#include <sstream>

#include "check/checks.hpp"
#include "check/rig.hpp"

namespace gardu::host::check {
namespace {

bool fine(const Status& status) { return status.ok() || status.code() == GARDU_UNCONFIGURED; }

bool needs_service(const gardu_manifest& manifest, std::string_view id) {
  std::istringstream needs{std::string(manifest.needs)};
  for (std::string need; needs >> need;)
    if (need == id) return true;
  return false;
}

// Since 1.0: what a plugin may find on every host.
constexpr std::array<const char*, 9> kFirstServices{
    GARDU_EXT_AUTH,    GARDU_EXT_HTTP_ROUTES, GARDU_EXT_JOURNAL, GARDU_EXT_LOG,  GARDU_EXT_METRICS,
    GARDU_EXT_PUBLISH, GARDU_EXT_SECRETS,     GARDU_EXT_SEND,    GARDU_EXT_TIMER};
constexpr std::array<const char*, 8> kLaterServices{
    GARDU_EXT_DB, GARDU_EXT_DIRECTORY, GARDU_EXT_EXECUTOR, GARDU_EXT_HTTP_CLIENT,
    GARDU_EXT_KV, GARDU_EXT_MEDIA,     GARDU_EXT_SETTINGS, GARDU_EXT_THREAD_CHECK};

// The start need not succeed, but everything must come back, and the stop after it as well.
void live_with(Context& c, const Module& module, const std::string& how, std::string_view settings,
               const std::function<void(testing::FakeHost&)>& prepare) {
  Rig rig(c, module);
  prepare(rig.host());
  c.step("start " + how + ", and what comes after it");
  (void)rig.try_start(settings);
  rig.tear_down();
}

}  // namespace

void check_cycle(Context& c) {
  const Module module = need_module(c);
  Rig rig(c, module);
  const Status status = rig.try_start(c.subject().settings);
  if (!status.ok()) c.note("start answered " + status_text(status));
  rig.tear_down();
}

void check_destroy(Context& c) {
  c.on_crash("destroy works without a start", "abi/abi.h: gardu_plugin.destroy");
  const Module module = need_module(c);
  Rig rig(c, module);
  if (!rig.set_up().ok()) c.skip("create did not succeed");
  rig.tear_down();
}

void check_failed_start(Context& c) {
  const Module module = need_module(c);
  const auto nothing = [](testing::FakeHost&) {};
  c.on_crash("start fails with a status, and stop works all the same",
             "abi/abi.h: stop is called once after each start, failed ones included");
  live_with(c, module, "with settings that are no JSON", "{\"", nothing);
  live_with(c, module, "with settings that are no object", "[1]", nothing);
  live_with(c, module, "without the optional services", c.subject().settings,
            [&](testing::FakeHost& host) {
              for (const char* id : kFirstServices)
                if (!needs_service(c.subject().manifest(), id)) host.without(id);
              for (const char* id : kLaterServices)
                if (!needs_service(c.subject().manifest(), id)) host.without(id);
            });
  live_with(c, module, "on a host whose services refuse", c.subject().settings,
            [](testing::FakeHost& host) {
              for (const char* id : kFirstServices) host.refuse(id, GARDU_INTERNAL);
              for (const char* id : kLaterServices) host.refuse(id, GARDU_INTERNAL);
            });
}

void check_smaller_host(Context& c) {
  if (c.subject().manifest().host_min_minor > 0) c.skip("it asks for a later host than 1.0");
  for (const char* id : kLaterServices)
    if (needs_service(c.subject().manifest(), id))
      return c.fail("host_min_minor is at least 1, since it needs " + std::string(id),
                    "host_min_minor is 0", "abi/manifest.h: gardu_manifest.host_min_minor");
  const Module module = need_module(c);
  Rig rig(c, module);
  rig.host().smaller_host();
  c.on_crash("a service that this host lacks is not called",
             "abi/abi.h: extension gives null for what this host does not offer");
  const Status status = rig.try_start(c.subject().settings);
  if (!fine(status))
    c.warn("it starts on a host of 1.0, as its host_min_minor of 0 says", status_text(status),
           "abi/abi.h, rule 1: a table's `size` says what there is; abi/manifest.h: "
           "host_min_minor, needs");
  rig.tear_down();
}

void check_larger_host(Context& c) {
  const Module module = need_module(c);
  Rig rig(c, module);
  rig.host().larger_host();
  c.on_crash("a later host is fine as well", "abi/abi.h, rule 1: fields are appended");
  const Status status = rig.try_start(c.subject().settings);
  if (!fine(status))
    c.fail("it starts on a host of a later minor", status_text(status),
           "abi/abi.h, rule 1: fields are appended; what lies behind those known is left alone");
  rig.tear_down();
}

void check_extensions(Context& c) {
  const Module module = need_module(c);
  Rig rig(c, module);
  if (!rig.set_up().ok()) c.skip("create did not succeed");
  const gardu_plugin& plugin = rig.real();
  if (plugin.extension == nullptr) c.skip("it has no extension function");
  const auto ask = [&](const char* id) {
    c.step("in extension(\"" + std::string(id) + "\")");
    return plugin.extension(plugin.self, id);
  };
  for (const char* id : {"gardu.unheard-of/1", "gardu.transport/99", "", "gardu.transport"})
    if (ask(id) != nullptr)
      c.fail("null for an extension that nobody knows", "a table for '" + std::string(id) + "'",
             "abi/abi.h: gardu_plugin.extension gives a table that the plugin implements, or null");
  const bool transport = c.subject().read->has_role(GARDU_ROLE_TRANSPORT);
  const bool given = ask(GARDU_EXT_TRANSPORT) != nullptr;
  if (transport != given)
    c.fail(transport ? "a table for " GARDU_EXT_TRANSPORT ", as the manifest's role says"
                     : "no table for " GARDU_EXT_TRANSPORT " without GARDU_ROLE_TRANSPORT",
           given ? "there is one" : "there is none", "abi/ext/transport.h");
  rig.tear_down();
}

void check_start(Context& c) {
  for (const std::string& problem : c.subject().problems)
    c.fail("settings that the plugin's schema takes", problem,
           "abi/abi.h: start is given settings checked against the schema; see --settings");
  if (c.failures() != 0) return;
  const Module module = need_module(c);
  Rig rig(c, module);
  const Status status = rig.try_start(c.subject().settings);
  if (status.code() == GARDU_UNCONFIGURED) {
    c.note("it is unconfigured: " + status.message());
    if (status.message().empty())
      c.fail("a message that names the missing key", "none",
             "abi/abi.h: GARDU_UNCONFIGURED with a message naming the key");
  } else if (!status.ok()) {
    c.fail("it starts with the settings given, or its schema's defaults", status_text(status),
           "abi/abi.h: start");
  }
  rig.tear_down();
}

}  // namespace gardu::host::check
