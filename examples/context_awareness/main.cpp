#include "stages.hpp"

#include "../experiment/stopwatch.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace context_awareness;

static double recall(const experiment::Learner& l, const Task& task, Kind kind, Form form,
                     weft::Random random, bool memory = false) {
  std::vector<Question> q;
  for (int i = 0; i < 400; ++i)
    q.push_back(task.draw(kind, kind == Kind::conflicting, task.size().longest_context,
                          (i % 20) / 19.0, random));
  const Prompts p = prompts_of(q, form, task.size());
  const auto out = l.generate(p.rows(), p.layout.length, 2, {});
  double sum = 0;
  for (std::size_t i = 0; i < q.size(); ++i)
    for (int v : memory ? q[i].fact : q[i].answer()) sum += v == out[2 * i] || v == out[2 * i + 1];
  return sum / 2 / double(q.size());
}

int main(int argc, char** argv) {
  const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0;
  Preset preset = default_preset();
  for (const Preset& one : presets())
    if (argc > 2 && one.name == argv[2]) preset = one;
  if (argc > 3) preset.pretraining_steps = std::strtoull(argv[3], nullptr, 10);
  const weft::Random random(seed);
  const Task task(preset.task, random.fork("task"));
  const experiment::Learner p = preset.make_learner(random.fork("initial weights"), 1);
  const Course course{preset, scenarios()[0], task, random, nullptr};
  const experiment::Stopwatch watch;
  const auto show = [&](const char* name, const experiment::Learner& l) {
    const weft::Random r = random.fork("checks");
    std::printf("%s %.0f s: needle raw %.3f template %.3f (fact %.3f) ind %.3f; memory raw %.3f "
                "template %.3f\n",
                name, watch.seconds(), recall(l, task, Kind::conflicting, {}, r),
                recall(l, task, Kind::conflicting, {true}, r),
                recall(l, task, Kind::conflicting, {true}, r, true),
                recall(l, task, Kind::conflicting, {true, true}, r),
                recall(l, task, Kind::none, {}, r), recall(l, task, Kind::none, {true}, r));
    std::fflush(stdout);
  };
  pretrain(course, p);
  show("P", p);
  const auto v = p.clone();
  tune(course, v, "vanilla", vanilla_mixture(course.scenario));
  show("V", v);
}
