#include "matrix_runner.hpp"
#include "worlds.hpp"

namespace contextual_recall {

ConstructionRunners quick_construction() { return construction_runners<quick_world>(); }

}  // namespace contextual_recall
