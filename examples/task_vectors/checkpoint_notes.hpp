#pragma once

#include "bitwise.hpp"
#include "regression.hpp"

#include <string>
#include <string_view>

namespace task_vectors {

// What was observed so far, as bytes for a training's checkpoints, and back: the same bits. The
// way back throws weft::Error where the bytes are no such notes.
std::string notes_of(const std::vector<Checkpoint>& checkpoints);
std::vector<Checkpoint> checkpoints_of(std::string_view notes);

std::string notes_of(const std::vector<RegressionCheckpoint>& checkpoints);
std::vector<RegressionCheckpoint> regression_checkpoints_of(std::string_view notes);

}  // namespace task_vectors
