#include <weft/train/metrics_log.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

#include <sys/resource.h>

using namespace weft;
using Catch::Matchers::ContainsSubstring;

namespace {

// A path in a folder of its own, removed at the end.
struct TemporaryFile {
  std::string folder = "/tmp/weft-metrics-XXXXXX", path;

  TemporaryFile() {
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    path = folder + "/metrics.jsonl";
  }
  ~TemporaryFile() {
    ::unlink(path.c_str());
    ::rmdir(folder.c_str());
  }
};

// Files can grow to so many bytes: a full disk, as far as write() can tell.
struct LargestFile {
  rlimit kept{};
  void (*handler)(int) = std::signal(SIGXFSZ, SIG_IGN);

  explicit LargestFile(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &kept);
    const rlimit limit{bytes, kept.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~LargestFile() {
    ::setrlimit(RLIMIT_FSIZE, &kept);
    std::signal(SIGXFSZ, handler);
  }
};

}  // namespace

TEST_CASE("a metrics log has one line a record, with keys in the order they were given") {
  const TemporaryFile file;
  MetricsLog log(file.path);
  log.write({{"step", 20}, {"phase", "pretrain"}, {"loss", 1.25}, {"a", std::size_t{7}}});
  CHECK(read_file(file.path) == "{\"step\":20,\"phase\":\"pretrain\",\"loss\":1.25,\"a\":7}\n");
  log.write({{"done", true}, {"name", std::string("say \"hi\"\n")}, {"half", 0.5f}});
  CHECK(read_file(file.path) ==
        "{\"step\":20,\"phase\":\"pretrain\",\"loss\":1.25,\"a\":7}\n"
        "{\"done\":true,\"name\":\"say \\\"hi\\\"\\n\",\"half\":0.5}\n");
}

TEST_CASE("a metrics log refuses integers that it would change") {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  CHECK(*Metric("seed", largest).value.integer() == std::numeric_limits<std::int64_t>::max());
  CHECK_THROWS_WITH(Metric("seed", largest + 1),
                    ContainsSubstring("seed is 9223372036854775808"));
}

TEST_CASE("numbers of a metrics log read back as they were") {
  const TemporaryFile file;
  MetricsLog log(file.path);
  const double values[] = {0.1, 1.0 / 3, -2.5e-300, 1e22, 0};
  for (const double value : values) log.write({{"x", value}});
  const std::string text = read_file(file.path);
  std::size_t begin = 0;
  for (const double value : values) {
    const std::size_t end = text.find('\n', begin);
    const json::Value record = json::parse(std::string_view(text).substr(begin, end - begin));
    REQUIRE(record.find("x") != nullptr);
    REQUIRE(record.find("x")->number() != nullptr);
    CHECK(*record.find("x")->number() == value);
    begin = end + 1;
  }
}

TEST_CASE("a number that is not finite is null in a metrics log") {
  const TemporaryFile file;
  MetricsLog log(file.path);
  log.write({{"nan", std::numeric_limits<double>::quiet_NaN()},
             {"infinite", -std::numeric_limits<float>::infinity()}});
  CHECK(read_file(file.path) == "{\"nan\":null,\"infinite\":null}\n");
}

TEST_CASE("a metrics log replaces an older file, or goes on behind its last whole line") {
  const TemporaryFile file;
  { MetricsLog(file.path).write({{"step", 1}}); }
  { MetricsLog(file.path, ExistingLog::append).write({{"step", 2}}); }
  CHECK(read_file(file.path) == "{\"step\":1}\n{\"step\":2}\n");
  {
    std::FILE* stream = std::fopen(file.path.c_str(), "a");
    std::fputs("{\"step\":3,\"lo", stream);
    std::fclose(stream);
  }
  { MetricsLog(file.path, ExistingLog::append).write({{"step", 4}}); }
  CHECK(read_file(file.path) == "{\"step\":1}\n{\"step\":2}\n{\"step\":4}\n");
  { MetricsLog(file.path).write({{"step", 5}}); }
  CHECK(read_file(file.path) == "{\"step\":5}\n");
}

TEST_CASE("a metrics log that cannot be opened or written says so") {
  CHECK_THROWS_AS(MetricsLog("/no/such/folder/metrics.jsonl"), Error);
  MetricsLog log("/dev/full");
  CHECK_THROWS_AS(log.write({{"step", 1}}), Error);
}

TEST_CASE("a full disk leaves no half record in a metrics log") {
  const TemporaryFile file;
  MetricsLog log(file.path);
  log.write({{"step", 1}});
  {
    const LargestFile limit(30);
    CHECK_THROWS_AS(log.write({{"a long name that does not fit", 1}}), Error);
  }
  CHECK(read_file(file.path) == "{\"step\":1}\n");
  log.write({{"step", 2}});
  CHECK(read_file(file.path) == "{\"step\":1}\n{\"step\":2}\n");
}
