#pragma once

// Statistics of what a model holds inside: samples of vectors with groups, probes that read the
// group off a sample, principal components, subspaces, changes of weights, statistics of
// numbers, and confidence.

#include "bootstrap.hpp"
#include "principal_components.hpp"
#include "probes.hpp"
#include "samples.hpp"
#include "statistics.hpp"
#include "student_interval.hpp"
#include "subspaces.hpp"
