#include <examples/experiment/jobs.hpp>
#include <examples/experiment/sweep.hpp>

#include <weft/io/file.hpp>

#include <catch2/catch_test_macros.hpp>

#include <tests/io/temporary_folder.hpp>

#include <cmath>
#include <csignal>
#include <fstream>

#include <unistd.h>

using namespace experiment;

namespace {

std::string text_of(const std::string& path) { return weft::read_file(path); }

// Runs are counted by a line each in a file, since they happen in other processes.
SweepPoint counted(const std::string& name, const std::string& log, double factor) {
  return {.name = name, .run = [=](std::uint64_t seed, int, const RunDirectory&) {
            std::ofstream(log, std::ios::app) << name << ' ' << seed << '\n';
            if (factor < 0) throw weft::Error("no measure");
            return nlohmann::ordered_json{{"score", factor * static_cast<double>(seed)}};
          }};
}

SweepExperiment example(const std::string& preset = "small") {
  return {.name = "example", .settings = {{"preset", preset}}, .curves = {}};
}

Sweep sweep_of(const std::string& log, double of_second = 2) {
  return {.name = "factor",
          .axis = "factor",
          .points = {counted("one", log, 1), counted("two", log, of_second)}};
}

CommonOptions common_options(const std::string& out) {
  return {.seed = 4, .seeds = 2, .threads = 1, .out = out};
}

}  // namespace

TEST_CASE("a sweep runs every point with every seed, and gathers the measures") {
  const TemporaryFolder folder;
  const std::string log = folder / "log", out = folder / "out";
  CHECK(run_sweep(example(), sweep_of(log), common_options(out), 1) == success);
  CHECK(text_of(log) == "one 4\none 5\ntwo 4\ntwo 5\n");
  const auto summary = nlohmann::json::parse(text_of(out + "/summary.json"));
  CHECK(summary["sweep"] == "factor");
  CHECK(summary["points"][0]["point"] == "one");
  CHECK(summary["points"][1]["seeds"] == std::vector<int>{4, 5});
  CHECK(summary["points"][1]["measures"]["score"] == std::vector<double>{8, 10});
  const auto mean = summary["points"][1]["means"]["score"];
  CHECK(mean["mean"] == 9);
  CHECK(std::abs(mean["high"].get<double>() - (9 + 12.706)) < 1e-9);  // Student's, of two values
}

TEST_CASE("a mean is that of the values that are numbers, and has no interval where it is one") {
  const TemporaryFolder folder;
  const std::string out = folder / "out";
  Sweep sweep{.name = "factor", .axis = "factor", .points = {}};
  sweep.points.push_back({"one", [](std::uint64_t seed, int, const RunDirectory&) {
                            const double missing = std::nan("");
                            return nlohmann::ordered_json{{"some", seed == 4 ? 7 : missing},
                                                          {"none", missing}};
                          }});
  CHECK(run_sweep(example(), sweep, common_options(out), 1) == success);
  const auto means = nlohmann::json::parse(text_of(out + "/summary.json"))["points"][0]["means"];
  CHECK(means["some"] == nlohmann::json{{"mean", 7.0}});
  CHECK(means["none"].is_null());
}

TEST_CASE("a sweep that was stopped runs only what is missing") {
  const TemporaryFolder folder;
  const std::string log = folder / "log", out = folder / "out";
  run_sweep(example(), sweep_of(log), common_options(out), 2);
  std::filesystem::remove(out + "/two/seed4/summary.json");
  std::filesystem::remove(log);
  CHECK(run_sweep(example(), sweep_of(log), common_options(out), 2) == success);
  CHECK(text_of(log) == "two 4\n");
  const auto summary = nlohmann::json::parse(text_of(out + "/summary.json"));
  CHECK(summary["points"][1]["measures"]["score"] == std::vector<double>{8, 10});
}

TEST_CASE("half of a summary does not count as done") {
  const TemporaryFolder folder;
  const std::string log = folder / "log", out = folder / "out";
  run_sweep(example(), sweep_of(log), common_options(out), 1);
  std::ofstream(out + "/one/seed5/summary.json") << "{\"example\": ";
  std::filesystem::remove(log);
  run_sweep(example(), sweep_of(log), common_options(out), 1);
  CHECK(text_of(log) == "one 5\n");
}

TEST_CASE("a sweep runs nothing, and loses nothing, where the summary is of something else") {
  const TemporaryFolder folder;
  const std::string log = folder / "log", out = folder / "out";
  const auto is_refused = [&](const std::string& path, const SweepExperiment& other,
                              const std::string& point) {
    const std::string before = text_of(path);
    std::filesystem::remove(log);
    CHECK(run_sweep(other, sweep_of(log), common_options(out), 1, point) == failure);
    CHECK_FALSE(std::filesystem::exists(log));
    CHECK(text_of(path) == before);
  };
  run_sweep(example(), sweep_of(log), common_options(out), 1);
  is_refused(out + "/summary.json", example("large"), "");
  is_refused(out + "/one/seed5/summary.json", example("large"), "one");
  std::ofstream(out + "/summary.json") << R"({"example": "example", "run": {"seed": 1}})";
  is_refused(out + "/summary.json", example(), "");
}

TEST_CASE("a point that fails leaves the others be, says why, and is run again") {
  const TemporaryFolder folder;
  const std::string log = folder / "log", out = folder / "out";
  CHECK(run_sweep(example(), sweep_of(log, -1), common_options(out), 1) == failure);
  CHECK(text_of(out + "/two/seed5/output.txt").find("no measure") != std::string::npos);
  const auto summary = nlohmann::json::parse(text_of(out + "/summary.json"));
  CHECK(summary["points"][0]["measures"]["score"] == std::vector<double>{4, 5});
  CHECK(summary["points"][1]["seeds"].empty());
  std::filesystem::remove(log);
  CHECK(run_sweep(example(), sweep_of(log), common_options(out), 1) == success);
  CHECK(text_of(log) == "two 4\ntwo 5\n");
}

TEST_CASE("a point that the sweep does not have is refused, and nothing is run") {
  const TemporaryFolder folder;
  const std::string log = folder / "log", out = folder / "out";
  CHECK(run_sweep(example(), sweep_of(log), common_options(out), 1, "three") == failure);
  CHECK_FALSE(std::filesystem::exists(log));
  CHECK(run_sweep(example(), sweep_of(log), common_options(out), 1, "two") == success);
  CHECK(text_of(log) == "two 4\ntwo 5\n");
  CHECK_FALSE(std::filesystem::exists(out + "/summary.json"));
}

TEST_CASE("jobs that cannot be waited for are an error") {
  const TemporaryFolder folder;
  const auto before = std::signal(SIGCHLD, SIG_IGN);  // the kernel forgets those that end
  std::string message;
  try {
    run_jobs(1, 1, [&](std::size_t) { return Job{[] {}, folder / "output"}; },
             [](std::size_t, bool) {});
  } catch (const weft::Error& problem) {
    message = problem.what();
  }
  std::signal(SIGCHLD, before);
  CHECK(message.find("waited for: No child processes, with 1 started") != std::string::npos);
}

TEST_CASE("as many jobs run at once as are asked for") {
  // Two jobs, each of which waits for the other's file.
  const auto succeeded = [](std::size_t at_once, int seconds) {
    const TemporaryFolder folder;
    const auto job_of = [&](std::size_t index) {
      return Job{[&, index] {
                   std::ofstream(folder / std::to_string(index)) << index;
                   for (int i = 0; i < 100 * seconds; ++i) {
                     if (std::filesystem::exists(folder / std::to_string(1 - index))) return;
                     usleep(10000);
                   }
                   throw weft::Error("alone");
                 },
                 folder / "output" + std::to_string(index)};
    };
    std::size_t count = 0;
    run_jobs(2, at_once, job_of, [&](std::size_t, bool good) { count += good; });
    return count;
  };
  CHECK(succeeded(2, 20) == 2);
  CHECK(succeeded(1, 1) == 1);  // the second finds what the first has left
}
