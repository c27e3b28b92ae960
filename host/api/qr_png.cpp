// SPDX-License-Identifier: Apache-2.0
#include "api/qr_png.hpp"

#include <png.h>
#include <qrencode.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

namespace gardu::host {
namespace {

constexpr int kQuiet = 4, kPixels = 8;

using Code = std::unique_ptr<QRcode, decltype(&QRcode_free)>;

// One byte a pixel: 0 black, 255 white.
std::vector<std::uint8_t> pixels_of(const QRcode& code, int side) {
  const auto width = static_cast<std::size_t>(side);
  std::vector<std::uint8_t> out(width * width, 255);
  for (int y = 0; y < code.width * kPixels; ++y)
    for (int x = 0; x < code.width * kPixels; ++x)
      if ((code.data[(y / kPixels) * code.width + x / kPixels] & 1U) != 0)
        out[static_cast<std::size_t>(y + kQuiet * kPixels) * width +
            static_cast<std::size_t>(x + kQuiet * kPixels)] = 0;
  return out;
}

}  // namespace

std::string qr_png(std::string_view text) {
  const Code code(
      QRcode_encodeData(static_cast<int>(text.size()),
                        reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M),
      QRcode_free);
  if (!code) throw std::runtime_error("the text does not fit into a QR code");
  const int side = (code->width + 2 * kQuiet) * kPixels;
  const auto pixels = pixels_of(*code, side);

  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = 0;
  if (png_image_write_get_memory_size(image, size, 0, pixels.data(), 0, nullptr) == 0)
    throw std::runtime_error(image.message);
  std::string out(size, '\0');
  if (png_image_write_to_memory(&image, out.data(), &size, 0, pixels.data(), 0, nullptr) == 0)
    throw std::runtime_error(image.message);
  out.resize(size);
  return out;
}

}  // namespace gardu::host
