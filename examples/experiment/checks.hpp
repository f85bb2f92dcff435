#pragma once

#include "table.hpp"

#include <weft/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
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
  bool of_mean = false;  // asked of the mean over several seeds, and of no seed alone

  // A value that is not a number passes nothing.
  bool passed() const {
    return std::isfinite(value) && (!low || value >= *low) && (!high || value <= *high);
  }
};

class Checks {
 public:
  void at_least(std::string name, double value, double low) {
    all_.push_back({std::move(name), value, low, {}});
  }
  void at_most(std::string name, double value, double high) {
    all_.push_back({std::move(name), value, {}, high});
  }
  void within(std::string name, double value, double low, double high) {
    all_.push_back({std::move(name), value, low, high});
  }

  // A value that is reported beside the others; nothing is asked of it.
  void show(std::string name, double value) {
    all_.push_back({std::move(name), value, {}, {}, false});
  }

  // Reports these, but does not require them to hold.
  void do_not_require(const std::vector<std::string>& names) {
    for (Check& check : all_)
      if (std::count(names.begin(), names.end(), check.name) > 0) check.required = false;
  }
  void require_none() {
    for (Check& check : all_) check.required = check.of_mean = false;
  }
  // Asks of the mean over several seeds what was required of this one.
  void ask_of_mean() {
    for (Check& check : all_) {
      check.of_mean = check.required;
      check.required = false;
    }
  }

  const std::vector<Check>& all() const { return all_; }
  void add(Check check) { all_.push_back(std::move(check)); }

  bool required_hold() const {
    return std::all_of(all_.begin(), all_.end(), [](const Check& check) {
      return !check.required || check.passed();
    });
  }

 private:
  std::vector<Check> all_;
};

// An entry of summary.json: {name, value, low, high, required, passed}; null for no bound. One that
// is asked of means has of_mean as well.
inline nlohmann::ordered_json to_json(const Check& check) {
  const auto bound = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json entry{
      {"name", check.name},        {"value", check.value},       {"low", bound(check.low)},
      {"high", bound(check.high)}, {"required", check.required}, {"passed", check.passed()}};
  if (check.of_mean) entry["of_mean"] = true;
  return entry;
}

inline nlohmann::ordered_json to_json(const Checks& checks) {
  auto list = nlohmann::ordered_json::array();
  for (const Check& check : checks.all()) list.push_back(to_json(check));
  return list;
}

// The checks of a summary.json. Throws weft::Error where they are not there.
inline Checks checks_of(const nlohmann::ordered_json& summary) {
  const auto bound = [](const nlohmann::ordered_json& value) {
    return value.is_null() ? std::optional<double>() : value.get<double>();
  };
  Checks checks;
  try {
    for (const auto& entry : summary.at("checks"))
      checks.add({entry.at("name"), bound(entry.at("value")).value_or(std::nan("")),
                  bound(entry.at("low")), bound(entry.at("high")), entry.at("required"),
                  entry.value("of_mean", false)});
  } catch (const nlohmann::json::exception& problem) {
    weft::fail("checks", "not the checks of a summary", problem.what());
  }
  return checks;
}

// "passed", "FAILED (not required)", and "shown" where there is no bound.
inline std::string verdict(const Check& check, bool passed) {
  if (!check.low && !check.high) return "shown";
  const char* remark = check.required  ? ""
                       : check.of_mean ? " (asked of means)"
                                       : " (not required)";
  return std::string(passed ? "passed" : "FAILED") + remark;
}

// The closing table of a run.
inline void print(const Checks& checks) {
  std::vector<TableRow> rows;
  for (const Check& check : checks.all())
    rows.push_back({check.name, {check.value, check.low, check.high},
                    verdict(check, check.passed())});
  print_table({"value", "low", "high"}, rows);
}

}  // namespace experiment
