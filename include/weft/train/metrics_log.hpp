#pragma once

#include <weft/io/file.hpp>
#include <weft/io/json.hpp>

#include <cmath>
#include <concepts>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace weft::inline WEFT_TARGET {

// A named value of a record: a number, a string or a truth value. A number that is not finite
// becomes null, which JSON has instead. An integer beyond 64 bits with sign throws Error.
struct Metric {
  std::string name;
  json::Value value;

  Metric(std::string metric, bool truth) : name(std::move(metric)), value(truth) {}
  Metric(std::string metric, std::integral auto number)
      : name(std::move(metric)), value(static_cast<std::int64_t>(number)) {
    if (!std::in_range<std::int64_t>(number))
      fail("Metric", "an integer must fit 64 bits with sign",
           name + " is " + std::to_string(number));
  }
  Metric(std::string metric, std::floating_point auto number) : name(std::move(metric)) {
    if (std::isfinite(number)) value = static_cast<double>(number);
  }
  Metric(std::string metric, std::string_view text) : name(std::move(metric)), value(text) {}
  Metric(std::string metric, const std::string& text) : name(std::move(metric)), value(text) {}
  Metric(std::string metric, const char* text) : name(std::move(metric)), value(text) {}
};

// What becomes of a file that is there already. A run that is resumed from checkpoints writes all of
// its lines again: it replaces.
enum class ExistingLog { replace, append };

// A file of records, one JSON object a line, in the order they are written:
//
//   MetricsLog log("metrics.jsonl");
//   log.write({{"phase", "pretrain"}, {"step", 20}, {"loss", 1.25}});
//
// A record is in the file when write() returns, and is there whole or not at all.
class MetricsLog {
 public:
  // Where the file is continued, a line that a killed run has left unfinished is taken away.
  // Throws Error where the file cannot be written.
  explicit MetricsLog(const std::string& path, ExistingLog existing = ExistingLog::replace)
      : path_(path) {
    const int mode = existing == ExistingLog::replace ? O_TRUNC : 0;
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0666);
    if (descriptor_ < 0) detail::fail_file("write metrics", path_, errno);
    try {
      if (existing == ExistingLog::append) size_ = size_of_whole_lines(path);
      go_to_end();
    } catch (...) {
      ::close(descriptor_);
      throw;
    }
  }
  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;
  ~MetricsLog() { ::close(descriptor_); }

  // A record as it is in the file, with the end of its line.
  static std::string line_of(std::span<const Metric> metrics) {
    json::Object record;
    for (const Metric& metric : metrics) record.push_back({metric.name, metric.value});
    return json::write(std::move(record)) + "\n";
  }

  // Adds a record. Throws Error where it cannot be written, on a full disk for example; the file
  // then ends with the record before.
  void write(std::span<const Metric> metrics) { write_lines(line_of(metrics)); }
  void write(std::initializer_list<Metric> metrics) {
    write(std::span<const Metric>(metrics.begin(), metrics.size()));
  }

  // Adds records that are lines already: all of them or, throwing Error, none.
  void write_lines(std::string_view lines) {
    if (const int error = detail::write_all(descriptor_, lines.data(), lines.size()); error != 0) {
      go_to_end();
      detail::fail_file("write metrics", path_, error);
    }
    size_ += static_cast<off_t>(lines.size());
  }

 private:
  static off_t size_of_whole_lines(const std::string& path) {
    const std::string text = read_file(path);
    const std::size_t end = text.rfind('\n');
    return end == std::string::npos ? 0 : static_cast<off_t>(end + 1);
  }

  // Cuts the file behind the last record. A pipe or a device cannot be cut, and holds nothing.
  void go_to_end() const {
    if (::ftruncate(descriptor_, size_) == 0) ::lseek(descriptor_, size_, SEEK_SET);
  }

  std::string path_;
  int descriptor_;
  off_t size_ = 0;  // of the records written
};

}  // namespace weft
