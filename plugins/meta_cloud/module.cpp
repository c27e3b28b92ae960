// SPDX-License-Identifier: Apache-2.0
//
// The module's entry point and manifest.
#include "meta_cloud.hpp"

GARDU_PLUGIN(gardu::meta_cloud::MetaCloud,
             {.id = "meta_cloud",
              .version = "0.1.0",
              .name = "Meta WhatsApp Cloud API",
              .license = "Apache-2.0",
              .roles = GARDU_ROLE_HTTP,
              .needs = GARDU_EXT_LOG " " GARDU_EXT_PUBLISH " " GARDU_EXT_HTTP_ROUTES
                                     " " GARDU_EXT_HTTP_CLIENT,
              .host_min_minor = 1})
