#pragma once

#include <weft/core/random.hpp>
#include <weft/core/visit.hpp>

#include <algorithm>
#include <cmath>
#include <span>

// How parameters get their first values.

namespace weft::inline WEFT_TARGET {

namespace nn::init {

// Initialisers: functions of a parameter and the random stream to fill it from. A weight is
// (in, out); a fan is its in or its out, and both are the length of a vector.

inline auto constant(double number) {
  return [number](auto& parameter, const Random&) {
    using T = std::remove_cvref_t<decltype(*parameter.value.data())>;
    std::fill_n(parameter.value.data(), parameter.value.size(), static_cast<T>(number));
  };
}
inline auto zeros() { return constant(0); }
inline auto ones() { return constant(1); }

namespace detail {

// The elements of a parameter without its shape, so that what fills them is compiled once.
auto elements_of(auto& parameter) {
  return std::span(parameter.value.data(), parameter.value.size());
}

template <class T>
[[gnu::noinline]] void fill_normal(std::span<T> elements, double deviation,
                                   const Random& random) {
  Random(random).normal(elements, 0, deviation);
}
template <class T>
[[gnu::noinline]] void fill_uniform(std::span<T> elements, double from, double to,
                                    const Random& random) {
  Random(random).uniform(elements, from, to);
}

template <class Parameter>
struct Fans {
  using S = typename decltype(Parameter::value)::shape_type;
  static_assert(S::rank > 0 && !S::is_dynamic,
                "weft: this initialiser needs a parameter of static shape with at least one axis");
  static constexpr double out = static_cast<double>(S::last);
  static constexpr double in =
      S::rank == 1 ? out : static_cast<double>(S::leading * S::tail / S::last);
};

}  // namespace detail

// N(0, deviation^2).
inline auto normal(double deviation) {
  return [deviation](auto& parameter, const Random& random) {
    detail::fill_normal(detail::elements_of(parameter), deviation, random);
  };
}

// U(from, to).
inline auto uniform(double from, double to) {
  return [from, to](auto& parameter, const Random& random) {
    detail::fill_uniform(detail::elements_of(parameter), from, to, random);
  };
}

// N(0, d^2) and U(-sqrt(3) d, sqrt(3) d) with d = gain sqrt(2 / (in + out)).
// Glorot and Bengio 2010, "Understanding the difficulty of training", equation 16.
inline auto xavier_normal(double gain = 1) {
  return [gain](auto& parameter, const Random& random) {
    using Fans = detail::Fans<std::remove_cvref_t<decltype(parameter)>>;
    normal(gain * std::sqrt(2 / (Fans::in + Fans::out)))(parameter, random);
  };
}
inline auto xavier_uniform(double gain = 1) {
  return [gain](auto& parameter, const Random& random) {
    using Fans = detail::Fans<std::remove_cvref_t<decltype(parameter)>>;
    const double bound = gain * std::sqrt(6 / (Fans::in + Fans::out));
    uniform(-bound, bound)(parameter, random);
  };
}

// N(0, d^2) and U(-sqrt(3) d, sqrt(3) d) with d = gain / sqrt(in); the gain of ReLU is sqrt(2).
// He et al. 2015, "Delving deep into rectifiers", equation 10.
inline auto kaiming_normal(double gain = 1.41421356237309505) {
  return [gain](auto& parameter, const Random& random) {
    using Fans = detail::Fans<std::remove_cvref_t<decltype(parameter)>>;
    normal(gain / std::sqrt(Fans::in))(parameter, random);
  };
}
inline auto kaiming_uniform(double gain = 1.41421356237309505) {
  return [gain](auto& parameter, const Random& random) {
    using Fans = detail::Fans<std::remove_cvref_t<decltype(parameter)>>;
    const double bound = gain * std::sqrt(3 / Fans::in);
    uniform(-bound, bound)(parameter, random);
  };
}

}  // namespace nn::init

namespace detail {

// The stream of a parameter: the model's, forked by each name of its path in turn.
inline Random stream_of(Random random, std::string_view path) {
  while (!path.empty()) {
    const std::size_t length = std::min(path.find('.'), path.size());
    random = random.fork(path.substr(0, length));
    path.remove_prefix(std::min(length + 1, path.size()));
  }
  return random;
}

// Fills a model; carries the random stream of a member, its module's forked by its name, down to
// what can be filled.
class Initialization {
 public:
  explicit Initialization(const Random& random) : random_(random) {}

  template <class Member>
  void operator()(std::string_view name, Member& member) const {
    Initialization(random_.fork(name)).fill(member);
  }

  template <class Member>
  void fill(Member& member) const {
    if constexpr (requires { member.initialize(random_); }) {
      member.initialize(random_);
    } else if constexpr (ParameterLike<Member>) {
      if constexpr (decltype(member.value)::rank > 1) nn::init::xavier_uniform()(member, random_);
      else nn::init::zeros()(member, random_);
    } else if constexpr (requires { member.visit(*this); }) {
      member.visit(*this);
    } else {
      std::size_t index = 0;
      for (auto& element : member) (*this)(std::to_string(index++), element);
    }
  }

 private:
  Random random_;
};

}  // namespace detail

// Calls function(path, parameter, random) for every parameter of a model, with a stream keyed by
// the parameter's path: no parameter's numbers depend on what else the model has.
template <class Model, class Function>
void for_each_parameter(Model& model, const Random& random, Function&& function) {
  for_each_parameter(model, [&](const std::string& path, auto& parameter) {
    function(std::string_view(path), parameter, detail::stream_of(random, path));
  });
}

// Gives every parameter of a model its first value, from a stream keyed by its path.
//
// A module that has `void initialize(const Random&)` fills itself. A parameter that belongs to no
// such module gets xavier_uniform if it has two axes or more, else zeros.
template <class Model>
void initialize(Model& model, const Random& random) {
  detail::Initialization(random).fill(model);
}

// The same, and then rule(path, parameter, random) for each parameter; what the rule leaves alone
// keeps the value above.
//
//   initialize(model, random, [](std::string_view path, auto& parameter, const Random& stream) {
//     if (path.ends_with("query.weight")) nn::init::normal(0.125)(parameter, stream);
//   });
template <class Model, class Rule>
void initialize(Model& model, const Random& random, const Rule& rule) {
  initialize(model, random);
  for_each_parameter(model, random, rule);
}

// A new model, initialised: init<Model>(random) or init<Model>(random, rule).
template <class Model, class... Rule>
Model init(const Random& random, const Rule&... rule) {
  Model model;
  initialize(model, random, rule...);
  return model;
}

}  // namespace weft
