// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: publishes when it has been stopped.
#include "bare.hpp"

namespace {

void told(void*, int32_t, const gardu_publish_result*, uint32_t) {}

void publish() {
  const auto* table = bad::service<gardu_host_publish>(GARDU_EXT_PUBLISH);
  gardu_publication p{};
  p.size = sizeof p;
  p.type = GARDU_EVENT_ACCOUNT_STATUS;
  p.account_id = bad::text("0190c0de-0000-7000-8000-000000000002");
  p.data = bad::text("{\"status\":\"ready\"}");
  const gardu_publication* items[] = {&p};
  gardu_error error{};
  error.size = sizeof error;
  if (table != nullptr) (void)table->publish(bad::host->context, items, 1, told, nullptr, &error);
}

void destroys(void*) { publish(); }

}  // namespace

BAD_MANIFEST(bad::manifest("bad_publishes_after_stop", GARDU_ROLE_SERVICE))
BAD_CREATE(plugin->destroy = destroys;)
