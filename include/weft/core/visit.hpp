#pragma once

#include <weft/core/error.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weft::inline WEFT_TARGET {

// What a model shows of itself.
//
// A module is a struct with `void visit(auto&& visitor)`, which calls visitor("name", member) for
// each parameter and each module it is made of. A parameter is a struct with a tensor `value` and
// the tag `is_parameter`. Initialisers, optimisers and files know a model only through this.
template <class P>
concept ParameterLike = requires(P& parameter) {
  typename std::remove_cvref_t<P>::is_parameter;
  parameter.value.data();
};

namespace detail {

template <class Function>
class Walk {
 public:
  Walk(std::string& path, Function& function) : path_(path), function_(function) {}

  template <class Member>
  void operator()(std::string_view name, Member& member) {
    const std::size_t length = path_.size();
    if (length > 0) path_ += '.';
    path_ += name;
    descend(member);
    path_.resize(length);
  }

  template <class Member>
  void descend(Member& member) {
    if constexpr (ParameterLike<Member>) {
      function_(std::as_const(path_), member);
    } else if constexpr (requires { member.visit(*this); }) {
      member.visit(*this);
    } else {
      std::size_t index = 0;
      for (auto& element : member) (*this)(std::to_string(index++), element);
    }
  }

 private:
  std::string& path_;
  Function& function_;
};

}  // namespace detail

// Calls function(path, parameter) for every parameter of a model, in the order of its visitors.
// Paths join names with dots: "blocks.0.attn.query.weight".
template <class Model, class Function>
void for_each_parameter(Model& model, Function&& function) {
  std::string path;
  // visit is written once, for models that may change; a constant model shows constant parameters.
  auto& mutable_model = const_cast<std::remove_const_t<Model>&>(model);
  if constexpr (std::is_const_v<Model>) {
    auto constant = [&](const std::string& name, auto& parameter) {
      function(name, std::as_const(parameter));
    };
    detail::Walk<decltype(constant)>(path, constant).descend(mutable_model);
  } else {
    detail::Walk<std::remove_reference_t<Function>>(path, function).descend(mutable_model);
  }
}

}  // namespace weft
