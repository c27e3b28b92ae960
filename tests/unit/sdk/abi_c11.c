// SPDX-License-Identifier: Apache-2.0
//
// Compiles only: every header of the ABI is C11 without extensions, and a plugin's table can be
// filled from C.
#include <gardu/abi/abi.h>
#include <gardu/abi/error.h>
#include <gardu/abi/event.h>
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
#include <gardu/abi/manifest.h>
#include <gardu/abi/types.h>

int gardu_c11_has_release(const gardu_host* host);
int gardu_c11_has_release(const gardu_host* host) { return GARDU_HAS(host, gardu_host, release); }
