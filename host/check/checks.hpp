// SPDX-License-Identifier: Apache-2.0
//
// The checks themselves, by file. Listed with names and order in registry.cpp.
#pragma once
#include "check/check.hpp"

namespace gardu::host::check {

// static_manifest.cpp
void check_manifest(Context& context);
void check_texts(Context& context);
void check_roles(Context& context);
void check_needs(Context& context);
// static_elf.cpp
void check_exports(Context& context);
void check_unique_symbols(Context& context);
void check_text_relocations(Context& context);
void check_search_path(Context& context);
void check_cpp_runtime(Context& context);
void check_bind_now(Context& context);
// static_schema.cpp
void check_schema(Context& context);
// load_checks.cpp
void check_open(Context& context);
void check_constructors(Context& context);
// load_create.cpp
void check_create(Context& context);
// contract_checks.cpp
void check_cycle(Context& context);
void check_destroy(Context& context);
void check_failed_start(Context& context);
void check_smaller_host(Context& context);
void check_larger_host(Context& context);
void check_extensions(Context& context);
void check_start(Context& context);
// growth_check.cpp
void check_growth(Context& context);
// event_checks.cpp
void check_one_event(Context& context);
void check_empty_batch(Context& context);
void check_full_batch(Context& context);
void check_known_types(Context& context);
void check_unknown_type(Context& context);
void check_huge_text(Context& context);
void check_bad_utf8(Context& context);
void check_bare_events(Context& context);
void check_views(Context& context);
void check_retained(Context& context);
// rule_checks.cpp
void check_call_rules(Context& context);
void check_after_stop(Context& context);
void check_full(Context& context);
// transport_checks.cpp
void check_describe(Context& context);
void check_connect(Context& context);
void check_send(Context& context);
void check_message_types(Context& context);
void check_disconnect(Context& context);
void check_actions(Context& context);
// http_checks.cpp
void check_routes(Context& context);
void check_requests(Context& context);

}  // namespace gardu::host::check
