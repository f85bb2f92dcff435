#pragma once

#include <weft/core/config.hpp>

#include <cstddef>
#include <string>

namespace weft::inline WEFT_TARGET {

// Where a run stands after a step.
struct TrainingState {
  std::size_t step = 0;          // steps done
  double loss = 0;               // mean over the last batch
  double learning_rate = 0;      // of the last step
  double gradient_norm = 0;      // of the last step, before clipping
  double seconds = 0;            // of the run so far, without its evaluations
  double tokens_per_second = 0;  // in these
  bool is_stopped = false;       // by the stop rule
};

namespace detail {

// All that a training loop knows beside the model and the optimizer: what it goes on from.
struct LoopState {
  TrainingState training;
  std::size_t good = 0;        // evaluations in a row
  std::size_t microbatch = 0;  // of the lanes; 0 while it is open
  double tokens = 0;
  std::string lines;  // of the metrics log, written by this loop
};

}  // namespace detail

}  // namespace weft
