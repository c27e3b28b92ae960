// SPDX-License-Identifier: Apache-2.0
//
// The entry point of sms_http.so.
#include "transport.hpp"

GARDU_PLUGIN(sms_http::SmsHttp,
             {.id = "sms_http",
              .version = "1.0.0",
              .name = "SMS over HTTP",
              .license = "Apache-2.0",
              .roles = GARDU_ROLE_HTTP,
              .needs = GARDU_EXT_LOG " " GARDU_EXT_PUBLISH " " GARDU_EXT_HTTP_ROUTES
                                     " " GARDU_EXT_HTTP_CLIENT,
              .host_min_minor = 1})
