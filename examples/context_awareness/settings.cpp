#include "settings.hpp"

namespace context_awareness {

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{quick_preset(), default_preset(), large_preset()};
  return all;
}

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all{
      {.name = "strong", .contradicting = 0.4, .checks_required = true},
      {.name = "mild", .contradicting = 0, .checks_required = false}};
  return all;
}

}  // namespace context_awareness
