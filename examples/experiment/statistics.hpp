#pragma once

#include <vector>

// Statistics of plain numbers.

namespace experiment {

// The arithmetic mean.
double arithmetic_mean(const std::vector<double>& values);

// The value that the given share of the others lies below, between two of which it lies by linear
// interpolation. Throws weft::Error where there are none, or the share is not in [0, 1].
double quantile(std::vector<double> values, double share);

// The probability that one of the positives has a greater value than one of the negatives, half of
// it where they are equal: the area under the ROC curve. Throws weft::Error where either is empty.
double area_under_curve(const std::vector<double>& positives, std::vector<double> negatives);

// The least of the differences of each value from the one before it; negative where they fall
// somewhere. Throws weft::Error for fewer than two.
double smallest_rise(const std::vector<double>& values);

// The mean of paired differences, one for each thing that both were tried on, in standard errors of
// that mean: sqrt(n - 1) mean(d) / sqrt(mean(d^2) - mean(d)^2). 0 where all are 0, and infinite
// where all are the same otherwise.
double mean_in_errors(const std::vector<double>& differences);

}  // namespace experiment
