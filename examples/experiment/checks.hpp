#pragma once

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

// What a run claims: each key figure beside the band it must lie in.

namespace experiment {

struct Check {
  std::string name;
  double value;
  std::optional<double> low, high;  // no bound where empty
  bool required = true;

  // A value that is not a number passes nothing.
  bool passed() const {
    return std::isfinite(value) && (!low || value >= *low) && (!high || value <= *high);
  }
};

class Checks {
 public:
  explicit Checks(bool required = true) : required_(required) {}

  void at_least(std::string name, double value, double low) {
    all_.push_back({std::move(name), value, low, {}, required_});
  }
  void at_most(std::string name, double value, double high) {
    all_.push_back({std::move(name), value, {}, high, required_});
  }
  void within(std::string name, double value, double low, double high) {
    all_.push_back({std::move(name), value, low, high, required_});
  }

  const std::vector<Check>& all() const { return all_; }

  bool required_hold() const {
    for (const Check& check : all_)
      if (check.required && !check.passed()) return false;
    return true;
  }

 private:
  bool required_;
  std::vector<Check> all_;
};

// The keys of summary.json: {name, value, low, high, required, passed}; null for no bound.
inline nlohmann::ordered_json to_json(const Checks& checks) {
  auto list = nlohmann::ordered_json::array();
  const auto bound = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  for (const Check& check : checks.all())
    list.push_back({{"name", check.name},
                    {"value", check.value},
                    {"low", bound(check.low)},
                    {"high", bound(check.high)},
                    {"required", check.required},
                    {"passed", check.passed()}});
  return list;
}

// The closing table of a run.
inline void print(const Checks& checks) {
  const auto bound = [](const std::optional<double>& value) {
    char text[32] = "-";
    if (value) std::snprintf(text, sizeof text, "%.3f", *value);
    return std::string(text);
  };
  std::printf("%-28s %8s %8s %8s  %s\n", "check", "value", "low", "high", "");
  for (const Check& check : checks.all())
    std::printf("%-28s %8.3f %8s %8s  %s%s\n", check.name.c_str(), check.value,
                bound(check.low).c_str(), bound(check.high).c_str(),
                check.passed() ? "passed" : "FAILED", check.required ? "" : " (not required)");
}

}  // namespace experiment
