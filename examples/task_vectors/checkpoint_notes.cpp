#include "checkpoint_notes.hpp"

#include <weft/core/error.hpp>

#include <nlohmann/json.hpp>

namespace task_vectors {

using Json = nlohmann::json;

// As CBOR, which has doubles that are not finite too.
std::string notes_of(const std::vector<Checkpoint>& checkpoints) {
  Json list = Json::array();
  for (const Checkpoint& one : checkpoints)
    list.push_back({one.step, one.monitor, one.accuracy, one.decodability.mean,
                    one.decodability.by_task, one.picture.points});
  const auto bytes = Json::to_cbor(list);
  return {bytes.begin(), bytes.end()};
}

std::vector<Checkpoint> checkpoints_of(std::string_view notes) {
  std::vector<Checkpoint> checkpoints;
  try {
    for (const Json& one : Json::from_cbor(notes)) {
      Checkpoint checkpoint{one.at(0), one.at(1), one.at(2), {one.at(3), one.at(4)}, {}};
      one.at(5).get_to(checkpoint.picture.points);
      checkpoints.push_back(std::move(checkpoint));
    }
  } catch (const Json::exception& problem) {
    weft::fail("resume", "the checkpoint's notes are not readable", problem.what());
  }
  return checkpoints;
}

}  // namespace task_vectors
