// SPDX-License-Identifier: Apache-2.0
//
// What the media store takes for ids, types and names. Pure functions.
#pragma once
#include <string>
#include <string_view>

namespace gardu::host {

// Whether it may become the name of a folder: letters, digits, '-' and '_', at most 36.
bool looks_like_id(std::string_view id);
// "audio/ogg; codecs=opus": a type and perhaps parameters, at most 100 bytes.
bool is_mime_type(std::string_view text);
// A file's name as its sender gave it, who may be anyone: without what is no UTF-8, control
// characters, marks that turn the direction of text and path separators, at most 255 bytes.
std::string tamed_name(std::string_view name);

}  // namespace gardu::host
