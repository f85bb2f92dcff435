#include "settings.hpp"

namespace task_vectors {

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{quick_preset(), default_preset(), paper_preset()};
  return all;
}

}  // namespace task_vectors
