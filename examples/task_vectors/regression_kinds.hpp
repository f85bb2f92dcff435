#pragma once

#include "regression_settings.hpp"
#include "regressor_learner.hpp"

namespace task_vectors {

template <RegressionSize Size, weft::nn::TransformerConfig Network>
RegressionSettings with_size(RegressionSettings settings, const char* bases) {
  settings.bases = bases;
  settings.size = Size;
  settings.make_learner = make_regressor<Size, Network>;
  return settings;
}

// The same settings for each kind of bases in each format, those of Four, four bases, first.
template <RegressionSize Four, weft::nn::TransformerConfig Network>
std::vector<RegressionSettings> with_all_bases(const RegressionSettings& settings) {
  constexpr RegressionSize other =
      Four.format == Format::packed ? interleaved(Four) : packed(Four);
  return {with_size<Four, Network>(settings, "four"),
          with_size<six_bases(Four), Network>(settings, "six"),
          with_size<overlapping_bases(Four), Network>(settings, "overlapping"),
          with_size<other, Network>(settings, "four"),
          with_size<six_bases(other), Network>(settings, "six"),
          with_size<overlapping_bases(other), Network>(settings, "overlapping")};
}

}  // namespace task_vectors
