// Any lines as the arguments of an example: options within their ranges, or a status to exit with.

#include <examples/experiment/command_line.hpp>

#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> words{"example"};
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  for (std::string word; std::getline(lines, word);)
    words.push_back(word.substr(0, word.find('\0')));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());

  // What is printed goes nowhere.
  std::ostringstream ignored;
  const auto out = std::cout.rdbuf(ignored.rdbuf()), err = std::cerr.rdbuf(ignored.rdbuf());
  experiment::CommonOptions options;
  CLI::App app("An example.");
  experiment::add_common_options(app, options, {"quick", "default"});
  const auto status =
      experiment::parse(app, static_cast<int>(arguments.size()), arguments.data());
  std::cout.rdbuf(out);
  std::cerr.rdbuf(err);
  if (status && *status != experiment::success && *status != experiment::usage) std::abort();
  if (!status && (options.seeds < 1 || options.seeds > 1000 || options.threads < 0 ||
                  (options.preset != "quick" && options.preset != "default") ||
                  !(options.checkpoint_every.seconds >= 0)))
    std::abort();
  return 0;
}
