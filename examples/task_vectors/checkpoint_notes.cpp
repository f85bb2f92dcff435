#include "checkpoint_notes.hpp"

#include <weft/core/error.hpp>

#include <nlohmann/json.hpp>

namespace task_vectors {

using Json = nlohmann::json;

namespace {

// As CBOR, which has doubles that are not finite too.
std::string bytes_of(const Json& list) {
  const auto bytes = Json::to_cbor(list);
  return {bytes.begin(), bytes.end()};
}

// What read makes of each entry.
template <class Observed, class Read>
std::vector<Observed> entries_of(std::string_view notes, Read read) {
  std::vector<Observed> result;
  try {
    for (const Json& one : Json::from_cbor(notes)) result.push_back(read(one));
  } catch (const Json::exception& problem) {
    weft::fail("resume", "the checkpoint's notes are not readable", problem.what());
  }
  return result;
}

}  // namespace

std::string notes_of(const std::vector<Checkpoint>& checkpoints) {
  Json list = Json::array();
  for (const Checkpoint& one : checkpoints)
    list.push_back({one.step, one.monitor, one.accuracy, one.decodability.mean,
                    one.decodability.by_task, one.picture.points});
  return bytes_of(list);
}

std::vector<Checkpoint> checkpoints_of(std::string_view notes) {
  return entries_of<Checkpoint>(notes, [](const Json& one) {
    Checkpoint checkpoint{one.at(0), one.at(1), one.at(2), {one.at(3), one.at(4)}, {}};
    one.at(5).get_to(checkpoint.picture.points);
    return checkpoint;
  });
}

std::string notes_of(const std::vector<RegressionCheckpoint>& checkpoints) {
  Json list = Json::array();
  for (const RegressionCheckpoint& one : checkpoints)
    list.push_back({one.step, one.errors.by_examples, one.errors.by_basis, one.score,
                    one.decodability.mean, one.components});
  return bytes_of(list);
}

std::vector<RegressionCheckpoint> regression_checkpoints_of(std::string_view notes) {
  return entries_of<RegressionCheckpoint>(notes, [](const Json& one) {
    RegressionCheckpoint checkpoint{one.at(0), {one.at(1), one.at(2)}, one.at(3), {one.at(4)}, {}};
    one.at(5).get_to(checkpoint.components);
    return checkpoint;
  });
}

}  // namespace task_vectors
