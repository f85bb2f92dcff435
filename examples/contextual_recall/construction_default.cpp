#include "matrix_runner.hpp"
#include "worlds.hpp"

namespace contextual_recall {

ConstructionRunners default_construction() { return construction_runners<default_world>(); }

}  // namespace contextual_recall
