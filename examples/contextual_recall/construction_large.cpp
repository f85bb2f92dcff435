#include "matrix_runner.hpp"
#include "worlds.hpp"

namespace contextual_recall {

ConstructionRunners large_construction() { return construction_runners<large_world>(); }

}  // namespace contextual_recall
