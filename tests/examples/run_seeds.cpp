#include <examples/experiment/run_seeds.hpp>

#include <weft/core/error.hpp>
#include <weft/io/file.hpp>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <tests/io/temporary_folder.hpp>

#include <stdlib.h>

using namespace experiment;

namespace {

// An experiment whose one key figure is a tenth of the seed, and must be at least 0.15.
Experiment tenth(bool required = true) {
  return {.name = "tenth",
          .settings = {{"preset", "small"}, {"recipe", "plain"}},
          .figures = {},
          .run = [required](std::uint64_t seed, const RunDirectory& directory) {
            Checks checks;
            checks.at_least("tenth", 0.1 * static_cast<double>(seed), 0.15);
            if (!required) checks.require_none();
            directory.write_summary({{"checks", to_json(checks)}});
            return checks;
          }};
}

CommonOptions options_of(std::uint64_t seed, int seeds, const std::string& out) {
  return {.preset = "small", .seed = seed, .seeds = seeds, .threads = 1, .out = out};
}

}  // namespace

TEST_CASE("the status says whether the required checks hold with every seed") {
  const TemporaryFolder folder;
  CHECK(run_seeds(tenth(), options_of(2, 1, folder / "a")) == success);
  CHECK(run_seeds(tenth(), options_of(1, 1, folder / "a")) == checks_failed);
  CHECK(run_seeds(tenth(), options_of(1, 2, folder / "b")) == checks_failed);
  CHECK(run_seeds(tenth(), options_of(2, 2, folder / "b")) == success);
  CHECK(run_seeds(tenth(false), options_of(1, 2, folder / "b")) == success);
}

TEST_CASE("what is asked of means is not asked of one seed, and decides over several") {
  const TemporaryFolder folder;
  Experiment of_means = tenth();
  of_means.run = [](std::uint64_t seed, const RunDirectory&) {
    Checks checks;
    checks.at_least("tenth", 0.1 * static_cast<double>(seed), 0.15);
    checks.ask_of_mean();
    return checks;
  };
  CHECK(run_seeds(of_means, options_of(1, 1, folder / "one")) == success);
  CHECK(run_seeds(of_means, options_of(1, 2, folder / "two")) == success);  // 0.1 and 0.2
  const auto check =
      nlohmann::json::parse(weft::read_file(folder / "two/summary.json"))["checks"][0];
  CHECK(check["required"] == true);
  CHECK(check["passed"] == true);
  CHECK(run_seeds(of_means, options_of(0, 2, folder / "three")) == checks_failed);  // 0 and 0.1
}

TEST_CASE("several seeds have a folder each, and a summary with their mean and all values") {
  const TemporaryFolder folder;
  run_seeds(tenth(), options_of(1, 3, folder / "out"));
  for (const char* name : {"seed1", "seed2", "seed3"})
    CHECK(std::filesystem::exists(folder / "out" + "/" + name + "/summary.json"));
  const auto summary = nlohmann::json::parse(weft::read_file(folder / "out/summary.json"));
  CHECK(summary["example"] == "tenth");
  CHECK(summary["preset"] == "small");
  CHECK(summary["recipe"] == "plain");
  CHECK(summary["first_seed"] == 1);
  CHECK(summary["seeds"] == 3);
  const auto check = summary["checks"][0];
  CHECK(check["name"] == "tenth");
  CHECK(check["value"].get<double>() == Catch::Approx(0.2));
  CHECK(check["values"].size() == 3);
  CHECK(check["values"][2].get<double>() == Catch::Approx(0.3));
  CHECK(check["passed"] == false);  // with the first seed it is not
  CHECK(check["interval"][0].get<double>() == Catch::Approx(0.1));
  CHECK(check["interval"][1].get<double>() == Catch::Approx(0.3));
}

TEST_CASE("what a run throws is status 1, and leaves no summary of an earlier run") {
  const TemporaryFolder folder;
  Experiment experiment = tenth();
  REQUIRE(run_seeds(experiment, options_of(2, 1, folder / "out")) == success);
  REQUIRE(std::filesystem::exists(folder / "out/summary.json"));
  experiment.run = [](std::uint64_t, const RunDirectory&) -> Checks {
    weft::fail("run", "a test that throws");
  };
  CHECK(run_seeds(experiment, options_of(2, 1, folder / "out")) == failure);
  CHECK_FALSE(std::filesystem::exists(folder / "out/summary.json"));
}

TEST_CASE("a seed that fails leaves the others be, and is named") {
  const TemporaryFolder folder;
  const std::string out = folder / "out";
  Experiment broken = tenth();
  broken.run = [](std::uint64_t seed, const RunDirectory& directory) {
    if (seed == 3) weft::fail("run", "a test that throws");
    return tenth().run(seed, directory);
  };
  CHECK(run_seeds(broken, options_of(2, 3, out)) == failure);
  const auto summary_in_out = [&] {
    return nlohmann::json::parse(weft::read_file(out + "/summary.json"));
  };
  const auto partial = summary_in_out();
  CHECK(partial["checks"][0]["values"] == std::vector<double>{0.2, 0.4});
  CHECK(partial["failed"] ==
        nlohmann::json::parse(R"([{"seed": 3, "error": "[run] a test that throws"}])"));
  CHECK_FALSE(std::filesystem::exists(out + "/seed3/summary.json"));

  CommonOptions options = options_of(2, 3, out);
  options.resume = true;
  CHECK(run_seeds(tenth(), options) == success);
  CHECK(summary_in_out()["checks"][0]["values"].size() == 3);
  CHECK_FALSE(summary_in_out().contains("failed"));

  options = options_of(2, 2, folder / "one_left");
  CHECK(run_seeds(broken, options) == failure);
  const auto one_left =
      nlohmann::json::parse(weft::read_file((folder / "one_left") + "/summary.json"));
  CHECK(one_left["checks"][0]["values"] == std::vector<double>{0.2});
  CHECK(one_left["checks"][0]["interval"].is_null());
  CHECK(one_left["failed"][0]["seed"] == 3);

  options = options_of(2, 3, out);
  broken.run = [](std::uint64_t, const RunDirectory&) -> Checks { weft::fail("run", "none"); };
  options.resume = false;
  CHECK(run_seeds(broken, options) == failure);
  CHECK_FALSE(std::filesystem::exists(out + "/summary.json"));
}

TEST_CASE("a run that has ended is taken as it is, if it is the one asked for") {
  const TemporaryFolder folder;
  const std::string out = folder / "out";
  REQUIRE(run_seeds(tenth(), options_of(2, 1, out)) == success);
  Experiment again = tenth();
  again.run = [](std::uint64_t, const RunDirectory&) -> Checks {
    weft::fail("run", "a test that must not run");
  };
  CommonOptions options = options_of(2, 1, out);
  options.resume = true;
  CHECK(run_seeds(again, options) == success);

  options.seed = 3;
  CHECK(run_seeds(again, options) == failure);
  options.seed = 2;
  again.settings[1].second = "other";
  CHECK(run_seeds(again, options) == failure);
  again.settings.pop_back();
  CHECK(run_seeds(again, options) == failure);
  CHECK(std::filesystem::exists(folder / "out/summary.json"));
}

TEST_CASE("a summary of several runs stays until there is a new one of the same runs") {
  const TemporaryFolder folder;
  const std::string out = folder / "out", path = out + "/summary.json";
  CommonOptions options = options_of(2, 2, out);
  REQUIRE(run_seeds(tenth(), options) == success);
  const std::string before = weft::read_file(path);
  options.resume = true;
  options.seeds = 3;
  Experiment stopped = tenth();
  stopped.run = [&](std::uint64_t, const RunDirectory&) -> Checks {
    CHECK(weft::read_file(path) == before);  // it may be killed here
    weft::fail("run", "a test that throws");
  };
  CHECK(run_seeds(stopped, options) == failure);
  CHECK(run_seeds(tenth(), options) == success);
  const std::string after = weft::read_file(path);
  CHECK(nlohmann::json::parse(after)["seeds"] == 3);
  Experiment other = tenth();
  other.settings[0].second = "large";
  CHECK(run_seeds(other, options) == failure);
  CHECK(weft::read_file(path) == after);

  const std::string one = folder / "one", summary = one + "/summary.json";
  REQUIRE(run_seeds(tenth(), options_of(2, 1, one)) == success);
  const std::string of_one = weft::read_file(summary);
  options.out = one;
  CHECK(run_seeds(tenth(), options) == failure);
  CHECK(weft::read_file(summary) == of_one);
}

TEST_CASE("runs with different checks are not summed up") {
  const TemporaryFolder folder;
  Experiment uneven = tenth();
  uneven.run = [](std::uint64_t seed, const RunDirectory&) {
    Checks checks;
    for (std::uint64_t i = 0; i < seed; ++i) checks.at_least("check", 1, 0);
    return checks;
  };
  CHECK(run_seeds(uneven, options_of(1, 2, folder / "out")) == failure);
  CHECK_FALSE(std::filesystem::exists(folder / "out/summary.json"));
}

TEST_CASE("a run whose figures failed is resumed for them") {
  const TemporaryFolder folder;
  // Stands in for Python: fails to draw until there is paper.
  const std::string python = folder / "python";
  weft::write_file(python, "#!/bin/sh\n"
                           "[ \"$1\" = -c ] && exit 0\n"
                           "[ -e \"$(dirname \"$0\")/paper\" ] && echo drawn >\"$2/figure.png\"\n");
  std::filesystem::permissions(python, std::filesystem::perms::owner_all);
  ::setenv("WEFT_PYTHON", python.c_str(), 1);
  Experiment experiment = tenth();
  experiment.figures = "figures.py";
  CommonOptions options = options_of(2, 1, folder / "out");
  CHECK(run_seeds(experiment, options) == failure);
  CHECK(std::filesystem::exists(folder / "out/summary.json"));
  weft::write_file(folder / "paper", "");
  options.resume = true;
  CHECK(run_seeds(experiment, options) == success);
  CHECK(std::filesystem::exists(folder / "out/figure.png"));
  ::unsetenv("WEFT_PYTHON");
}

TEST_CASE("a folder that cannot be made is refused before anything is run") {
  const TemporaryFolder folder;
  weft::write_file(folder / "file", "");
  Experiment experiment = tenth();
  bool has_run = false;
  experiment.run = [&](std::uint64_t, const RunDirectory&) {
    has_run = true;
    return Checks{};
  };
  CHECK(run_seeds(experiment, options_of(0, 2, folder / "file/below")) == failure);
  CHECK_FALSE(has_run);
}

TEST_CASE("a folder in which another process is at work is left as it is") {
  const TemporaryFolder folder;
  const std::string out = folder / "out";
  REQUIRE(run_seeds(tenth(), options_of(2, 1, out)) == success);
  const std::string summary = weft::read_file(out + "/summary.json");
  CommonOptions options = options_of(2, 1, out);
  {
    const weft::FolderLock other(out);
    for (const bool resume : {false, true}) {
      options.resume = resume;
      CHECK(run_seeds(tenth(), options) == failure);
    }
    CHECK(weft::read_file(out + "/summary.json") == summary);
  }
  CHECK(run_seeds(tenth(), options) == success);
}

TEST_CASE("JSON that is nested without end is refused, by name") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(parse_json(std::string(300000, '['), "summary.json"),
                    ContainsSubstring("64 levels") && ContainsSubstring("summary.json"));
  CHECK(parse_json("[[1]]", "x")[0][0] == 1);
}
