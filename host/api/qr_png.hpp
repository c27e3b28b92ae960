// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace gardu::host {

// The text as a QR code (error correction M, four modules of quiet zone, eight pixels a module) in
// a PNG file. Throws when it is longer than a QR code holds, or empty.
std::string qr_png(std::string_view text);

}  // namespace gardu::host
