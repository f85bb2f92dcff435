#pragma once

#include <weft/core/config.hpp>

#include <time.h>

namespace weft::inline WEFT_TARGET::detail {

// Seconds since some fixed moment, never set back. POSIX, since including <chrono> costs as much
// time to compile as a tenth of xsimd.
inline double seconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace weft::detail
