// SPDX-License-Identifier: Apache-2.0
//
// The layout of the ABI, pinned: plugins built long ago count on these numbers. A failure here is a
// change of the contract. A size may only grow, by fields appended, whose lines come after those
// that stand here; no other line ever changes. Holds on every 64-bit target.
#include <gardu/abi/abi.h>
#include <gardu/abi/ext/auth.h>
#include <gardu/abi/ext/http_routes.h>
#include <gardu/abi/ext/journal.h>
#include <gardu/abi/ext/log.h>
#include <gardu/abi/ext/metrics.h>
#include <gardu/abi/ext/publish.h>
#include <gardu/abi/ext/secrets.h>
#include <gardu/abi/ext/send.h>
#include <gardu/abi/ext/timer.h>
#include <gardu/abi/ext/transport.h>
#include <cstddef>

static_assert(sizeof(void*) == 8, "version 1 of the ABI is for 64-bit targets");

#define SIZE(type, bytes) static_assert(sizeof(type) == bytes, #type)
#define AT(type, field, bytes) static_assert(offsetof(type, field) == bytes, #type "." #field)

SIZE(gardu_str, 16);
AT(gardu_str, data, 0);
AT(gardu_str, size, 8);

SIZE(gardu_error, 696);
AT(gardu_error, size, 0);
AT(gardu_error, status, 4);
AT(gardu_error, retry_after, 8);
AT(gardu_error, scope, 16);
AT(gardu_error, reserved, 20);
AT(gardu_error, provider_code, 24);
AT(gardu_error, title, 56);
AT(gardu_error, message, 184);

SIZE(gardu_message, 280);
AT(gardu_message, size, 0);
AT(gardu_message, type, 4);
AT(gardu_message, direction, 8);
AT(gardu_message, chat_type, 12);
AT(gardu_message, status, 16);
AT(gardu_message, priority, 20);
AT(gardu_message, forwarded, 24);
AT(gardu_message, reserved, 28);
AT(gardu_message, id, 32);
AT(gardu_message, workspace_id, 48);
AT(gardu_message, account_id, 64);
AT(gardu_message, contact_id, 80);
AT(gardu_message, client_ref, 96);
AT(gardu_message, provider_message_id, 112);
AT(gardu_message, text, 128);
AT(gardu_message, content, 144);
AT(gardu_message, reply_to_message_id, 160);
AT(gardu_message, reply_to_provider_id, 176);
AT(gardu_message, sender_address, 192);
AT(gardu_message, sender_name, 208);
AT(gardu_message, sent_by_kind, 224);
AT(gardu_message, sent_by_id, 240);
AT(gardu_message, metadata, 256);
AT(gardu_message, created_at, 272);

SIZE(gardu_contact, 88);
AT(gardu_contact, size, 0);
AT(gardu_contact, is_group, 4);
AT(gardu_contact, id, 8);
AT(gardu_contact, account_id, 24);
AT(gardu_contact, address, 40);
AT(gardu_contact, phone, 56);
AT(gardu_contact, name, 72);

SIZE(gardu_event, 184);
AT(gardu_event, size, 0);
AT(gardu_event, type, 4);
AT(gardu_event, flags, 8);
AT(gardu_event, reserved, 12);
AT(gardu_event, seq, 16);
AT(gardu_event, occurred_at, 24);
AT(gardu_event, recorded_at, 32);
AT(gardu_event, id, 40);
AT(gardu_event, type_name, 56);
AT(gardu_event, workspace_id, 72);
AT(gardu_event, account_id, 88);
AT(gardu_event, contact_id, 104);
AT(gardu_event, source, 120);
AT(gardu_event, data, 136);
AT(gardu_event, origin_socket, 152);
AT(gardu_event, message, 168);
AT(gardu_event, contact, 176);

SIZE(gardu_manifest, 552);
AT(gardu_manifest, magic, 0);
AT(gardu_manifest, size, 8);
AT(gardu_manifest, abi_major, 12);
AT(gardu_manifest, abi_minor, 14);
AT(gardu_manifest, host_min_minor, 16);
AT(gardu_manifest, reserved0, 18);
AT(gardu_manifest, roles, 20);
AT(gardu_manifest, delivery, 24);
AT(gardu_manifest, max_batch, 28);
AT(gardu_manifest, subscribes, 32);
AT(gardu_manifest, id, 40);
AT(gardu_manifest, version, 104);
AT(gardu_manifest, name, 136);
AT(gardu_manifest, license, 200);
AT(gardu_manifest, toolchain, 232);
AT(gardu_manifest, needs, 296);

SIZE(gardu_host, 88);
AT(gardu_host, size, 0);
AT(gardu_host, abi_major, 4);
AT(gardu_host, abi_minor, 6);
AT(gardu_host, context, 8);
AT(gardu_host, version, 16);
AT(gardu_host, plugin_id, 32);
AT(gardu_host, data_dir, 48);
AT(gardu_host, extension, 64);
AT(gardu_host, retain, 72);
AT(gardu_host, release, 80);

SIZE(gardu_plugin, 56);
AT(gardu_plugin, size, 0);
AT(gardu_plugin, reserved, 4);
AT(gardu_plugin, self, 8);
AT(gardu_plugin, start, 16);
AT(gardu_plugin, stop, 24);
AT(gardu_plugin, destroy, 32);
AT(gardu_plugin, on_events, 40);
AT(gardu_plugin, extension, 48);

SIZE(gardu_host_auth, 16);
AT(gardu_host_auth, size, 0);
AT(gardu_host_auth, reserved, 4);
AT(gardu_host_auth, may_follow, 8);

SIZE(gardu_header, 32);
AT(gardu_header, name, 0);
AT(gardu_header, value, 16);

SIZE(gardu_principal, 72);
AT(gardu_principal, size, 0);
AT(gardu_principal, auth, 4);
AT(gardu_principal, workspace_id, 8);
AT(gardu_principal, user_id, 24);
AT(gardu_principal, token_id, 40);
AT(gardu_principal, name, 56);

SIZE(gardu_http_request, 136);
AT(gardu_http_request, size, 0);
AT(gardu_http_request, header_count, 4);
AT(gardu_http_request, param_count, 8);
AT(gardu_http_request, reserved, 12);
AT(gardu_http_request, method, 16);
AT(gardu_http_request, path, 32);
AT(gardu_http_request, query, 48);
AT(gardu_http_request, body, 64);
AT(gardu_http_request, remote_address, 80);
AT(gardu_http_request, request_id, 96);
AT(gardu_http_request, headers, 112);
AT(gardu_http_request, params, 120);
AT(gardu_http_request, principal, 128);

SIZE(gardu_http_response, 56);
AT(gardu_http_response, size, 0);
AT(gardu_http_response, status, 4);
AT(gardu_http_response, content_type, 8);
AT(gardu_http_response, body, 24);
AT(gardu_http_response, headers, 40);
AT(gardu_http_response, header_count, 48);
AT(gardu_http_response, reserved, 52);

SIZE(gardu_http_reply, 32);
AT(gardu_http_reply, size, 0);
AT(gardu_http_reply, reserved, 4);
AT(gardu_http_reply, context, 8);
AT(gardu_http_reply, send, 16);
AT(gardu_http_reply, drop, 24);

SIZE(gardu_route, 72);
AT(gardu_route, size, 0);
AT(gardu_route, auth, 4);
AT(gardu_route, method, 8);
AT(gardu_route, pattern, 24);
AT(gardu_route, body_limit, 40);
AT(gardu_route, deadline, 48);
AT(gardu_route, handle, 56);
AT(gardu_route, user, 64);

SIZE(gardu_host_http_routes, 16);
AT(gardu_host_http_routes, size, 0);
AT(gardu_host_http_routes, reserved, 4);
AT(gardu_host_http_routes, add, 8);

SIZE(gardu_journal_query, 72);
AT(gardu_journal_query, size, 0);
AT(gardu_journal_query, limit, 4);
AT(gardu_journal_query, after_seq, 8);
AT(gardu_journal_query, types, 16);
AT(gardu_journal_query, workspace_id, 24);
AT(gardu_journal_query, contact_id, 40);
AT(gardu_journal_query, account_id, 56);

SIZE(gardu_host_journal, 32);
AT(gardu_host_journal, size, 0);
AT(gardu_host_journal, reserved, 4);
AT(gardu_host_journal, read, 8);
AT(gardu_host_journal, range, 16);
AT(gardu_host_journal, cut, 24);

SIZE(gardu_host_log, 24);
AT(gardu_host_log, size, 0);
AT(gardu_host_log, reserved, 4);
AT(gardu_host_log, log, 8);
AT(gardu_host_log, enabled, 16);

SIZE(gardu_host_metrics, 32);
AT(gardu_host_metrics, size, 0);
AT(gardu_host_metrics, reserved, 4);
AT(gardu_host_metrics, define, 8);
AT(gardu_host_metrics, add, 16);
AT(gardu_host_metrics, set, 24);

SIZE(gardu_identity, 24);
AT(gardu_identity, kind, 0);
AT(gardu_identity, reserved, 4);
AT(gardu_identity, value, 8);

SIZE(gardu_peer, 56);
AT(gardu_peer, size, 0);
AT(gardu_peer, identity_count, 4);
AT(gardu_peer, identities, 8);
AT(gardu_peer, address, 16);
AT(gardu_peer, name, 32);
AT(gardu_peer, is_group, 48);
AT(gardu_peer, reserved, 52);

SIZE(gardu_inbound_message, 144);
AT(gardu_inbound_message, size, 0);
AT(gardu_inbound_message, type, 4);
AT(gardu_inbound_message, direction, 8);
AT(gardu_inbound_message, forwarded, 12);
AT(gardu_inbound_message, provider_message_id, 16);
AT(gardu_inbound_message, raw_id, 32);
AT(gardu_inbound_message, text, 48);
AT(gardu_inbound_message, content, 64);
AT(gardu_inbound_message, metadata, 80);
AT(gardu_inbound_message, reply_to_provider_id, 96);
AT(gardu_inbound_message, sender_address, 112);
AT(gardu_inbound_message, sender_name, 128);

SIZE(gardu_inbound_status, 112);
AT(gardu_inbound_status, size, 0);
AT(gardu_inbound_status, status, 4);
AT(gardu_inbound_status, provider_message_id, 8);
AT(gardu_inbound_status, message_id, 24);
AT(gardu_inbound_status, participant, 40);
AT(gardu_inbound_status, error_code, 56);
AT(gardu_inbound_status, error_title, 72);
AT(gardu_inbound_status, error_detail, 88);
AT(gardu_inbound_status, error_retryable, 104);
AT(gardu_inbound_status, reserved, 108);

SIZE(gardu_publication, 136);
AT(gardu_publication, size, 0);
AT(gardu_publication, type, 4);
AT(gardu_publication, occurred_at, 8);
AT(gardu_publication, type_name, 16);
AT(gardu_publication, workspace_id, 32);
AT(gardu_publication, account_id, 48);
AT(gardu_publication, target, 64);
AT(gardu_publication, text, 80);
AT(gardu_publication, data, 96);
AT(gardu_publication, peer, 112);
AT(gardu_publication, message, 120);
AT(gardu_publication, status, 128);

SIZE(gardu_publish_result, 264);
AT(gardu_publish_result, size, 0);
AT(gardu_publish_result, status, 4);
AT(gardu_publish_result, flags, 8);
AT(gardu_publish_result, reserved, 12);
AT(gardu_publish_result, seq, 16);
AT(gardu_publish_result, message_id, 24);
AT(gardu_publish_result, contact_id, 64);
AT(gardu_publish_result, detail, 104);

SIZE(gardu_host_publish, 16);
AT(gardu_host_publish, size, 0);
AT(gardu_host_publish, reserved, 4);
AT(gardu_host_publish, publish, 8);

SIZE(gardu_host_secrets, 16);
AT(gardu_host_secrets, size, 0);
AT(gardu_host_secrets, reserved, 4);
AT(gardu_host_secrets, get_or_create, 8);

SIZE(gardu_send_request, 168);
AT(gardu_send_request, size, 0);
AT(gardu_send_request, type, 4);
AT(gardu_send_request, priority, 8);
AT(gardu_send_request, reserved, 12);
AT(gardu_send_request, workspace_id, 16);
AT(gardu_send_request, account_id, 32);
AT(gardu_send_request, contact_id, 48);
AT(gardu_send_request, to, 64);
AT(gardu_send_request, text, 80);
AT(gardu_send_request, content, 96);
AT(gardu_send_request, reply_to_message_id, 112);
AT(gardu_send_request, client_ref, 128);
AT(gardu_send_request, metadata, 144);
AT(gardu_send_request, scheduled_at, 160);

SIZE(gardu_host_send, 16);
AT(gardu_host_send, size, 0);
AT(gardu_host_send, reserved, 4);
AT(gardu_host_send, send, 8);

SIZE(gardu_host_timer, 24);
AT(gardu_host_timer, size, 0);
AT(gardu_host_timer, reserved, 4);
AT(gardu_host_timer, schedule, 8);
AT(gardu_host_timer, cancel, 16);

SIZE(gardu_transport_info, 24);
AT(gardu_transport_info, size, 0);
AT(gardu_transport_info, max_in_flight, 4);
AT(gardu_transport_info, features, 8);
AT(gardu_transport_info, max_per_second, 16);
AT(gardu_transport_info, text_limit, 20);

SIZE(gardu_account, 104);
AT(gardu_account, size, 0);
AT(gardu_account, reserved, 4);
AT(gardu_account, id, 8);
AT(gardu_account, workspace_id, 24);
AT(gardu_account, name, 40);
AT(gardu_account, address, 56);
AT(gardu_account, credentials, 72);
AT(gardu_account, metadata, 88);

SIZE(gardu_outbound, 64);
AT(gardu_outbound, size, 0);
AT(gardu_outbound, attempt, 4);
AT(gardu_outbound, message, 8);
AT(gardu_outbound, to, 16);
AT(gardu_outbound, account_address, 32);
AT(gardu_outbound, identities, 48);
AT(gardu_outbound, identity_count, 56);
AT(gardu_outbound, reserved, 60);

SIZE(gardu_send_outcome, 72);
AT(gardu_send_outcome, size, 0);
AT(gardu_send_outcome, status, 4);
AT(gardu_send_outcome, provider_message_id, 8);
AT(gardu_send_outcome, raw_id, 24);
AT(gardu_send_outcome, peer_address, 40);
AT(gardu_send_outcome, confirmed, 56);
AT(gardu_send_outcome, reserved, 60);
AT(gardu_send_outcome, error, 64);

SIZE(gardu_completion, 16);
AT(gardu_completion, context, 0);
AT(gardu_completion, done, 8);

SIZE(gardu_transport, 48);
AT(gardu_transport, size, 0);
AT(gardu_transport, reserved, 4);
AT(gardu_transport, describe, 8);
AT(gardu_transport, connect, 16);
AT(gardu_transport, disconnect, 24);
AT(gardu_transport, send, 32);
AT(gardu_transport, act, 40);

#undef SIZE
#undef AT
