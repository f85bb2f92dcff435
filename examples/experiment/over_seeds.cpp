#include "over_seeds.hpp"

#include "bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace experiment {

namespace {

nlohmann::ordered_json interval_of(const CheckOverSeeds& over) {
  const auto is_number = [](double value) { return std::isfinite(value); };
  if (over.values.size() < 2) return nullptr;
  if (!std::all_of(over.values.begin(), over.values.end(), is_number)) return nullptr;
  const Interval interval =
      bootstrap_interval(over.values, weft::Random(0).fork("seeds", over.check.name));
  return {interval.low, interval.high};
}

}  // namespace

std::vector<CheckOverSeeds> over_seeds(const std::vector<Checks>& runs) {
  const auto same_name = [](const Check& a, const Check& b) { return a.name == b.name; };
  for (const Checks& run : runs)
    if (!std::equal(run.all().begin(), run.all().end(), runs.front().all().begin(),
                    runs.front().all().end(), same_name))
      weft::fail("summary", "all seeds must have the same checks",
                 std::to_string(run.all().size()) + " and " +
                     std::to_string(runs.front().all().size()) +
                     "; another version of the program wrote some of them");
  std::vector<CheckOverSeeds> result;
  for (std::size_t i = 0; i < runs.front().all().size(); ++i) {
    CheckOverSeeds over{runs.front().all()[i], {}, true};
    for (const Checks& run : runs) {
      over.values.push_back(run.all()[i].value);
      over.passed = over.passed && run.all()[i].passed();
    }
    over.check.value = std::accumulate(over.values.begin(), over.values.end(), 0.0) /
                       static_cast<double>(runs.size());
    if (over.check.of_mean) {
      over.check.required = true;
      over.passed = over.check.passed();
    }
    result.push_back(std::move(over));
  }
  return result;
}

nlohmann::ordered_json to_json(const std::vector<CheckOverSeeds>& checks) {
  auto list = nlohmann::ordered_json::array();
  for (const CheckOverSeeds& over : checks) {
    auto entry = to_json(over.check);
    entry["values"] = over.values;
    entry["interval"] = interval_of(over);
    entry["passed"] = over.passed;
    list.push_back(entry);
  }
  return list;
}

void print(const std::vector<CheckOverSeeds>& checks) {
  std::vector<TableRow> rows;
  for (const CheckOverSeeds& over : checks) {
    const auto [least, greatest] = std::minmax_element(over.values.begin(), over.values.end());
    rows.push_back({over.check.name,
                    {over.check.value, *least, *greatest},
                    verdict(over.check, over.passed)});
  }
  print_table({"mean", "least", "greatest"}, rows);
}

}  // namespace experiment
