#pragma once

#include <string>

// What SIGINT and SIGTERM do. While a model is trained with checkpoints they are noted, and the
// training writes a checkpoint after the step under way and ends. At any other time all that a run
// needs to go on is on the disk, so the program ends at once. A second signal always does that.

namespace experiment {

// From now on the two signals do that; the program ends with 128 and their number, and says how it
// is resumed.
void end_on_signals();

// The signal that was noted; 0: none.
int noted_signal();

// Says how the program is resumed, by the command it was started with.
std::string resume_advice();

// While one lives, a signal is noted.
class SignalsAreNoted {
 public:
  SignalsAreNoted();
  SignalsAreNoted(const SignalsAreNoted&) = delete;
  SignalsAreNoted& operator=(const SignalsAreNoted&) = delete;
  ~SignalsAreNoted();
};

}  // namespace experiment
