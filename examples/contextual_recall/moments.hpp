#pragma once

#include "learner.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace contextual_recall {

// What is seen of a finetuning between its steps, on recall prompts over all subjects.
struct Moment {
  std::size_t step;
  double recall;        // accuracy
  double first_latent;  // probe of the residual stream after the first layer, at the query's tuple
  double last_latent;   // after the last layer, at the last position
};

inline constexpr std::size_t moment_rows = 1024;  // prompts that it is seen on

Moment observe_moment(const Learner& learner, const World& world, std::size_t step,
                      const weft::Random& draws);

// As notes of a training's checkpoints, and back: the same bits. The second throws weft::Error
// where the bytes are no such notes.
std::string notes_of(const std::vector<Moment>& moments);
std::vector<Moment> moments_of(std::string_view notes);

}  // namespace contextual_recall
