#include "run_directory.hpp"

namespace experiment {

using Json = nlohmann::ordered_json;

weft::FolderLock take_folder(const std::filesystem::path& path) {
  std::error_code problem;
  std::filesystem::create_directories(path, problem);
  if (problem)
    weft::fail("run directory", "the output folder must be one that can be made",
               path.string() + ": " + problem.message());
  return weft::FolderLock(path.string());
}

Json parse_json(const std::string& text, const std::string& source) {
  constexpr int greatest_depth = 64;  // what is read is walked through by recursion
  const auto check_depth = [&](int depth, Json::parse_event_t, const Json&) {
    if (depth > greatest_depth)
      weft::fail("run directory", "JSON may be 64 levels deep at most", source);
    return true;
  };
  try {
    return Json::parse(text, check_depth);
  } catch (const Json::exception& problem) {
    weft::fail("run directory", "not JSON", source + ": " + problem.what());
  }
}

std::string difference(const Json& there, const Json& here) {
  const Json all = there.flatten(), mine = here.flatten();
  const auto text = [](const Json& values, const std::string& key) {
    return values.is_object() && values.contains(key) ? values[key].dump() : std::string("not set");
  };
  for (const Json* values : {&all, &mine})
    for (const auto& [key, value] : values->items())
      if (text(all, key) != text(mine, key))
        return key + " is " + text(all, key) + " there and " + text(mine, key) + " here";
  return {};
}

void RunDirectory::write_configuration(const Json& value) const {
  if (is_resumed_ && std::filesystem::exists(file("config.json"))) {
    Json there = parse_json(weft::read_file(file("config.json")), file("config.json"));
    Json here = value;
    if (there.is_object()) there.erase("environment");
    here.erase("environment");
    if (const std::string what = difference(there, here); !what.empty())
      weft::fail("resume", "the run was begun with another configuration",
                 file("config.json") + ", " + what);
  }
  write_json("config.json", value);
}

void remove_checkpoints(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder / "checkpoints", ignored);
}

std::optional<Json> summary_in(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "summary.json";
  if (!std::filesystem::exists(path)) return {};
  return parse_json(weft::read_file(path.string()), path.string());
}

void check_summary(const std::filesystem::path& folder, const Json& identity) {
  const std::optional<Json> summary = summary_in(folder);
  if (!summary) return;
  Json there;
  for (const auto& [key, value] : identity.items())
    if (summary->is_object() && summary->contains(key)) there[key] = (*summary)[key];
  for (const char* key : {"sweep", "point", "run"})
    if (summary->is_object() && summary->contains(key)) there[key] = (*summary)[key];
  if (const std::string what = difference(there, identity); !what.empty())
    weft::fail("run directory", "the folder must not have the summary of something else",
               (folder / "summary.json").string() + ", " + what);
}

}  // namespace experiment
