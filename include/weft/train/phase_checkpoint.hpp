#pragma once

#include <weft/core/function.hpp>
#include <weft/core/visit.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/train/training_state.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::inline WEFT_TARGET {

// A run of a Trainer, as its checkpoints see it.
struct CheckpointedPhase {
  std::string name;
  std::vector<AnyParameter> model, optimizer;
  Metadata settings{};  // what else must be the same for it to go on
  // What its evaluations remember from one to the next, as text; unset: nothing.
  Function<std::string()> save_notes{};
  Function<void(std::string_view)> load_notes{};
  std::size_t steps = SIZE_MAX;  // that it has at most
  std::size_t number = 0;        // among the phases; 0 until it is begun: the next one
  double written_at = 0;         // seconds
  std::string last_good{};       // name of its newest checkpoint that is whole; empty: none
};

namespace detail {

// One checkpoint is one file:
//   metadata   "weft.checkpoint": the version of this format; "run.<key>", "phase.<key>": what must
//              be the same for the run to go on; "state": a JSON object
//   tensors    "model.<path>"; "optimizer.<path>"; "metrics" and "notes", the bytes of texts;
//              "checksum"
inline constexpr const char* checkpoint_format = "2";

inline void save_phase(const std::string& path, const Metadata& run,
                       const CheckpointedPhase& phase, const LoopState& state, bool is_finished) {
  const TrainingState& training = state.training;
  Metadata metadata{{"weft.checkpoint", checkpoint_format}, {"phase.name", phase.name}};
  for (const auto& [key, value] : run) metadata["run." + key] = value;
  for (const auto& [key, value] : phase.settings) metadata["phase." + key] = value;
  const auto integer = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  metadata["state"] = json::write(json::Object{{"finished", is_finished},
                                               {"step", integer(training.step)},
                                               {"loss", training.loss},
                                               {"learning_rate", training.learning_rate},
                                               {"gradient_norm", training.gradient_norm},
                                               {"seconds", training.seconds},
                                               {"tokens_per_second", training.tokens_per_second},
                                               {"stopped", training.is_stopped},
                                               {"good", integer(state.good)},
                                               {"microbatch", integer(state.microbatch)},
                                               {"tokens", state.tokens}});
  const std::string notes = phase.save_notes ? phase.save_notes() : std::string();
  std::vector<NamedArray> arrays;
  for (const AnyParameter& parameter : phase.model)
    arrays.push_back({"model." + parameter.path, parameter});
  for (const AnyParameter& parameter : phase.optimizer)
    arrays.push_back({"optimizer." + parameter.path, parameter});
  arrays.push_back({"metrics", std::string_view(state.lines)});
  arrays.push_back({"notes", std::string_view(notes)});
  save_checkpoint(path, std::move(arrays), metadata);
}

// Throws Error unless the metadata whose keys begin with prefix are exactly these.
inline void check_same(const SafetensorsFile& file, const char* rule, const std::string& prefix,
                       const Metadata& expected) {
  const auto check = [&](const std::string& key, const std::string* there,
                         const std::string* here) {
    if (there && here && *there == *here) return;
    fail("resume", rule, file.path() + ", " + key + " is " + (there ? *there : "not set") +
                             " in the file and " + (here ? *here : "not set") + " here");
  };
  for (const auto& [key, value] : expected)
    check(key, file.metadata().find(prefix + key), &value);
  for (const auto& [name, value] : file.metadata())
    if (name.starts_with(prefix))
      check(name.substr(prefix.size()), &value, expected.find(name.substr(prefix.size())));
}

// Throws Error where a checkpoint is of another format or run.
inline void check_run(const SafetensorsFile& file, const Metadata& run) {
  check_same(file, "the checkpoint is of another version of weft", "weft.",
             {{"checkpoint", checkpoint_format}});
  check_same(file, "the checkpoint is of another run", "run.", run);
}

// The members of the state in a checkpoint. Throws Error where one is missing or of another kind.
class StateReader {
 public:
  explicit StateReader(const SafetensorsFile& file) : file_(file) {
    if (const std::string* text = file.metadata().find("state"))
      state_ = json::parse(*text, file.path());
  }

  double number(const char* name) const {
    const json::Value* value = state_.find(name);
    if (!value || !value->number()) fail_at(name);
    return *value->number();
  }
  std::size_t count(const char* name) const {
    const json::Value* value = state_.find(name);
    if (!value || !value->integer() || *value->integer() < 0) fail_at(name);
    return static_cast<std::size_t>(*value->integer());
  }
  bool truth(const char* name) const {
    const json::Value* value = state_.find(name);
    if (!value || !value->boolean()) fail_at(name);
    return *value->boolean();
  }

 private:
  [[noreturn]] void fail_at(const char* name) const {
    fail("resume", "the state in the checkpoint is not complete", file_.path() + ", " + name);
  }

  const SafetensorsFile& file_;
  json::Value state_;
};

inline std::string_view text_of(const SafetensorsFile& file, const char* name) {
  const SafetensorsFile::Entry* entry = file.find(name);
  if (!entry || entry->type != "U8")
    fail("resume", "the checkpoint must have this text", file.path() + ", " + name);
  const auto bytes = file.data(*entry);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Adds to mismatches where the tensors "<prefix><path>" of a file are not those of a list of
// parameters.
inline void find_mismatches(const SafetensorsFile& file, const std::string& prefix,
                            const std::vector<AnyParameter>& parameters, Mismatches& mismatches) {
  for (const AnyParameter& parameter : parameters) {
    const SafetensorsFile::Entry* entry = file.find(prefix + parameter.path);
    if (!entry) {
      mismatches.missing.add(prefix + parameter.path);
      continue;
    }
    const NamedArray wanted(prefix + parameter.path, parameter);
    if (entry->type != wanted.type || entry->extents != wanted.extents)
      mismatches.different.add(wanted.name + " is " + std::string(wanted.type) + " " +
                               extents_text(wanted.extents) + " here and " + entry->type + " " +
                               extents_text(entry->extents) + " in the file");
  }
  for (const SafetensorsFile::Entry& entry : file.entries()) {
    if (!entry.name.starts_with(prefix)) continue;
    const std::string_view path = std::string_view(entry.name).substr(prefix.size());
    bool known = false;
    for (const AnyParameter& parameter : parameters) known = known || parameter.path == path;
    if (!known) mismatches.unexpected.add(entry.name);
  }
}

inline void copy_to(const SafetensorsFile& file, const std::string& prefix,
                    const std::vector<AnyParameter>& parameters) {
  for (const AnyParameter& parameter : parameters)
    file.copy_to(parameter.data, *file.find(prefix + parameter.path));
}

// Brings a phase to where a checkpoint was written; whether it was finished there. Throws Error,
// with everything as it was, where the checkpoint is not of this phase or does not fit.
inline bool load_phase(const SafetensorsFile& file, const CheckpointedPhase& phase,
                       LoopState& state) {
  Metadata settings = phase.settings;
  settings["name"] = phase.name;
  check_same(file, "the checkpoint is of another phase, or one with other settings", "phase.",
             settings);
  const StateReader reader(file);
  const bool is_finished = reader.truth("finished");
  LoopState found{.training = {.step = reader.count("step"),
                               .loss = reader.number("loss"),
                               .learning_rate = reader.number("learning_rate"),
                               .gradient_norm = reader.number("gradient_norm"),
                               .seconds = reader.number("seconds"),
                               .tokens_per_second = reader.number("tokens_per_second"),
                               .is_stopped = reader.truth("stopped")},
                  .good = reader.count("good"),
                  .microbatch = reader.count("microbatch"),
                  .tokens = reader.number("tokens"),
                  .lines = std::string(text_of(file, "metrics"))};
  if (found.training.step > phase.steps)
    fail("resume", "the checkpoint is from a step that the phase does not have",
         file.path() + ", after step " + std::to_string(found.training.step) + " of " +
             std::to_string(phase.steps));
  const std::string_view notes = text_of(file, "notes");
  if (!phase.load_notes && !notes.empty())
    fail("resume", "the checkpoint has notes that no one reads", file.path());

  Mismatches mismatches;
  find_mismatches(file, "model.", phase.model, mismatches);
  find_mismatches(file, "optimizer.", phase.optimizer, mismatches);
  mismatches.fail_if_any(file.path(), "resume");
  if (phase.load_notes) phase.load_notes(notes);
  copy_to(file, "model.", phase.model);
  copy_to(file, "optimizer.", phase.optimizer);
  state = std::move(found);
  return is_finished;
}

}  // namespace detail

}  // namespace weft
