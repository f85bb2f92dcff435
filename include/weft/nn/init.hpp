#pragma once

#include <weft/core/random.hpp>
#include <weft/core/visit.hpp>

#include <cmath>

// How parameters get their first values.

namespace weft::inline WEFT_TARGET {

namespace nn::init {

// Initialisers: functions of a parameter and the random stream to fill it from. A weight is
// (in, out); a fan is its in or its out, and both are the length of a vector.

inline auto constant(double number) {
  return [number](auto& parameter, Random) {
    using T = std::remove_cvref_t<decltype(*parameter.value.data())>;
    parameter.value.fill(static_cast<T>(number));
  };
}
inline auto zeros() { return constant(0); }
inline auto ones() { return constant(1); }

// N(0, deviation^2).
inline auto normal(double deviation) {
  return [deviation](auto& parameter, Random random) {
    random.normal(parameter.value, 0, deviation);
  };
}

// U(from, to).
inline auto uniform(double from, double to) {
  return [from, to](auto& parameter, Random random) { random.uniform(parameter.value, from, to); };
}

namespace detail {

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

// N(0, d^2) and U(-sqrt(3) d, sqrt(3) d) with d = gain sqrt(2 / (in + out)).
// Glorot and Bengio 2010, "Understanding the difficulty of training", equation 16.
inline auto xavier_normal(double gain = 1) {
  return [gain](auto& parameter, Random random) {
    using Fans = detail::Fans<std::remove_cvref_t<decltype(parameter)>>;
    normal(gain * std::sqrt(2 / (Fans::in + Fans::out)))(parameter, random);
  };
}
inline auto xavier_uniform(double gain = 1) {
  return [gain](auto& parameter, Random random) {
    using Fans = detail::Fans<std::remove_cvref_t<decltype(parameter)>>;
    const double bound = gain * std::sqrt(6 / (Fans::in + Fans::out));
    uniform(-bound, bound)(parameter, random);
  };
}

// N(0, d^2) and U(-sqrt(3) d, sqrt(3) d) with d = gain / sqrt(in); the gain of ReLU is sqrt(2).
// He et al. 2015, "Delving deep into rectifiers", equation 10.
inline auto kaiming_normal(double gain = 1.41421356237309505) {
  return [gain](auto& parameter, Random random) {
    using Fans = detail::Fans<std::remove_cvref_t<decltype(parameter)>>;
    normal(gain / std::sqrt(Fans::in))(parameter, random);
  };
}
inline auto kaiming_uniform(double gain = 1.41421356237309505) {
  return [gain](auto& parameter, Random random) {
    using Fans = detail::Fans<std::remove_cvref_t<decltype(parameter)>>;
    const double bound = gain * std::sqrt(3 / Fans::in);
    uniform(-bound, bound)(parameter, random);
  };
}

}  // namespace nn::init

namespace detail {

// Carries a path and its random stream down a model, until function(path, member, random) says
// that it is done with a member. The stream of a member is its module's, forked by its name.
template <class Function>
class RandomWalk {
 public:
  RandomWalk(std::string& path, const Random& random, Function& function)
      : path_(path), random_(random), function_(function) {}

  template <class Member>
  void operator()(std::string_view name, Member& member) {
    const std::size_t length = path_.size();
    if (length > 0) path_ += '.';
    path_ += name;
    RandomWalk(path_, random_.fork(name), function_).descend(member);
    path_.resize(length);
  }

  template <class Member>
  void descend(Member& member) {
    if (function_(std::as_const(path_), member, random_)) return;
    if constexpr (requires { member.visit(*this); }) {
      member.visit(*this);
    } else if constexpr (requires { member.begin(); }) {
      std::size_t index = 0;
      for (auto& element : member) (*this)(std::to_string(index++), element);
    }
  }

 private:
  std::string& path_;
  Random random_;
  Function& function_;
};

}  // namespace detail

// Calls function(path, parameter, random) for every parameter of a model, with a stream keyed by
// the parameter's path: no parameter's numbers depend on what else the model has.
template <class Model, class Function>
void for_each_parameter(Model& model, const Random& random, Function&& function) {
  const auto visit = [&](std::string_view path, auto& member, const Random& stream) {
    constexpr bool is_parameter = ParameterLike<decltype(member)>;
    if constexpr (is_parameter) function(path, member, stream);
    return is_parameter;
  };
  std::string path;
  detail::RandomWalk<decltype(visit)>(path, random, visit).descend(model);
}

// Gives every parameter of a model its first value, from a stream keyed by its path.
//
// A module that has `void initialize(const Random&)` fills itself. A parameter that belongs to no
// such module gets xavier_uniform if it has two axes or more, else zeros.
template <class Model>
void initialize(Model& model, const Random& random) {
  const auto fill = [](std::string_view, auto& member, const Random& stream) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (requires { member.initialize(stream); }) {
      member.initialize(stream);
      return true;
    } else if constexpr (ParameterLike<Member>) {
      if constexpr (decltype(Member::value)::rank > 1) nn::init::xavier_uniform()(member, stream);
      else nn::init::zeros()(member, stream);
      return true;
    } else {
      return false;
    }
  };
  std::string path;
  detail::RandomWalk<decltype(fill)>(path, random, fill).descend(model);
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
