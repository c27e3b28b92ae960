// SPDX-License-Identifier: Apache-2.0
//
// Digests, and the signature of a webhook: HMAC-SHA256 with the app's secret over the raw bytes.
#pragma once
#include <string>
#include <string_view>

namespace gardu::meta_cloud {

std::string sha256_hex(std::string_view data);
std::string hmac_sha256_hex(std::string_view key, std::string_view data);

// Takes the same time wherever they differ, also in length.
bool same_secret(std::string_view a, std::string_view b);

// `header`: X-Hub-Signature-256, "sha256=" and 64 lower-case hexadecimal digits. An empty secret
// signs nothing.
bool signature_matches(std::string_view secret, std::string_view body, std::string_view header);

}  // namespace gardu::meta_cloud
